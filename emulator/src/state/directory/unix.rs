//! By descriptor.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::fchown;
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::access::{Access, Trust, partial_name, refused};

const OPEN: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
const OTHERS_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// The open directory. What was made on the way to it is removed when dropped, as far as it is empty.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    handle: OwnedFd,
    /// The directories made, outermost first, each as a name below an open one.
    made: Vec<(OwnedFd, OsString)>,
}

impl Directory {
    /// Opens an existing directory.
    pub(crate) fn open(path: &Path, trust: Trust) -> io::Result<Self> {
        let flags = if trust == Trust::Private { OPEN | OFlags::NOFOLLOW } else { OPEN };
        // Without a slash or a dot at the end, by which a link would be followed.
        let path: PathBuf = path.components().collect();
        let handle = fs::open(&path, flags, Mode::empty()).map_err(|errno| match errno {
            Errno::LOOP | Errno::NOTDIR if path.is_symlink() => refused("it is a symbolic link"),
            other => other.into(),
        })?;
        let directory = Self { path, handle, made: Vec::new() };
        directory.check(trust)?;
        Ok(directory)
    }

    /// Opens a directory; makes it, with its parents, if it is missing.
    pub(crate) fn open_or_make(path: &Path) -> io::Result<Self> {
        let path: PathBuf = path.components().collect();
        if path.symlink_metadata().is_ok() {
            return Self::open(&path, Trust::Private);
        }
        let existing = path.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(Path::new("/"));
        let missing = path.strip_prefix(existing).map_err(io::Error::other)?.to_owned();
        let mut directory = Self { handle: fs::open(existing, OPEN, Mode::empty())?, made: Vec::new(), path };
        for name in &missing {
            fs::mkdirat(&directory.handle, name, Mode::from_raw_mode(0o755))?;
            let below = fs::openat(&directory.handle, name, OPEN | OFlags::NOFOLLOW, Mode::empty())?;
            let above = std::mem::replace(&mut directory.handle, below);
            directory.made.push((above, name.to_owned()));
        }
        directory.check(Trust::Private)?;
        Ok(directory)
    }

    /// Whether it did not exist before.
    pub(crate) fn is_new(&self) -> bool {
        !self.made.is_empty()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a new file.
    ///
    /// # Errors
    /// Also if there is something of that name already, which stays as it is.
    pub(crate) fn create(&self, name: &OsStr, content: &[u8], access: Access) -> io::Result<()> {
        self.write(name, content, access, |partial| {
            fs::renameat_with(&self.handle, partial, &self.handle, name, RenameFlags::NOREPLACE)
        })
        .map(drop)
    }

    /// Writes a file in the place of what has its name. While the file that is returned is open, no other can be taken for it.
    pub(crate) fn replace(&self, name: &OsStr, content: &[u8], access: Access) -> io::Result<File> {
        self.write(name, content, access, |partial| fs::renameat(&self.handle, partial, &self.handle, name))
    }

    fn write(
        &self,
        name: &OsStr,
        content: &[u8],
        access: Access,
        publish: impl FnOnce(&OsStr) -> rustix::io::Result<()>,
    ) -> io::Result<File> {
        let partial = partial_name(name);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(fs::openat(&self.handle, &partial, flags, Mode::RUSR | Mode::WUSR)?);
        let fill = || -> io::Result<()> {
            file.write_all(content)?;
            set_access(&file, access)?;
            Ok(publish(&partial)?)
        };
        fill().inspect_err(|_| self.remove(&partial))?;
        Ok(file)
    }

    pub(crate) fn make_directory(&self, name: &OsStr) -> io::Result<()> {
        Ok(fs::mkdirat(&self.handle, name, Mode::from_raw_mode(0o755))?)
    }

    pub(crate) fn make_fifo(&self, name: &OsStr) -> io::Result<()> {
        Ok(fs::mknodat(&self.handle, name, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?)
    }

    pub(crate) fn make_symlink(&self, target: &Path, name: &OsStr) -> io::Result<()> {
        Ok(fs::symlinkat(target, &self.handle, name)?)
    }

    /// A second name for a file in this directory.
    pub(crate) fn make_hard_link(&self, existing: &OsStr, name: &OsStr) -> io::Result<()> {
        Ok(fs::linkat(&self.handle, existing, &self.handle, name, AtFlags::empty())?)
    }

    /// Removes a file, or an empty directory; nobody needs to know if it is gone already.
    pub(crate) fn remove(&self, name: &OsStr) {
        let _ = fs::unlinkat(&self.handle, name, AtFlags::empty())
            .or_else(|_| fs::unlinkat(&self.handle, name, AtFlags::REMOVEDIR));
    }

    /// Removes a file if it is still this one.
    pub(crate) fn remove_if(&self, name: &OsStr, file: &File) {
        let (found, ours) = (fs::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW), fs::fstat(file));
        if let (Ok(found), Ok(ours)) = (found, ours) {
            if (found.st_dev, found.st_ino) == (ours.st_dev, ours.st_ino) {
                self.remove(name);
            }
        }
    }

    pub(crate) fn mode(&self) -> io::Result<u32> {
        Ok(fs::fstat(&self.handle)?.st_mode & 0o7777)
    }

    pub(crate) fn set_mode(&self, mode: u32) -> io::Result<()> {
        Ok(fs::fchmod(&self.handle, Mode::from_raw_mode(mode))?)
    }

    pub(crate) fn set_owner(&self, user: Option<u32>, group: Option<u32>) -> io::Result<()> {
        if user.or(group).is_none() { Ok(()) } else { fchown(&self.handle, user, group) }
    }

    fn check(&self, trust: Trust) -> io::Result<()> {
        let found = fs::fstat(&self.handle)?;
        if trust == Trust::Any {
            return Ok(());
        }
        if found.st_uid != 0 && found.st_uid != geteuid().as_raw() {
            return Err(refused(format!("it belongs to user {}, who could put other files there", found.st_uid)));
        }
        let protected = trust == Trust::Sticky && found.st_mode & STICKY != 0;
        if found.st_mode & OTHERS_WRITE != 0 && !protected {
            return Err(refused("every user may write to it; take that right away (chmod o-w) or name another"));
        }
        Ok(())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        for (above, name) in self.made.iter().rev() {
            let _ = fs::unlinkat(above, name, AtFlags::REMOVEDIR);
        }
    }
}

fn set_access(file: &File, access: Access) -> io::Result<()> {
    let grouped = access.group.filter(|(group, _)| fchown(file, None, Some(*group)).is_ok());
    let mode = grouped.map_or(access.mode, |(_, mode)| mode);
    fs::fchmod(file, Mode::from_raw_mode(mode))?;
    if access.owner.is_some() { fchown(file, access.owner, None) } else { Ok(()) }
}
