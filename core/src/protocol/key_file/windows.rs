//! Opening the key file on Windows: once, without following a link, and every question put to that one handle.
#![allow(unsafe_code, reason = "the system's questions about handles have no safe calls")]
#![allow(clippy::disallowed_methods, reason = "this is where the key file is opened")]

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::windows::ffi::OsStrExt;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::os::windows::io::{AsRawHandle, FromRawHandle};
use std::path::Path;
use std::ptr;

use windows_sys::Wdk::Foundation::OBJECT_ATTRIBUTES;
use windows_sys::Wdk::Storage::FileSystem::{
    FILE_OPEN, FILE_OPEN_REPARSE_POINT, FILE_SYNCHRONOUS_IO_NONALERT, NtCreateFile,
};
use windows_sys::Win32::Foundation::{OBJ_CASE_INSENSITIVE, RtlNtStatusToDosError, UNICODE_STRING};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_REPARSE_POINT, FILE_FLAG_BACKUP_SEMANTICS, FILE_GENERIC_READ,
    FILE_READ_ATTRIBUTES, FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_TYPE, FILE_TYPE_DISK, GetFileType,
    READ_CONTROL,
};
use windows_sys::Win32::System::IO::IO_STATUS_BLOCK;
use zeroize::Zeroizing;

use super::rules::{KeyFile, LARGEST, check_size, key, rejected, unreadable};
use super::windows_access::{others_may_write, owner};
use crate::Error;
use crate::os::peer::Readers;

/// The key in the file `name` of this directory.
pub(crate) fn read(directory: &Path, name: &str, _: &Path) -> Result<KeyFile, Error> {
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
    if others_may_write(&folder).map_err(|error| cannot_open(directory, "the token directory ", &error))? {
        return Err(rejected(&path, "everybody may write to its directory"));
    }
    let mut file = open_in(&folder, name).map_err(|error| cannot_open(&path, "", &error))?;
    check_kind(&file, &path)?;
    if others_may_write(&file).map_err(|error| cannot_open(&path, "", &error))? {
        return Err(rejected(&path, "everybody may write to it"));
    }
    let size = file.metadata().map_err(|error| cannot_open(&path, "", &error))?.file_size();
    check_size(size, &path)?;
    let mut content = Zeroizing::new(Vec::with_capacity(LARGEST as usize + 1));
    (&mut file).take(LARGEST + 1).read_to_end(&mut content).map_err(|error| {
        unreadable(&path, "", &error, String::from("Try again; check the disk if it happens again."))
    })?;
    // The file may have grown since it was looked at.
    check_size(content.len() as u64, &path)?;
    let owner = owner(&file).map_err(|error| cannot_open(&path, "", &error))?;
    Ok(KeyFile { secret: key(&content, &path)?, readers: Readers { owners: vec![owner] } })
}

/// Who can read what lies in this directory, as far as the directory tells.
pub(crate) fn directory_readers(directory: &Path) -> Option<Readers> {
    let folder = OpenOptions::new()
        .access_mode(FILE_READ_ATTRIBUTES | READ_CONTROL)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
        .open(directory)
        .ok()?;
    Some(Readers { owners: vec![owner(&folder).ok()?] })
}

/// The `openat` of Windows: what the opened directory has under this name, whatever else its path leads to by
/// now. A link is opened as such, and names of devices (`CON.key`) have no meaning here. A directory opens too, and is
/// then told from a file that this user may not read.
fn open_in(folder: &File, name: &str) -> io::Result<File> {
    let mut name: Vec<u16> = OsStr::new(name).encode_wide().collect();
    let bytes = u16::try_from(2 * name.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let name = UNICODE_STRING { Length: bytes, MaximumLength: bytes, Buffer: name.as_mut_ptr() };
    let attributes = OBJECT_ATTRIBUTES {
        Length: size_of::<OBJECT_ATTRIBUTES>() as u32,
        RootDirectory: folder.as_raw_handle(),
        ObjectName: &name,
        Attributes: OBJ_CASE_INSENSITIVE,
        ..Default::default()
    };
    let mut handle = ptr::null_mut();
    // SAFETY: name, folder and outputs live until the call returns; the handle is nobody else's.
    unsafe {
        let status = NtCreateFile(
            &mut handle,
            FILE_GENERIC_READ,
            &attributes,
            &mut IO_STATUS_BLOCK::default(),
            ptr::null(),
            0,
            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
            FILE_OPEN,
            FILE_OPEN_REPARSE_POINT | FILE_SYNCHRONOUS_IO_NONALERT,
            ptr::null(),
            0,
        );
        if status < 0 {
            let code = RtlNtStatusToDosError(status);
            return Err(io::Error::from_raw_os_error(i32::try_from(code).unwrap_or(i32::MAX)));
        }
        Ok(File::from_raw_handle(handle))
    }
}

fn check_kind(file: &File, path: &Path) -> Result<(), Error> {
    // SAFETY: the handle is open for as long as `file` is borrowed.
    let kind = unsafe { GetFileType(file.as_raw_handle()) };
    oddity(kind, attributes(file, path)?).map_or(Ok(()), |why| Err(rejected(path, why)))
}

/// Why this is not a plain file, if it is not.
fn oddity(kind: FILE_TYPE, attributes: u32) -> Option<&'static str> {
    if attributes & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return Some("it is a symbolic link");
    }
    (kind != FILE_TYPE_DISK || attributes & FILE_ATTRIBUTE_DIRECTORY != 0).then_some("it is not a regular file")
}

fn attributes(file: &File, path: &Path) -> Result<u32, Error> {
    Ok(file.metadata().map_err(|error| cannot_open(path, "", &error))?.file_attributes())
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

#[cfg(test)]
#[path = "windows_tests.rs"]
mod tests;
