//! By path, on systems without `openat`. Modes and owners are not set there.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::access::{Access, Trust, partial_name};

/// The directory. What was made on the way to it is removed when dropped, as far as it is empty.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    made: Vec<PathBuf>,
}

impl Directory {
    pub(crate) fn open(path: &Path, _trust: Trust) -> io::Result<Self> {
        if !fs::metadata(path)?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { path: path.to_owned(), made: Vec::new() })
    }

    pub(crate) fn open_or_make(path: &Path) -> io::Result<Self> {
        let mut made: Vec<PathBuf> =
            path.ancestors().take_while(|ancestor| !ancestor.exists()).map(Path::to_owned).collect();
        made.reverse();
        fs::create_dir_all(path)?;
        Ok(Self { path: path.to_owned(), made })
    }

    pub(crate) fn is_new(&self) -> bool {
        !self.made.is_empty()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn create(&self, name: &OsStr, content: &[u8], access: Access) -> io::Result<()> {
        access.owner.map_or(Ok(()), |_| Err(io::Error::from(io::ErrorKind::Unsupported)))?;
        OpenOptions::new().write(true).create_new(true).open(self.path.join(name))?.write_all(content)
    }

    pub(crate) fn replace(&self, name: &OsStr, content: &[u8], access: Access) -> io::Result<File> {
        let partial = partial_name(name);
        self.create(&partial, content, access)?;
        fs::rename(self.path.join(&partial), self.path.join(name)).inspect_err(|_| self.remove(&partial))?;
        File::open(self.path.join(name))
    }

    pub(crate) fn make_directory(&self, name: &OsStr) -> io::Result<()> {
        fs::create_dir(self.path.join(name))
    }

    pub(crate) fn make_fifo(&self, _name: &OsStr) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn make_symlink(&self, target: &Path, name: &OsStr) -> io::Result<()> {
        std::os::windows::fs::symlink_file(target, self.path.join(name))
    }

    pub(crate) fn make_hard_link(&self, existing: &OsStr, name: &OsStr) -> io::Result<()> {
        fs::hard_link(self.path.join(existing), self.path.join(name))
    }

    pub(crate) fn remove(&self, name: &OsStr) {
        let path = self.path.join(name);
        let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
    }

    pub(crate) fn remove_if(&self, name: &OsStr, _file: &File) {
        self.remove(name);
    }

    pub(crate) fn mode(&self) -> io::Result<u32> {
        Ok(0)
    }

    pub(crate) fn set_mode(&self, _mode: u32) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn set_owner(&self, user: Option<u32>, group: Option<u32>) -> io::Result<()> {
        user.or(group).map_or(Ok(()), |_| Err(io::ErrorKind::Unsupported.into()))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        for directory in self.made.iter().rev() {
            let _ = fs::remove_dir(directory);
        }
    }
}
