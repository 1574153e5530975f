//! The token directory and the one-use key files in it.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::directory::{Access, Directory, Trust};
use super::secrets::random_key;
use crate::config::himds::Himds;
use crate::error::Error;
use crate::faults::key_fault::{KeyFault, KeyFileKind};

/// Who may read the directory and its files; the right to write stays with this process's user.
const DIRECTORY_MODE: u32 = 0o750;

/// The directory, and the keys that nobody has shown yet.
#[derive(Debug)]
pub(crate) struct KeyFiles {
    directory: Arc<Directory>,
    /// Keeps the private directory until the end, if there is one.
    _private: Option<TempDir>,
    mode: u32,
    group: Option<u32>,
    open: HashMap<String, OpenKey>,
    /// What we put into the file system, which is removed at the end; nothing else is.
    written: Vec<Place>,
    /// The directory's mode before a fault changed it.
    mode_changed: Option<u32>,
}

#[derive(Debug)]
struct OpenKey {
    file: PathBuf,
    target: String,
}

/// A name in a directory that is open.
#[derive(Debug, Clone)]
struct Place {
    directory: Arc<Directory>,
    name: OsString,
}

/// A key, with the path of its file, which is not there if the fault wants none.
#[derive(Debug)]
pub(crate) struct NewKey {
    pub(crate) path: PathBuf,
    pub(crate) key: String,
}

impl KeyFiles {
    /// Makes the directory ready.
    pub(crate) fn new(config: &Himds) -> Result<Self, Error> {
        let group = group_id(&config.key_file_group);
        let (path, private) = match &config.token_dir {
            Some(directory) => (directory.clone(), None),
            None => {
                let private =
                    TempDir::with_prefix("himds-emulator-").map_err(Error::io("cannot make a token directory"))?;
                (private.path().to_owned(), Some(private))
            }
        };
        let directory = Directory::open_or_make(&path)
            .map_err(Error::io(format!("cannot use {} as the token directory", path.display())))?;
        if private.is_some() || directory.is_new() {
            let grouped = group.is_some() && directory.set_owner(None, group).is_ok();
            let mode = if grouped { DIRECTORY_MODE } else { 0o700 };
            directory.set_mode(mode).map_err(Error::io("cannot set the token directory's mode"))?;
        }
        Ok(Self {
            directory: Arc::new(directory),
            _private: private,
            mode: config.key_mode()?,
            group,
            open: HashMap::new(),
            written: Vec::new(),
            mode_changed: None,
        })
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a new key file, good for one request for `target`.
    pub(crate) fn create(&mut self, target: &str, fault: &KeyFault, content: Option<Vec<u8>>) -> io::Result<NewKey> {
        self.set_directory_mode(fault.directory_mode())?;
        self.directory.set_owner(fault.directory_owner, None)?;
        let directory = match &fault.directory {
            Some(other) => Arc::new(Directory::open(Path::new(other), Trust::Any)?),
            None => Arc::clone(&self.directory),
        };
        let name = fault.name.clone().unwrap_or_else(|| format!("{}.key", uuid::Uuid::new_v4()));
        let place = Place { directory, name: name.into() };
        let key = random_key();
        let content = content.unwrap_or_else(|| key.clone().into_bytes());
        // Content that a fault made up counts as the key if it is text, so that only the client's own check can refuse it.
        let expected =
            String::from_utf8(content.clone()).map_or_else(|_| key.clone(), |text| text.trim_end().to_owned());
        let path = place.path();
        self.write(place, &content, fault)?;
        self.open.insert(expected.clone(), OpenKey { file: path.clone(), target: target.to_owned() });
        Ok(NewKey { path, key: expected })
    }

    /// Takes a key back and says whether it is good for `target`. Its file is removed either way.
    pub(crate) fn redeem(&mut self, key: &str, target: &str) -> bool {
        let Some(open) = self.open.remove(key) else {
            return false;
        };
        // If the fault left the file out, another process may have put one there.
        if let Some(index) = self.written.iter().position(|place| place.path() == open.file) {
            self.written.swap_remove(index).remove();
        }
        open.target == target
    }

    fn write(&mut self, place: Place, content: &[u8], fault: &KeyFault) -> io::Result<()> {
        let Place { directory, name } = &place;
        match fault.kind {
            KeyFileKind::File => directory.create(name, content, self.access(fault))?,
            KeyFileKind::Missing => return Ok(()),
            KeyFileKind::Directory => directory.make_directory(name)?,
            KeyFileKind::Fifo => directory.make_fifo(name)?,
            KeyFileKind::Symlink => {
                let behind = self.write_behind(&place, content, fault)?;
                directory.make_symlink(&behind.path(), name)?;
            }
            KeyFileKind::HardLink => {
                let behind = self.write_behind(&place, content, fault)?;
                directory.make_hard_link(&behind.name, name)?;
            }
        }
        self.written.push(place);
        Ok(())
    }

    /// The file that a link leads to.
    fn write_behind(&mut self, link: &Place, content: &[u8], fault: &KeyFault) -> io::Result<Place> {
        let name = Path::new(&link.name).with_extension("target").into_os_string();
        let behind = Place { directory: Arc::clone(&link.directory), name };
        behind.directory.create(&behind.name, content, self.access(fault))?;
        self.written.push(behind.clone());
        Ok(behind)
    }

    fn access(&self, fault: &KeyFault) -> Access {
        let mode = |usual| fault.mode().unwrap_or(usual);
        Access {
            mode: mode(self.mode & 0o700),
            group: self.group.map(|group| (group, mode(self.mode))),
            owner: fault.owner,
        }
    }

    fn set_directory_mode(&mut self, wanted: Option<u32>) -> io::Result<()> {
        match (wanted, self.mode_changed) {
            (Some(mode), before) => {
                if before.is_none() {
                    self.mode_changed = Some(self.directory.mode()?);
                }
                self.directory.set_mode(mode)
            }
            (None, Some(before)) => {
                self.mode_changed = None;
                self.directory.set_mode(before)
            }
            (None, None) => Ok(()),
        }
    }
}

impl Place {
    fn path(&self) -> PathBuf {
        self.directory.path().join(&self.name)
    }

    fn remove(&self) {
        self.directory.remove(OsStr::new(&self.name));
    }
}

impl Drop for KeyFiles {
    fn drop(&mut self) {
        // Nobody is left to tell of a failure here, and the next start makes fresh files.
        let _ = self.set_directory_mode(None);
        self.written.iter().for_each(Place::remove);
    }
}

/// The group's number, from the local group file.
fn group_id(name: &str) -> Option<u32> {
    let groups = fs::read_to_string("/etc/group").ok()?;
    let line = groups.lines().find(|line| line.split(':').next() == Some(name))?;
    line.split(':').nth(2)?.parse().ok()
}
