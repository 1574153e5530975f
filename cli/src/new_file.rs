//! A file that its readers see whole: the old one or the new one, never a part.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::interrupt;

/// Writes the content to a new file in the same directory, makes sure that it is on the disk, and puts it in the place of
/// `path`. If anything fails, the old file stays as it was and no other is left. `mode` is the new file's on Unix,
/// whatever the umask says; a link is replaced, not followed.
pub(crate) fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    // A tempfile removes itself when dropped; a process that ends does not drop.
    interrupt::held(|| {
        let directory = directory_of(path);
        let mut name = OsStr::new(".").to_os_string();
        name.push(path.file_name().ok_or(io::ErrorKind::InvalidInput)?);
        name.push(".");
        let mut file = tempfile::Builder::new().prefix(&name).tempfile_in(directory)?;
        file.as_file_mut().write_all(content)?;
        set_mode(file.as_file(), mode)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        sync_directory(directory);
        Ok(())
    })
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

/// A file in a directory has that directory's access list.
#[cfg(not(unix))]
fn set_mode(_file: &File, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// The new name is a change of the directory. Not of the essence: after a crash the old file will be renewed, and a
/// directory that may be written to, but not read, cannot be opened.
fn sync_directory(directory: &Path) {
    let _ = File::open(directory).and_then(|directory| directory.sync_all());
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn the_new_file_takes_the_old_ones_place() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("token");
        for (content, mode) in [("one", 0o600), ("second", 0o640), ("", 0o400)] {
            replace(&path, content.as_bytes(), mode).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, mode);
        }
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1, "nothing is left over");
    }

    #[test]
    fn a_reader_that_holds_the_old_file_keeps_it() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("token");
        replace(&path, b"old", 0o600).unwrap();
        let old = File::open(&path).unwrap();
        replace(&path, b"new", 0o600).unwrap();
        assert_eq!(io::read_to_string(old).unwrap(), "old");
    }

    #[test]
    fn a_link_is_replaced_and_what_it_leads_to_left_alone() {
        let scratch = tempfile::tempdir().unwrap();
        let (path, other) = (scratch.path().join("token"), scratch.path().join("other"));
        fs::write(&other, "theirs").unwrap();
        symlink(&other, &path).unwrap();
        replace(&path, b"ours", 0o600).unwrap();
        assert_eq!(fs::read_to_string(&other).unwrap(), "theirs");
        assert!(fs::symlink_metadata(&path).unwrap().is_file());
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing() {
        let scratch = tempfile::tempdir().unwrap();
        let directory = scratch.path().join("directory");
        fs::create_dir(&directory).unwrap();
        assert!(replace(&directory, b"x", 0o600).is_err());
        assert!(replace(Path::new("/"), b"x", 0o600).is_err());
        let missing = replace(&scratch.path().join("missing/token"), b"x", 0o600).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
    }
}
