//! Key files as another user might arrange them: what is there, and what changes while it is read.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rustix::fs::{CWD, FileType, Mode, makedev, mknodat, renameat_with};
use tempfile::TempDir;

use super::super::rules::{KeyFile, name};
use super::*;
use crate::Kind;

const MALLORY: u32 = 61_666;
const READS: usize = 2_000;

fn put(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o640)).unwrap();
}

/// A token directory with a key in it.
fn directory() -> TempDir {
    let directory = TempDir::new().unwrap();
    put(&directory.path().join("a.key"), "good");
    directory
}

fn kind(directory: &Path, name: &str) -> Result<String, Kind> {
    read(directory, name, Path::new("/")).map(|key| key.secret.expose().to_owned()).map_err(|error| error.kind())
}

fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("skipped: root not found (needed to give files to other users)");
    }
    root
}

/// Reads again and again while another thread changes things.
fn race(directory: &Path, change: impl Fn() + Sync, check: impl Fn(Result<KeyFile, Error>)) {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                change();
            }
        });
        for _ in 0..READS {
            check(read(directory, "a.key", Path::new("/")));
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn no_realm_leads_elsewhere() {
    let tokens = "/var/opt/azcmagent/tokens";
    for realm in [
        "/etc/shadow",
        "/etc/ssl/private/server.key",
        "/proc/self/fd/3",
        "/proc/self/fd/3.key",
        "/proc/self/environ",
        "/proc/self/cwd/a.key",
        "/dev/fd/0.key",
        "/dev/stdin",
        "/dev/tty",
        "/var/opt/azcmagent/tokens/../../../../etc/shadow",
        "/var/opt/azcmagent/tokens/../tokens/a.key",
        "/var/opt/azcmagent/tokens/sub/a.key",
        "/var/opt/azcmagent/tokens\0/a.key",
        "/var/opt/azcmagent/tokens/a.key\0",
        "/var/opt/azcmagent/tokens/a.key\n",
        "/var/opt/azcmagent/tokens/%2e%2e.key/x",
    ] {
        assert_eq!(name(realm, tokens).unwrap_err().kind(), Kind::KeyFileRejected, "{realm:?}");
    }
    // A directory of descriptors is a token directory whose names end in nothing.
    for realm in ["/proc/self/fd/0", "/proc/self/fd/3"] {
        assert!(name(realm, "/proc/self/fd").is_err(), "{realm}");
    }
}

#[test]
fn only_a_regular_file_is_read_and_nothing_hangs() {
    let directory = directory();
    let path = |name: &str| directory.path().join(name);
    symlink("/etc/shadow", path("shadow.key")).unwrap();
    symlink("/proc/self/fd/0", path("fd.key")).unwrap();
    symlink("/dev/tty", path("tty.key")).unwrap();
    fs::create_dir(path("folder.key")).unwrap();
    mknodat(CWD, path("fifo.key"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(path("socket.key")).unwrap();
    let mut names = vec!["shadow.key", "fd.key", "tty.key", "folder.key", "fifo.key", "socket.key"];
    if is_root() {
        // The console of this process, an endless one, and a disk's number without a driver.
        let devices = [("console.key", 5, 0), ("zero.key", 1, 5)];
        for (name, major, minor) in devices {
            let mode = Mode::from_raw_mode(0o600);
            match mknodat(CWD, path(name), FileType::CharacterDevice, mode, makedev(major, minor)) {
                Ok(()) => names.push(name),
                Err(_) => println!("skipped: {name} not found (this container may make no devices)"),
            }
        }
    }
    for name in names {
        assert!(
            matches!(kind(directory.path(), name), Err(Kind::KeyFileRejected | Kind::KeyFileUnreadable)),
            "{name}: {:?}",
            kind(directory.path(), name)
        );
    }
}

#[test]
fn a_sticky_directory_of_all_is_not_trusted() {
    let directory = directory();
    for mode in [0o1777, 0o777, 0o1773, 0o3777, 0o702] {
        fs::set_permissions(directory.path(), Permissions::from_mode(mode)).unwrap();
        assert_eq!(kind(directory.path(), "a.key"), Err(Kind::KeyFileRejected), "{mode:o}");
    }
    for mode in [0o1770, 0o750, 0o700, 0o2770] {
        fs::set_permissions(directory.path(), Permissions::from_mode(mode)).unwrap();
        assert_eq!(kind(directory.path(), "a.key"), Ok("good".to_owned()), "{mode:o}");
    }
}

#[test]
fn who_can_read_the_file_is_what_the_file_says() {
    if !is_root() {
        return;
    }
    let directory = directory();
    let file = directory.path().join("a.key");
    let readers = || read(directory.path(), "a.key", Path::new("/")).unwrap().readers;
    chown(directory.path(), Some(MALLORY), None).unwrap();
    assert_eq!(readers(), Readers { file_owner: 0, directory_owner: Some(MALLORY) });
    // For a group that is not the directory's: nothing says that its owner is in it.
    chown(&file, None, Some(MALLORY)).unwrap();
    assert_eq!(readers(), Readers { file_owner: 0, directory_owner: None });
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(readers(), Readers { file_owner: 0, directory_owner: Some(MALLORY) });
    chown(&file, None, Some(0)).unwrap();
    // For its owner alone: moved there.
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(readers(), Readers { file_owner: 0, directory_owner: None });
    // For its group, and with another name elsewhere.
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    let elsewhere = TempDir::new_in(directory.path().parent().unwrap()).unwrap();
    fs::hard_link(&file, elsewhere.path().join("b")).unwrap();
    assert_eq!(readers(), Readers { file_owner: 0, directory_owner: None });
    chown(&file, Some(MALLORY), None).unwrap();
    assert_eq!(readers(), Readers { file_owner: MALLORY, directory_owner: None });
}

#[test]
fn a_file_that_is_swapped_is_read_whole_or_not_at_all() {
    let directory = directory();
    let path = |name: &str| directory.path().join(name);
    put(&path("secret"), "SECRET");
    symlink("secret", path("link")).unwrap();
    mknodat(CWD, path("fifo"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    fs::create_dir(path("folder")).unwrap();
    put(&path("open"), "SECRET");
    fs::set_permissions(path("open"), Permissions::from_mode(0o666)).unwrap();
    for other in ["link", "fifo", "folder", "open"] {
        race(
            directory.path(),
            || swap(&path("a.key"), &path(other)),
            |key| match key {
                Ok(key) => assert_eq!(key.secret.expose(), "good", "{other}"),
                Err(error) => assert_eq!(error.kind(), Kind::KeyFileRejected, "{other}: {error}"),
            },
        );
        if fs::symlink_metadata(path("a.key")).unwrap().mode() & 0o777 != 0o640 || !path("a.key").is_file() {
            swap(&path("a.key"), &path(other));
        }
    }
}

fn swap(one: &Path, other: &Path) {
    renameat_with(CWD, one, CWD, other, rustix::fs::RenameFlags::EXCHANGE).unwrap();
}

#[test]
fn a_file_that_grows_is_never_more_than_its_bounds() {
    let directory = directory();
    let file = directory.path().join("a.key");
    race(
        directory.path(),
        || {
            File::create(&file).unwrap().write_all(&[b'x'; 4000]).unwrap();
            OpenOptions::new().append(true).open(&file).unwrap().write_all(&[b'x'; 4000]).unwrap();
        },
        |key| match key {
            Ok(key) => assert!(key.secret.expose().len() <= 4096),
            Err(error) => assert_eq!(error.kind(), Kind::KeyFileRejected, "{error}"),
        },
    );
}

/// A directory above is replaced: file and owner are of one of the two, never the file of one and the owner of the other.
#[test]
fn a_replaced_parent_gives_one_of_both() {
    if !is_root() {
        return;
    }
    let root = TempDir::new().unwrap();
    let path = |name: &str| root.path().join(name);
    for (parent, owner, text) in [("ours", 0, "good"), ("theirs", MALLORY, "bait")] {
        let tokens = path(parent).join("tokens");
        fs::create_dir_all(&tokens).unwrap();
        put(&tokens.join("a.key"), text);
        for it in [tokens.clone(), tokens.join("a.key")] {
            chown(it, Some(owner), None).unwrap();
        }
    }
    let tokens = path("ours").join("tokens");
    race(
        &tokens,
        || swap(&path("ours"), &path("theirs")),
        |key| {
            let key = key.unwrap();
            let owner = if key.secret.expose() == "good" { 0 } else { MALLORY };
            assert_eq!(key.readers, Readers { file_owner: owner, directory_owner: Some(owner) });
        },
    );
}
