//! Opening the key file on Windows: once, without following a link, and every question put to that one handle.
#![allow(unsafe_code, reason = "the system's questions about handles and access lists have no safe calls")]
#![allow(clippy::disallowed_methods, reason = "this is where the key file is opened")]

use std::ffi::c_void;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::os::windows::io::AsRawHandle;
use std::path::{Path, PathBuf};
use std::ptr;

use windows_sys::Win32::Foundation::{ERROR_SUCCESS, GENERIC_ALL, GENERIC_READ, GENERIC_WRITE, LocalFree};
use windows_sys::Win32::Security::Authorization::{GetSecurityInfo, SE_FILE_OBJECT};
use windows_sys::Win32::Security::{
    ACCESS_ALLOWED_ACE, ACL, DACL_SECURITY_INFORMATION, GetAce, INHERIT_ONLY_ACE, IsWellKnownSid, WinAnonymousSid,
    WinAuthenticatedUserSid, WinBuiltinGuestsSid, WinBuiltinUsersSid, WinInteractiveSid, WinWorldSid,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_APPEND_DATA, FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_REPARSE_POINT, FILE_DELETE_CHILD,
    FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_READ_ATTRIBUTES, FILE_TYPE_DISK, FILE_WRITE_DATA,
    GetFileType, GetFinalPathNameByHandleW, READ_CONTROL, WRITE_DAC, WRITE_OWNER,
};
use windows_sys::Win32::System::Com::CoTaskMemFree;
use windows_sys::Win32::UI::Shell::{FOLDERID_ProgramData, SHGetKnownFolderPath};
use zeroize::Zeroizing;

use super::{LARGEST, check_size, key, rejected, unreadable};
use crate::Error;
use crate::secret::Secret;

/// The entries that allow something: always, and under a condition (`ACCESS_ALLOWED_CALLBACK_ACE`, laid out alike).
const ALLOWING: [u8; 2] = [0, 9];

/// Rights by which somebody could change a file, or put another one in its place.
const WRITES: u32 =
    FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL;

/// Where the agent puts its key files: below the ProgramData known folder. The environment is not asked, because
/// whoever starts this process can set it.
pub(crate) fn default_directory() -> PathBuf {
    let mut text: *mut u16 = ptr::null_mut();
    // SAFETY: the id is static, the output is a local; the text is read to its NUL and freed as documented, also after
    // a failure.
    let folder = unsafe {
        let result = SHGetKnownFolderPath(&FOLDERID_ProgramData, 0, ptr::null_mut(), &mut text);
        let folder = (result >= 0 && !text.is_null()).then(|| {
            let length = (0..).take_while(|&i| *text.add(i) != 0).count();
            String::from_utf16_lossy(std::slice::from_raw_parts(text, length))
        });
        CoTaskMemFree(text.cast());
        folder
    };
    Path::new(folder.as_deref().unwrap_or(r"C:\ProgramData")).join(r"AzureConnectedMachineAgent\Tokens")
}

/// The key in the file `name` of this directory.
pub(crate) fn read(directory: &Path, name: &str, _: &Path) -> Result<Secret, Error> {
    let path = directory.join(name);
    // The directory may be reached through links. Its attributes and its access list must be readable, not its entries.
    let folder = OpenOptions::new()
        .access_mode(FILE_READ_ATTRIBUTES | READ_CONTROL)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
        .open(directory)
        .map_err(|error| cannot_open(directory, "the token directory ", &error))?;
    let attributes = attributes(&folder, directory)?;
    if attributes & FILE_ATTRIBUTE_DIRECTORY == 0 {
        return Err(cannot_open(directory, "the token directory ", &io::ErrorKind::NotADirectory.into()));
    }
    if others_may_write(&folder, directory)? {
        return Err(rejected(&path, "everybody may write to its directory"));
    }
    // With backup semantics a directory opens too, and is then told from a file that this user may not read.
    let mut file = OpenOptions::new()
        .access_mode(GENERIC_READ)
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS)
        .open(&path)
        .map_err(|error| cannot_open(&path, "", &error))?;
    check_kind(&file, &path)?;
    // There is no `openat`: that the file lies in the directory that was looked at is asked of the two handles.
    let expected = format!(r"{}\{name}", final_path(&folder, directory)?.trim_end_matches('\\'));
    if !final_path(&file, &path)?.eq_ignore_ascii_case(&expected) {
        return Err(rejected(&path, "it lies elsewhere than its path says"));
    }
    if others_may_write(&file, &path)? {
        return Err(rejected(&path, "everybody may write to it"));
    }
    let size = file.metadata().map_err(|error| cannot_open(&path, "", &error))?.file_size();
    check_size(size, &path)?;
    let mut content = Zeroizing::new(Vec::with_capacity(LARGEST as usize + 1));
    (&mut file)
        .take(LARGEST + 1)
        .read_to_end(&mut content)
        .map_err(|error| unreadable(&path, "", &error, String::from("Try again; look at the disk if it stays.")))?;
    // The file may have grown since it was looked at.
    check_size(content.len() as u64, &path)?;
    key(&content, &path)
}

fn check_kind(file: &File, path: &Path) -> Result<(), Error> {
    // SAFETY: the handle is open for as long as `file` is borrowed.
    let kind = unsafe { GetFileType(file.as_raw_handle()) };
    if kind != FILE_TYPE_DISK {
        return Err(rejected(path, "it is not a regular file"));
    }
    let attributes = attributes(file, path)?;
    if attributes & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return Err(rejected(path, "it is a symbolic link"));
    }
    if attributes & FILE_ATTRIBUTE_DIRECTORY != 0 {
        return Err(rejected(path, "it is not a regular file"));
    }
    Ok(())
}

fn attributes(file: &File, path: &Path) -> Result<u32, Error> {
    Ok(file.metadata().map_err(|error| cannot_open(path, "", &error))?.file_attributes())
}

/// The path without links that leads to what this handle holds.
fn final_path(file: &File, path: &Path) -> Result<String, Error> {
    let mut text = vec![0_u16; 1024];
    loop {
        let size = u32::try_from(text.len()).unwrap_or(u32::MAX);
        // SAFETY: the handle is open, and the buffer has the size that is told.
        let length = unsafe { GetFinalPathNameByHandleW(file.as_raw_handle(), text.as_mut_ptr(), size, 0) } as usize;
        match length {
            0 => return Err(cannot_open(path, "", &io::Error::last_os_error())),
            _ if length < text.len() => return Ok(String::from_utf16_lossy(&text[..length])),
            _ => text.resize(length + 1, 0),
        }
    }
}

/// Whether the access list lets everybody, all users or guests write.
fn others_may_write(file: &File, path: &Path) -> Result<bool, Error> {
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
            return Err(cannot_open(
                path,
                "",
                &io::Error::from_raw_os_error(i32::try_from(result).unwrap_or(i32::MAX)),
            ));
        }
        let writable = list_lets_write(list);
        LocalFree(descriptor);
        Ok(writable)
    }
}

/// # Safety
/// `list` is null or a valid access list.
unsafe fn list_lets_write(list: *const ACL) -> bool {
    if list.is_null() {
        // No list at all lets everybody do everything.
        return true;
    }
    // SAFETY: the list is valid, so its count is, and each entry has its header; one that allows has mask and SID.
    unsafe {
        (0..u32::from((*list).AceCount)).any(|index| {
            let mut entry: *mut c_void = ptr::null_mut();
            if GetAce(list, index, &mut entry) == 0 {
                return true;
            }
            let entry = entry.cast::<ACCESS_ALLOWED_ACE>();
            let header = (*entry).Header;
            ALLOWING.contains(&header.AceType)
                && u32::from(header.AceFlags) & INHERIT_ONLY_ACE == 0
                && (*entry).Mask & WRITES != 0
                && is_everybody((&raw mut (*entry).SidStart).cast())
        })
    }
}

/// # Safety
/// `sid` points to a valid SID.
unsafe fn is_everybody(sid: *mut c_void) -> bool {
    [WinWorldSid, WinAuthenticatedUserSid, WinBuiltinUsersSid, WinInteractiveSid, WinBuiltinGuestsSid, WinAnonymousSid]
        .into_iter()
        // SAFETY: as the caller promises.
        .any(|kind| unsafe { IsWellKnownSid(sid, kind) } != 0)
}

fn cannot_open(path: &Path, what: &str, error: &io::Error) -> Error {
    // A user without the right is told "does not exist" as well as "access denied".
    unreadable(
        path,
        what,
        error,
        "The agent's keys are for administrators and the group \"Hybrid agent extension applications\"; others may be \
         told that they do not exist. Run as administrator, or `net localgroup \"Hybrid agent extension applications\" \
         USER /add` and log in again. Is the Connected Machine agent installed (`azcmagent show`)?"
            .to_owned(),
    )
}
