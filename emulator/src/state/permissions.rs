//! Modes and owners, where the system has them.
//!
//! A new file's are set by its handle and not by its path: who can write to the directory, as a fault may let anybody,
//! could have put a link in its place.

#[cfg(not(unix))]
pub(crate) use elsewhere::{mode_of, set_file_mode, set_file_owner, set_mode, set_owner};
#[cfg(unix)]
pub(crate) use unix::{mode_of, set_file_mode, set_file_owner, set_mode, set_owner};

#[cfg(unix)]
mod unix {
    use std::fs::{self, File, Permissions};
    use std::io;
    use std::os::unix::fs::{PermissionsExt as _, chown, fchown};
    use std::path::Path;

    pub(crate) fn mode_of(path: &Path) -> io::Result<u32> {
        Ok(fs::metadata(path)?.permissions().mode() & 0o7777)
    }

    pub(crate) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
        fs::set_permissions(path, Permissions::from_mode(mode))
    }

    pub(crate) fn set_file_mode(file: &File, mode: u32) -> io::Result<()> {
        file.set_permissions(Permissions::from_mode(mode))
    }

    pub(crate) fn set_owner(path: &Path, user: Option<u32>, group: Option<u32>) -> io::Result<()> {
        if user.or(group).is_none() { Ok(()) } else { chown(path, user, group) }
    }

    pub(crate) fn set_file_owner(file: &File, user: Option<u32>, group: Option<u32>) -> io::Result<()> {
        if user.or(group).is_none() { Ok(()) } else { fchown(file, user, group) }
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    pub(crate) fn mode_of(_path: &Path) -> io::Result<u32> {
        Ok(0)
    }

    pub(crate) fn set_mode(_path: &Path, _mode: u32) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn set_file_mode(_file: &File, _mode: u32) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn set_owner(_path: &Path, user: Option<u32>, group: Option<u32>) -> io::Result<()> {
        user.or(group).map_or(Ok(()), |_| Err(io::ErrorKind::Unsupported.into()))
    }

    pub(crate) fn set_file_owner(_file: &File, user: Option<u32>, group: Option<u32>) -> io::Result<()> {
        user.or(group).map_or(Ok(()), |_| Err(io::ErrorKind::Unsupported.into()))
    }
}
