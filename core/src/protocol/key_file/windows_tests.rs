//! Run on Windows or under Wine (`make test-windows`). Wine makes no links, and keeps of an access list what fits into a
//! Unix mode: lists are judged in `windows_access_tests.rs`, as they lie in memory.

use std::fs;
use std::iter::once;
use std::os::windows::fs::{symlink_dir, symlink_file};

use windows_sys::Win32::Foundation::ERROR_SUCCESS;
use windows_sys::Win32::Security::Authorization::{SE_FILE_OBJECT, SetNamedSecurityInfoW};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION, WinBuiltinAdministratorsSid, WinWorldSid,
};
use windows_sys::Win32::Storage::FileSystem::{FILE_ALL_ACCESS, FILE_TYPE_PIPE};

use super::super::windows_access::tests::{ALLOWED, Entry, list};
use super::*;
use crate::{Client, Kind, Source};
use tempfile::TempDir;

/// Gives the path this list and takes away what it inherited.
fn set_list(path: &Path, entries: &[Entry]) {
    let path: Vec<u16> = path.as_os_str().encode_wide().chain(once(0)).collect();
    let list = list(entries);
    let parts = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
    let (path, list) = (path.as_ptr(), list.as_ptr().cast());
    // SAFETY: a text with its NUL and a valid list.
    let result = unsafe {
        SetNamedSecurityInfoW(path, SE_FILE_OBJECT, parts, ptr::null_mut(), ptr::null_mut(), list, ptr::null())
    };
    assert_eq!(result, ERROR_SUCCESS);
}

fn directory() -> TempDir {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("a.key"), "secret\r\n").unwrap();
    directory
}

fn kind(directory: &Path, name: &str) -> Result<String, Kind> {
    read(directory, name, Path::new("")).map(|key| key.secret.expose().to_owned()).map_err(|error| error.kind())
}

#[test]
fn a_plain_file_is_read() {
    let directory = directory();
    assert_eq!(kind(directory.path(), "a.key"), Ok("secret".to_owned()));
    assert_eq!(kind(directory.path(), "A.KEY"), Ok("secret".to_owned()), "letter case does not matter");
}

#[test]
fn everybody_may_write_to_neither() {
    let ours = (ALLOWED, 0, FILE_ALL_ACCESS, WinBuiltinAdministratorsSid);
    let directory = directory();
    let file = directory.path().join("a.key");
    set_list(&file, &[ours, (ALLOWED, 0, FILE_GENERIC_READ, WinWorldSid)]);
    assert_eq!(kind(directory.path(), "a.key"), Ok("secret".to_owned()));
    set_list(&file, &[ours, (ALLOWED, 0, FILE_ALL_ACCESS, WinWorldSid)]);
    assert_eq!(kind(directory.path(), "a.key"), Err(Kind::KeyFileRejected));
    set_list(&file, &[ours, (ALLOWED, 0, FILE_GENERIC_READ, WinWorldSid)]);
    set_list(directory.path(), &[ours, (ALLOWED, 0, FILE_ALL_ACCESS, WinWorldSid)]);
    assert_eq!(kind(directory.path(), "a.key"), Err(Kind::KeyFileRejected));
}

#[test]
fn a_name_leads_to_no_device_and_nowhere_else() {
    let directory = directory();
    let verbatim = format!(r"\\?\{}", directory.path().display());
    for name in ["CON.key", "nul.key", "com1.key"] {
        assert_eq!(kind(directory.path(), name), Err(Kind::KeyFileUnreadable), "{name} is not there");
        fs::write(Path::new(&verbatim).join(name), "secret").unwrap();
        assert_eq!(kind(directory.path(), name), Ok("secret".to_owned()), "{name} is a file as any other");
    }
    fs::create_dir(directory.path().join("inner")).unwrap();
    assert!(kind(&directory.path().join("inner"), r"..\a.key").is_err());
}

#[test]
fn what_is_missing_is_unreadable_and_says_so() {
    let directory = directory();
    let missing = read(directory.path(), "z.key", Path::new("")).unwrap_err();
    assert_eq!((missing.kind(), missing.os_error()), (Kind::KeyFileUnreadable, Some(2)));
    assert_eq!(missing.file(), Some(directory.path().join("z.key").as_path()));
    let nowhere = read(&directory.path().join("no"), "a.key", Path::new("")).unwrap_err();
    assert_eq!(nowhere.kind(), Kind::KeyFileUnreadable);
    assert!(nowhere.message().contains("token directory"));
    let file = read(&directory.path().join("a.key"), "a.key", Path::new("")).unwrap_err();
    assert_eq!(file.kind(), Kind::KeyFileUnreadable, "the directory must be one");
}

#[test]
fn the_file_may_not_be_a_link_the_directory_may() {
    assert_eq!(oddity(FILE_TYPE_DISK, FILE_ATTRIBUTE_REPARSE_POINT), Some("it is a symbolic link"));
    assert_eq!(oddity(FILE_TYPE_PIPE, 0), Some("it is not a regular file"));
    let (directory, elsewhere) = (directory(), TempDir::new().unwrap());
    let (file, folder) = (directory.path().join("b.key"), elsewhere.path().join("tokens"));
    let made =
        symlink_file(directory.path().join("a.key"), &file).and_then(|()| symlink_dir(directory.path(), &folder));
    if made.is_err() || fs::symlink_metadata(&file).is_err() {
        eprintln!("skipped: links not found (Windows wants a privilege for them, Wine 8 makes none)");
        return;
    }
    assert_eq!(kind(directory.path(), "b.key"), Err(Kind::KeyFileRejected));
    assert_eq!(kind(&folder, "a.key"), Ok("secret".to_owned()));
}

#[test]
fn the_directory_is_on_a_drive() {
    let made = |directory: &str| Client::builder().source(Source::Himds).token_dir(directory).build().map(drop);
    for directory in [r"C:\tokens", r"\\?\C:\tokens", "c:/tokens"] {
        assert!(made(directory).is_ok(), "{directory}");
    }
    for directory in [
        r"\\server\share\tokens",
        "//server/share/tokens",
        r"\\?\UNC\server\share\tokens",
        r"\\.\C:\tokens",
        r"\\.\pipe\tokens",
        r"\\?\GLOBALROOT\tokens",
        r"C:tokens",
        r"\tokens",
    ] {
        assert_eq!(made(directory).map_err(|error| error.kind()), Err(Kind::Configuration), "{directory}");
    }
}
