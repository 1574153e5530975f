//! Which accounts may change a file, by its access list.
#![allow(unsafe_code, reason = "the system's questions about access lists have no safe calls")]

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::windows::io::AsRawHandle;
use std::ptr;

use windows_sys::Win32::Foundation::{ERROR_SUCCESS, GENERIC_ALL, GENERIC_WRITE, LocalFree};
use windows_sys::Win32::Security::Authorization::{GetSecurityInfo, SE_FILE_OBJECT};
use windows_sys::Win32::Security::{
    ACCESS_ALLOWED_ACE, ACCESS_ALLOWED_OBJECT_ACE, ACE_INHERITED_OBJECT_TYPE_PRESENT, ACE_OBJECT_TYPE_PRESENT, ACL,
    DACL_SECURITY_INFORMATION, GetAce, INHERIT_ONLY_ACE, IsWellKnownSid, OWNER_SECURITY_INFORMATION, PSID,
    WELL_KNOWN_SID_TYPE, WinAccountDomainGuestsSid, WinAccountDomainUsersSid, WinAnonymousSid, WinAuthenticatedUserSid,
    WinBatchSid, WinBuiltinAnyPackageSid, WinBuiltinGuestsSid, WinBuiltinUsersSid, WinConsoleLogonSid,
    WinInteractiveSid, WinLocalAccountSid, WinLocalSid, WinNetworkSid, WinRemoteLogonIdSid, WinServiceSid,
    WinThisOrganizationSid, WinWorldSid,
};
use windows_sys::Win32::Storage::FileSystem::{
    DELETE, FILE_APPEND_DATA, FILE_DELETE_CHILD, FILE_WRITE_ATTRIBUTES, FILE_WRITE_DATA, FILE_WRITE_EA, WRITE_DAC,
    WRITE_OWNER,
};

use crate::os::peer::sid;

/// Rights by which somebody could change a file or a directory, put another one in its place, or make a link of it
/// (for which `FILE_WRITE_ATTRIBUTES` is enough).
const WRITES: u32 = FILE_WRITE_DATA
    | FILE_APPEND_DATA
    | FILE_WRITE_EA
    | FILE_WRITE_ATTRIBUTES
    | FILE_DELETE_CHILD
    | DELETE
    | WRITE_DAC
    | WRITE_OWNER
    | GENERIC_WRITE
    | GENERIC_ALL;

/// The groups that everybody is in, or every user that comes by a way open to all.
const EVERYBODY: [WELL_KNOWN_SID_TYPE; 17] = [
    WinWorldSid,
    WinAnonymousSid,
    WinAuthenticatedUserSid,
    WinThisOrganizationSid,
    WinLocalSid,
    WinConsoleLogonSid,
    WinInteractiveSid,
    WinRemoteLogonIdSid,
    WinNetworkSid,
    WinBatchSid,
    WinServiceSid,
    WinLocalAccountSid,
    WinBuiltinUsersSid,
    WinBuiltinGuestsSid,
    WinBuiltinAnyPackageSid,
    WinAccountDomainUsersSid,
    WinAccountDomainGuestsSid,
];

/// Whether the access list lets everybody, all users or guests write. What it denies is not set off against that.
pub(super) fn others_may_write(file: &File) -> io::Result<bool> {
    let mut list: *mut ACL = ptr::null_mut();
    let mut descriptor: *mut c_void = ptr::null_mut();
    // SAFETY: the handle is open with READ_CONTROL; the outputs are locals. `list` points into `descriptor`, which is
    // freed after the list was walked.
    unsafe {
        let result = GetSecurityInfo(
            file.as_raw_handle(),
            SE_FILE_OBJECT,
            DACL_SECURITY_INFORMATION,
            ptr::null_mut(),
            ptr::null_mut(),
            &mut list,
            ptr::null_mut(),
            &mut descriptor,
        );
        if result != ERROR_SUCCESS {
            return Err(io::Error::from_raw_os_error(i32::try_from(result).unwrap_or(i32::MAX)));
        }
        let writable = list_lets_write(list);
        LocalFree(descriptor);
        Ok(writable)
    }
}

/// The SID of the file's owner.
pub(super) fn owner(file: &File) -> io::Result<Vec<u8>> {
    let mut owner: PSID = ptr::null_mut();
    let mut descriptor: *mut c_void = ptr::null_mut();
    // SAFETY: as above; `owner` points into `descriptor`, which is freed after the SID was copied.
    unsafe {
        let result = GetSecurityInfo(
            file.as_raw_handle(),
            SE_FILE_OBJECT,
            OWNER_SECURITY_INFORMATION,
            &mut owner,
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            &mut descriptor,
        );
        if result != ERROR_SUCCESS {
            return Err(io::Error::from_raw_os_error(i32::try_from(result).unwrap_or(i32::MAX)));
        }
        let copy = sid(owner).to_vec();
        LocalFree(descriptor);
        Ok(copy)
    }
}

/// # Safety
/// `list` is null or a valid access list.
pub(super) unsafe fn list_lets_write(list: *const ACL) -> bool {
    if list.is_null() {
        // No list at all lets everybody do everything.
        return true;
    }
    // SAFETY: the list is valid, so its count is, and so is each entry.
    unsafe {
        (0..u32::from((*list).AceCount)).any(|index| {
            let mut entry: *mut c_void = ptr::null_mut();
            GetAce(list, index, &mut entry) == 0 || entry_lets_write(entry.cast())
        })
    }
}

/// # Safety
/// `entry` points to a valid entry of an access list.
unsafe fn entry_lets_write(entry: *mut ACCESS_ALLOWED_ACE) -> bool {
    // SAFETY: each entry has its header, and those that allow or deny have mask and SID, laid out by their type.
    unsafe {
        let header = (*entry).Header;
        if u32::from(header.AceFlags) & INHERIT_ONLY_ACE != 0 {
            return false;
        }
        let sid: *mut c_void = match header.AceType {
            // Allowed: always, and under a condition (`ACCESS_ALLOWED_CALLBACK_ACE`).
            0 | 9 => (&raw mut (*entry).SidStart).cast(),
            // The same for a kind of object, which files do not have: it counts for all.
            5 | 11 => object_sid(entry.cast()),
            // Denied.
            1 | 6 | 10 | 12 => return false,
            // Nothing else is known to stand in such a list.
            _ => return true,
        };
        (*entry).Mask & WRITES != 0 && EVERYBODY.iter().any(|kind| IsWellKnownSid(sid, *kind) != 0)
    }
}

/// The SID behind the two GUIDs, each of which may be left out.
///
/// # Safety
/// `entry` points to a valid entry of this type.
unsafe fn object_sid(entry: *mut ACCESS_ALLOWED_OBJECT_ACE) -> *mut c_void {
    // SAFETY: the flags say which GUIDs there are, and the entry holds the SID behind them.
    unsafe {
        let flags = (*entry).Flags;
        let guids = [ACE_OBJECT_TYPE_PRESENT, ACE_INHERITED_OBJECT_TYPE_PRESENT];
        let there = guids.into_iter().filter(|guid| flags & guid != 0).count();
        (&raw mut (*entry).ObjectType).add(there).cast()
    }
}

#[cfg(test)]
#[path = "windows_access_tests.rs"]
pub(super) mod tests;
