//! What only Windows can tell, apart from the key file.
#![allow(unsafe_code, reason = "the system has no safe calls for these")]

use std::ffi::OsString;
use std::os::windows::ffi::OsStringExt;
use std::path::PathBuf;
use std::ptr;
use std::time::Duration;

use windows_sys::Win32::System::Com::CoTaskMemFree;
use windows_sys::Win32::System::SystemInformation::{GetSystemFirmwareTable, GetTickCount64, RSMB};
use windows_sys::Win32::UI::Shell::{FOLDERID_ProgramData, SHGetKnownFolderPath};

/// The time since the machine started. It runs on in sleep and hibernation; its steps are 10 to 16 ms.
pub(crate) fn time_since_boot() -> Duration {
    // SAFETY: the function takes nothing and cannot fail.
    Duration::from_millis(unsafe { GetTickCount64() })
}

/// The known folder ProgramData. The environment is not consulted, because the user who starts this process can set it.
pub(crate) fn program_data() -> PathBuf {
    let mut text: *mut u16 = ptr::null_mut();
    // SAFETY: the id is static, the output is a local; the text is read to its NUL and freed as documented, also after
    // a failure.
    let folder = unsafe {
        let result = SHGetKnownFolderPath(&FOLDERID_ProgramData, 0, ptr::null_mut(), &mut text);
        let folder = (result >= 0 && !text.is_null()).then(|| {
            let length = (0..).take_while(|&i| *text.add(i) != 0).count();
            OsString::from_wide(std::slice::from_raw_parts(text, length))
        });
        CoTaskMemFree(text.cast());
        folder
    };
    PathBuf::from(folder.unwrap_or_else(|| r"C:\ProgramData".into()))
}

/// The raw SMBIOS data, empty if the system does not give it.
pub(crate) fn smbios() -> Vec<u8> {
    // SAFETY: without a buffer, the function only tells the size.
    let size = unsafe { GetSystemFirmwareTable(RSMB, 0, ptr::null_mut(), 0) };
    let mut table = vec![0_u8; size as usize];
    // SAFETY: the buffer has the size that is given with it.
    let written = unsafe { GetSystemFirmwareTable(RSMB, 0, table.as_mut_ptr(), size) };
    table.truncate(written as usize);
    table
}
