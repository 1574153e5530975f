//! Reading the configuration's file: root's, and writable by nobody else.

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::process::geteuid;

use super::accounts::Accounts;
use super::config::Config;
use crate::words::words;

/// The file if no other is named.
pub const DEFAULT: &str = "/etc/himds/bridge.toml";
/// The longest file.
const LONGEST: u64 = 1 << 20;
/// As many symbolic links as the kernel follows.
const MOST_LINKS: u32 = 40;

/// Reads the rules, all or none. The error names the file and says what to do.
pub(crate) fn load(path: &Path, accounts: &dyn Accounts) -> Result<Config, String> {
    let text = read(path).map_err(|problem| format!("{}: {problem}", path.display()))?;
    Config::parse(&text, accounts).map_err(|problem| format!("{}: {problem}", path.display()))
}

fn read(path: &Path) -> Result<String, String> {
    let cannot = |error: io::Error| {
        let hint = match error.kind() {
            io::ErrorKind::PermissionDenied => {
                format!(". This process runs as uid {}; no secret is in the file: chmod 0644", geteuid().as_raw())
            }
            io::ErrorKind::NotFound => ". The package himds-bridge provides one; --config names another".to_owned(),
            _ => String::new(),
        };
        format!("cannot be read: {}{hint}", words(&error))
    };
    // What is checked is what is open: a name may lead elsewhere a moment later. A pipe without a writer is not waited for.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let mut file = File::from(rustix::fs::open(path, flags, Mode::empty()).map_err(|error| cannot(error.into()))?);
    let metadata = file.metadata().map_err(cannot)?;
    if !metadata.is_file() {
        return Err("is not a file".into());
    }
    roots_alone(&metadata, "the file")?;
    for directory in directories(path).map_err(cannot)? {
        let metadata = std::fs::symlink_metadata(&directory).map_err(cannot)?;
        roots_alone(&metadata, &format!("its directory {}", directory.display()))?;
    }
    if metadata.len() > LONGEST {
        return Err("is longer than 1 MiB".into());
    }
    let mut text = String::new();
    file.by_ref().take(LONGEST).read_to_string(&mut text).map_err(cannot)?;
    Ok(text)
}

/// Every directory on the way to the file, also by way of symbolic links: whoever may write to one of them may put another
/// file in its place, or another link.
fn directories(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut left: Vec<OsString> = std::path::absolute(path)?.iter().rev().map(OsString::from).collect();
    let (mut directories, mut here, mut links) = (Vec::new(), PathBuf::from("/"), 0);
    while let Some(name) = left.pop() {
        if name == "/" {
            here = PathBuf::from("/");
        } else if name == ".." {
            here.pop();
        } else {
            directories.push(here.clone());
            let next = here.join(&name);
            match std::fs::read_link(&next) {
                Ok(target) if links < MOST_LINKS => {
                    links += 1;
                    left.extend(target.iter().rev().map(OsString::from));
                }
                Ok(_) => return Err(rustix::io::Errno::LOOP.into()),
                Err(_) => here = next,
            }
        }
    }
    directories.dedup();
    Ok(directories)
}

fn roots_alone(metadata: &Metadata, what: &str) -> Result<(), String> {
    // In a directory with the sticky bit, such as /tmp, nobody can rename another's file.
    let sticky = metadata.is_dir() && metadata.mode() & 0o1000 != 0;
    if metadata.uid() != 0 {
        return Err(format!("{what} belongs to uid {}. It must belong to root: chown root", metadata.uid()));
    }
    if metadata.mode() & 0o022 != 0 && !sticky {
        return Err(format!(
            "{what} can be written by others than root (mode {:04o}): chmod go-w",
            metadata.mode() & 0o7777
        ));
    }
    Ok(())
}
