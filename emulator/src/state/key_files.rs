//! The token directory and the one-use key files in it.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::permissions::{mode_of, set_file_mode, set_file_owner, set_mode, set_owner};
use super::secrets::random_key;
use crate::config::himds::Himds;
use crate::error::Error;
use crate::faults::key_fault::{KeyFault, KeyFileKind};

/// Who may read the directory and its files; the right to write stays with this process's user.
const DIRECTORY_MODE: u32 = 0o750;

/// The directory, and the keys that nobody has shown yet.
#[derive(Debug)]
pub(crate) struct KeyFiles {
    directory: PathBuf,
    /// Keeps the private directory until the end, where it is ours.
    _private: Option<TempDir>,
    /// Directories made on the way to the given one, outermost first; removed at the end.
    made: Vec<PathBuf>,
    mode: u32,
    group: Option<u32>,
    open: HashMap<String, OpenKey>,
    /// What lies in the file system because of us, and nothing else: it is removed at the end.
    written: Vec<PathBuf>,
    /// Whether a fault changed the directory's mode.
    mode_changed: Option<u32>,
}

#[derive(Debug)]
struct OpenKey {
    file: PathBuf,
    target: String,
}

/// A key file just written, or not, where the fault wants none.
#[derive(Debug)]
pub(crate) struct NewKey {
    pub(crate) path: PathBuf,
    pub(crate) key: String,
}

impl KeyFiles {
    /// Makes the directory ready.
    pub(crate) fn new(config: &Himds) -> Result<Self, Error> {
        let group = group_id(&config.key_file_group);
        let (directory, private, made) = match &config.token_dir {
            Some(directory) => (directory.clone(), None, make_directories(directory)?),
            None => {
                let private =
                    TempDir::with_prefix("himds-emulator-").map_err(Error::io("cannot make a token directory"))?;
                (private.path().to_owned(), Some(private), Vec::new())
            }
        };
        let ours = private.is_some() || made.last() == Some(&directory);
        let files = Self {
            directory,
            _private: private,
            made,
            mode: config.key_mode()?,
            group,
            open: HashMap::new(),
            written: Vec::new(),
            mode_changed: None,
        };
        if ours {
            let grouped = group.is_some() && set_owner(&files.directory, None, group).is_ok();
            let mode = if grouped { DIRECTORY_MODE } else { 0o700 };
            set_mode(&files.directory, mode).map_err(Error::io("cannot set the token directory's mode"))?;
        }
        Ok(files)
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Writes a new key file, good for one request for `target`.
    pub(crate) fn create(&mut self, target: &str, fault: &KeyFault, content: Option<Vec<u8>>) -> io::Result<NewKey> {
        self.set_directory_mode(fault.directory_mode())?;
        set_owner(&self.directory, fault.directory_owner, None)?;
        let name = fault.name.clone().unwrap_or_else(|| format!("{}.key", uuid::Uuid::new_v4()));
        let directory = match &fault.directory {
            Some(other) => PathBuf::from(other),
            None => self.directory.clone(),
        };
        let path = directory.join(name);
        let key = random_key();
        let content = content.unwrap_or_else(|| key.clone().into_bytes());
        // A key that a fault made up counts as the key where it is text: then only the client's own check can refuse it.
        let expected =
            String::from_utf8(content.clone()).map_or_else(|_| key.clone(), |text| text.trim_end().to_owned());
        self.write(&path, &content, fault)?;
        self.open.insert(expected.clone(), OpenKey { file: path.clone(), target: target.to_owned() });
        Ok(NewKey { path, key: expected })
    }

    /// Takes a key back, whatever it was shown for, and says whether it was right. Its file is removed either way.
    pub(crate) fn redeem(&mut self, key: &str, target: &str) -> bool {
        let Some(open) = self.open.remove(key) else {
            return false;
        };
        // Where the fault left the file out, somebody else's may lie there.
        if let Some(index) = self.written.iter().position(|path| *path == open.file) {
            remove(&self.written.swap_remove(index));
        }
        open.target == target
    }

    fn write(&mut self, path: &Path, content: &[u8], fault: &KeyFault) -> io::Result<()> {
        match fault.kind {
            KeyFileKind::File => return self.write_file(path, content, fault),
            KeyFileKind::Missing => return Ok(()),
            KeyFileKind::Directory => fs::create_dir(path)?,
            KeyFileKind::Fifo => make_fifo(path)?,
            KeyFileKind::Symlink => symlink(&self.write_behind(path, content, fault)?, path)?,
            KeyFileKind::HardLink => fs::hard_link(self.write_behind(path, content, fault)?, path)?,
        }
        self.written.push(path.to_owned());
        Ok(())
    }

    /// The file that a link at the path leads to.
    fn write_behind(&mut self, path: &Path, content: &[u8], fault: &KeyFault) -> io::Result<PathBuf> {
        let behind = path.with_extension("target");
        self.write_file(&behind, content, fault)?;
        Ok(behind)
    }

    fn write_file(&mut self, path: &Path, content: &[u8], fault: &KeyFault) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        // Nobody but us may read it before it has its final group and mode.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        self.written.push(path.to_owned());
        file.write_all(content)?;
        let grouped = self.group.is_some() && set_file_owner(&file, None, self.group).is_ok();
        let mode = if grouped { self.mode } else { self.mode & 0o700 };
        set_file_mode(&file, fault.mode().unwrap_or(mode))?;
        set_file_owner(&file, fault.owner, None)
    }

    fn set_directory_mode(&mut self, wanted: Option<u32>) -> io::Result<()> {
        match (wanted, self.mode_changed) {
            (Some(mode), before) => {
                if before.is_none() {
                    self.mode_changed = Some(mode_of(&self.directory)?);
                }
                set_mode(&self.directory, mode)
            }
            (None, Some(before)) => {
                self.mode_changed = None;
                set_mode(&self.directory, before)
            }
            (None, None) => Ok(()),
        }
    }
}

impl Drop for KeyFiles {
    fn drop(&mut self) {
        // Nobody is left to tell of a failure here, and the next start makes fresh files.
        let _ = self.set_directory_mode(None);
        self.written.iter().for_each(|path| remove(path));
        for directory in self.made.iter().rev() {
            let _ = fs::remove_dir(directory);
        }
    }
}

fn remove(path: &Path) {
    let _ = fs::remove_file(path).or_else(|_| fs::remove_dir(path));
}

/// Makes the directory and its parents, and tells which of them are new.
fn make_directories(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut missing: Vec<PathBuf> =
        directory.ancestors().take_while(|ancestor| !ancestor.exists()).map(Path::to_owned).collect();
    missing.reverse();
    fs::create_dir_all(directory)
        .map_err(Error::io(format!("cannot make the token directory {}", directory.display())))?;
    Ok(missing)
}

/// The group's number, from the local group file.
fn group_id(name: &str) -> Option<u32> {
    let groups = fs::read_to_string("/etc/group").ok()?;
    let line = groups.lines().find(|line| line.split(':').next() == Some(name))?;
    line.split(':').nth(2)?.parse().ok()
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, link)
}

#[cfg(unix)]
fn make_fifo(path: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).map_err(io::Error::from)
}

#[cfg(not(unix))]
fn make_fifo(_path: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
