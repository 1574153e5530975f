//! What a process of Windows is: the agent's service, another one, an administrator's, or some user's.
#![allow(unsafe_code, reason = "the system's questions about processes have no safe calls")]

use std::ffi::c_void;
use std::mem::size_of;
use std::ptr;

use windows_sys::Win32::Foundation::{CloseHandle, HANDLE};
use windows_sys::Win32::Security::{
    GetLengthSid, GetTokenInformation, IsWellKnownSid, PSID, SID_AND_ATTRIBUTES, TOKEN_GROUPS, TOKEN_INFORMATION_CLASS,
    TOKEN_QUERY, TOKEN_USER, TokenGroups, TokenUser, WELL_KNOWN_SID_TYPE, WinBuiltinAdministratorsSid,
    WinLocalServiceSid, WinLocalSystemSid, WinNetworkServiceSid,
};
use windows_sys::Win32::System::Services::{
    CloseServiceHandle, OpenSCManagerW, OpenServiceW, QueryServiceStatusEx, SC_HANDLE, SC_MANAGER_CONNECT,
    SC_STATUS_PROCESS_INFO, SERVICE_QUERY_STATUS, SERVICE_STATUS_PROCESS,
};
use windows_sys::Win32::System::SystemServices::SE_GROUP_ENABLED;
use windows_sys::Win32::System::Threading::{OpenProcess, OpenProcessToken, PROCESS_QUERY_LIMITED_INFORMATION};
use windows_sys::w;

/// Whose a process is.
#[derive(Debug)]
pub(super) enum Account {
    /// SYSTEM's, a service's or an administrator's: it can read the agent's keys.
    Privileged,
    /// The user with this SID.
    User(Vec<u8>),
    /// This process may not ask.
    Hidden,
}

pub(super) fn account(process: u32) -> Account {
    let Some(token) = token(process) else { return Account::Hidden };
    let (Some(user), Some(groups)) = (information(&token, TokenUser), information(&token, TokenGroups)) else {
        return Account::Hidden;
    };
    // SAFETY: the buffers hold these structures, aligned, with their SIDs inside; they live until the end.
    unsafe {
        let user = (*user.as_ptr().cast::<TOKEN_USER>()).User.Sid;
        if [WinLocalSystemSid, WinLocalServiceSid, WinNetworkServiceSid].iter().any(|kind| is(user, *kind))
            || is_service(sid(user))
        {
            return Account::Privileged;
        }
        let groups = groups.as_ptr().cast::<TOKEN_GROUPS>();
        let first: *const SID_AND_ATTRIBUTES = (&raw const (*groups).Groups).cast();
        // A group that only denies, as an administrator's without elevation, does not count.
        let privileged = (0..(*groups).GroupCount as usize).map(|index| *first.add(index)).any(|group| {
            group.Attributes & SE_GROUP_ENABLED as u32 != 0
                && (is(group.Sid, WinBuiltinAdministratorsSid) || is_service(sid(group.Sid)))
        });
        if privileged { Account::Privileged } else { Account::User(sid(user).to_vec()) }
    }
}

/// Whether that is the process of the service `himds`, which only an administrator can install.
pub(super) fn is_agents_service(process: u32) -> bool {
    // SAFETY: texts with their NUL; the output has the size that is told.
    unsafe {
        let Some(manager) = Service::own(OpenSCManagerW(ptr::null(), ptr::null(), SC_MANAGER_CONNECT)) else {
            return false;
        };
        let Some(service) = Service::own(OpenServiceW(manager.0, w!("himds"), SERVICE_QUERY_STATUS)) else {
            return false;
        };
        let mut status = SERVICE_STATUS_PROCESS::default();
        let (size, mut needed) = (size_of::<SERVICE_STATUS_PROCESS>() as u32, 0);
        let output = (&raw mut status).cast();
        QueryServiceStatusEx(service.0, SC_STATUS_PROCESS_INFO, output, size, &mut needed) != 0
            && status.dwProcessId == process
    }
}

/// `S-1-5-80-...`, which the service manager alone gives to a process.
fn is_service(sid: &[u8]) -> bool {
    matches!(sid, [1, count, 0, 0, 0, 0, 0, 5, 80, 0, 0, 0, ..] if *count >= 2)
}

/// # Safety
/// The SID is valid.
unsafe fn is(sid: PSID, kind: WELL_KNOWN_SID_TYPE) -> bool {
    // SAFETY: as above.
    unsafe { IsWellKnownSid(sid, kind) != 0 }
}

/// The bytes of a SID.
///
/// # Safety
/// The SID is valid for as long as they are used.
pub(crate) unsafe fn sid<'a>(sid: PSID) -> &'a [u8] {
    // SAFETY: as above.
    unsafe { std::slice::from_raw_parts(sid.cast::<u8>(), GetLengthSid(sid) as usize) }
}

fn token(process: u32) -> Option<Handle> {
    let mut token: HANDLE = ptr::null_mut();
    // SAFETY: the output is a local; both handles are closed when they are dropped.
    unsafe {
        let process = Handle::own(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, process))?;
        (OpenProcessToken(process.0, TOKEN_QUERY, &mut token) != 0).then_some(())?;
        Handle::own(token)
    }
}

/// What the token says, in words for their alignment.
fn information(token: &Handle, class: TOKEN_INFORMATION_CLASS) -> Option<Vec<u64>> {
    let mut size = 0;
    // SAFETY: the first call only asks for the size, the second has a buffer of it.
    unsafe {
        GetTokenInformation(token.0, class, ptr::null_mut(), 0, &mut size);
        let mut buffer = vec![0_u64; size as usize / size_of::<u64>() + 1];
        let output = buffer.as_mut_ptr().cast::<c_void>();
        (GetTokenInformation(token.0, class, output, size, &mut size) != 0).then_some(buffer)
    }
}

struct Handle(HANDLE);

impl Handle {
    fn own(handle: HANDLE) -> Option<Self> {
        (!handle.is_null()).then_some(Handle(handle))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle is ours.
        unsafe { CloseHandle(self.0) };
    }
}

struct Service(SC_HANDLE);

impl Service {
    fn own(handle: SC_HANDLE) -> Option<Self> {
        (!handle.is_null()).then_some(Service(handle))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // SAFETY: the handle is ours.
        unsafe { CloseServiceHandle(self.0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sids_of_services() {
        assert!(is_service(&[1, 6, 0, 0, 0, 0, 0, 5, 80, 0, 0, 0, 1, 2, 3, 4]));
        assert!(!is_service(&[1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 2, 3, 4]), "an account of a domain");
        assert!(!is_service(&[1, 2, 0, 0, 0, 0, 0, 16, 80, 0, 0, 0, 0, 0, 0, 0]), "another authority");
        assert!(!is_service(&[]));
    }

    #[test]
    fn this_process_has_an_account() {
        assert!(!matches!(account(std::process::id()), Account::Hidden));
        assert!(matches!(account(u32::MAX), Account::Hidden));
        assert!(!is_agents_service(std::process::id()));
    }
}
