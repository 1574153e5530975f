//! Opening the key file on Unix: once, without following a link, and every question put to that one descriptor.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags, Stat, fstat, openat};
use rustix::io::Errno;
use zeroize::Zeroizing;

use super::rules::{KeyFile, LARGEST, check_size, key, rejected, unreadable};
use crate::Error;
use crate::os::account;
use crate::os::commands::LISTENERS;
use crate::os::descriptor::above_standard;
use crate::os::peer::Readers;

/// The key in the file `name` of this directory. `root` is where `/etc/passwd` and `/etc/group` are looked up, for
/// the hint alone.
pub(crate) fn read(directory: &Path, name: &str, root: &Path) -> Result<KeyFile, Error> {
    let path = directory.join(name);
    // The directory may be reached through links. O_PATH: to search it must be enough, it need not be listed.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let search = OFlags::PATH;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let search = OFlags::RDONLY;
    let flags = search | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = above_standard(|| openat(CWD, directory, flags, Mode::empty()))
        .map_err(|errno| cannot_open(directory, "the token directory ", errno, None, root))?;
    let folder_stat =
        fstat(&folder).map_err(|errno| cannot_open(directory, "the token directory ", errno, None, root))?;
    if others_may_write(&folder_stat) {
        return Err(rejected(&path, "everybody may write to its directory"));
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let descriptor = match above_standard(|| openat(&folder, name, flags, Mode::empty())) {
        Ok(descriptor) => descriptor,
        Err(Errno::LOOP) => return Err(rejected(&path, "it is a symbolic link")),
        // A socket or a device without a driver can be opened by nobody.
        Err(Errno::NXIO | Errno::NODEV) => return Err(rejected(&path, "it is not a regular file")),
        Err(errno) => return Err(cannot_open(&path, "", errno, Some(folder_stat.st_gid), root)),
    };
    let stat = fstat(&descriptor).map_err(|errno| cannot_open(&path, "", errno, None, root))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(rejected(&path, "it is not a regular file"));
    }
    if others_may_write(&stat) {
        return Err(rejected(&path, "everybody may write to it"));
    }
    check_size(u64::try_from(stat.st_size).unwrap_or(0), &path)?;
    let mut content = Zeroizing::new(Vec::with_capacity(LARGEST as usize + 1));
    File::from(descriptor).take(LARGEST + 1).read_to_end(&mut content).map_err(|error| {
        unreadable(&path, "", &error, String::from("Try again; check the disk if it happens again."))
    })?;
    // The file may have grown since its size was read.
    check_size(content.len() as u64, &path)?;
    let readers = readers(&stat, &folder_stat);
    Ok(KeyFile { secret: key(&content, &path)?, readers })
}

/// The owner of the directory is one of those who can read the file only if the file says so and lies nowhere else: a
/// user may have moved or linked another's file into a directory of his own. He can give that only a group that he is in.
fn readers(file: &Stat, folder: &Stat) -> Readers {
    let may = |bit| Mode::from_raw_mode(file.st_mode).contains(bit);
    let shared = may(Mode::ROTH) || may(Mode::RGRP) && file.st_gid == folder.st_gid;
    let directory_owner = (shared && file.st_nlink <= 1).then_some(folder.st_uid);
    Readers { file_owner: file.st_uid, directory_owner }
}

/// Who can read what lies in this directory, as far as the directory tells.
pub(crate) fn directory_readers(directory: &Path) -> Option<Readers> {
    let owner = rustix::fs::stat(directory).ok()?.st_uid;
    Some(Readers { file_owner: owner, directory_owner: None })
}

fn others_may_write(stat: &Stat) -> bool {
    Mode::from_raw_mode(stat.st_mode).contains(Mode::WOTH)
}

fn cannot_open(path: &Path, what: &str, errno: Errno, directory_group: Option<u32>, root: &Path) -> Error {
    let hint = match errno {
        Errno::ACCESS | Errno::PERM => account::group_hint(path, directory_group, root),
        Errno::NOENT if directory_group.is_some() => {
            format!(
                "The agent named a file that is not there. In a container, mount the host's token directory; if another \
                 program on this machine took the agent's port, `{LISTENERS}` shows it."
            )
        }
        Errno::NOENT | Errno::NOTDIR => {
            "Is the Connected Machine agent installed here? In a container, mount the host's token directory \
             (`-v /var/opt/azcmagent/tokens:/var/opt/azcmagent/tokens:ro`) or name it in the option token_dir."
                .to_owned()
        }
        _ => "Try again; if it happens again, check this process's limits (`ulimit -n`) and the disk.".to_owned(),
    };
    unreadable(path, what, &io::Error::from_raw_os_error(errno.raw_os_error()), hint)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "these tests are about real files")]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::Kind;
    use tempfile::TempDir;

    fn directory() -> TempDir {
        let directory = TempDir::new().unwrap();
        fs::write(directory.path().join("a.key"), "secret\n").unwrap();
        set_mode(&directory.path().join("a.key"), 0o640);
        directory
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn kind(directory: &Path, name: &str) -> Result<String, Kind> {
        read(directory, name, Path::new("/")).map(|key| key.secret.expose().to_owned()).map_err(|error| error.kind())
    }

    #[test]
    fn a_plain_file_is_read() {
        let directory = directory();
        assert_eq!(kind(directory.path(), "a.key"), Ok("secret".to_owned()));
    }

    #[test]
    fn the_directory_may_be_a_link_the_file_may_not() {
        let directory = directory();
        let elsewhere = TempDir::new().unwrap();
        let link = elsewhere.path().join("tokens");
        symlink(directory.path(), &link).unwrap();
        assert_eq!(kind(&link, "a.key"), Ok("secret".to_owned()));
        symlink("a.key", directory.path().join("b.key")).unwrap();
        symlink("nowhere", directory.path().join("c.key")).unwrap();
        assert_eq!(kind(directory.path(), "b.key"), Err(Kind::KeyFileRejected));
        assert_eq!(kind(directory.path(), "c.key"), Err(Kind::KeyFileRejected));
    }

    #[test]
    fn nobody_else_may_write() {
        let directory = directory();
        set_mode(&directory.path().join("a.key"), 0o646);
        assert_eq!(kind(directory.path(), "a.key"), Err(Kind::KeyFileRejected));
        set_mode(&directory.path().join("a.key"), 0o660);
        assert_eq!(kind(directory.path(), "a.key"), Ok("secret".to_owned()), "group bits are the agent's business");
        set_mode(directory.path(), 0o1777);
        assert_eq!(kind(directory.path(), "a.key"), Err(Kind::KeyFileRejected));
    }

    #[test]
    fn what_may_block_is_not_opened() {
        let directory = directory();
        let path = |name: &str| directory.path().join(name);
        rustix::fs::mknodat(CWD, path("fifo.key"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(path("s.key")).unwrap();
        for name in ["fifo.key", "s.key"] {
            assert_eq!(kind(directory.path(), name), Err(Kind::KeyFileRejected), "{name}");
        }
    }

    #[test]
    fn what_is_missing_is_unreadable_and_says_so() {
        let directory = directory();
        let missing = read(directory.path(), "z.key", Path::new("/")).unwrap_err();
        assert_eq!((missing.kind(), missing.os_error()), (Kind::KeyFileUnreadable, Some(Errno::NOENT.raw_os_error())));
        assert_eq!(missing.file(), Some(directory.path().join("z.key").as_path()));
        let nowhere = read(&directory.path().join("no"), "a.key", Path::new("/")).unwrap_err();
        assert_eq!(nowhere.kind(), Kind::KeyFileUnreadable);
        assert!(nowhere.message().contains("token directory") && nowhere.hint().unwrap().contains("token_dir"));
    }
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::disallowed_methods, reason = "these tests are about real files")]
#[path = "hostile_tests.rs"]
mod hostile_tests;
