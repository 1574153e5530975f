//! What another user of the machine can prepare for an emulator that runs as root.

#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::*;
use himds_emulator::{Config, Emulator};
use tempfile::TempDir;

/// A user that owns nothing.
const STRANGER: u32 = 54_321;

/// A directory that anybody may write to; none if the test cannot act as another user.
fn shared_directory(mode: u32) -> Option<TempDir> {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: root not found");
        return None;
    }
    let directory = tempfile::tempdir().unwrap();
    set_mode(directory.path(), mode);
    Some(directory)
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

/// Lets the stranger run a script in the directory.
fn stranger(directory: &Path, script: &str) {
    let mut command = Command::new("sh");
    command.args(["-euc", script]).current_dir(directory).uid(STRANGER).gid(STRANGER);
    assert!(command.status().unwrap().success(), "{script}");
}

fn config(text: &str) -> Config {
    Config::from_toml(text).unwrap()
}

fn refusal(text: &str) -> String {
    Emulator::start(config(text)).err().expect("it does not start").to_string()
}

fn token_dir(path: &Path) -> String {
    format!("himds.token_dir = {path:?}")
}

#[test]
fn a_token_directory_of_another_user_is_refused() {
    let Some(shared) = shared_directory(0o1777) else { return };
    stranger(shared.path(), "mkdir tokens; mkdir -p parent/tokens");
    for name in ["tokens", "parent/tokens"] {
        let text = refusal(&token_dir(&shared.path().join(name)));
        assert!(text.contains(&STRANGER.to_string()) && text.contains(name), "{text}");
    }
}

#[test]
fn a_token_directory_that_others_may_write_to_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let directory = scratch.path().join("tokens");
    fs::create_dir(&directory).unwrap();
    for shared in [0o777, 0o1777, 0o703] {
        set_mode(&directory, shared);
        let text = refusal(&token_dir(&directory));
        assert!(text.contains("every user may write"), "{text}");
        assert_eq!(mode(&directory), shared, "it is left as it was");
    }
    set_mode(&directory, 0o775);
    Emulator::start(config(&token_dir(&directory))).unwrap();
}

#[test]
fn a_token_directory_that_is_a_link_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let [real, link, below] = ["real", "link", "link/tokens"].map(|name| scratch.path().join(name));
    fs::create_dir(&real).unwrap();
    symlink(&real, &link).unwrap();
    for spelled in [link.clone(), link.join(""), link.join(".")] {
        let text = refusal(&token_dir(&spelled));
        assert!(text.contains("symbolic link"), "{text}");
    }
    assert_eq!(fs::read_dir(&real).unwrap().count(), 0);
    let emulator = start(&token_dir(&below));
    assert!(
        realm(&get(&emulator.himds_url(), HIMDS_TOKEN)).starts_with(below.to_str().unwrap()),
        "a parent may be one"
    );
    drop(emulator);
    assert_eq!(fs::read_dir(&real).unwrap().count(), 0, "nothing is left");
}

/// The directory is root's, but what it lies in is not: the path can lead elsewhere at any time.
#[test]
fn a_token_directory_is_not_followed_to_another_place() {
    let Some(shared) = shared_directory(0o777) else { return };
    let victim = tempfile::tempdir().unwrap();
    set_mode(victim.path(), 0o700);
    let kept = victim.path().join("x.key");
    fs::write(&kept, "root's own").unwrap();
    let emulator = start(&token_dir(&shared.path().join("tokens")));
    let challenge = |key: &str| {
        emulator.push_fault(fault(&format!("on = \"challenge\"\nkey = {key}"))).unwrap();
        get(&emulator.himds_url(), HIMDS_TOKEN)
    };
    assert_eq!(challenge("{ name = \"before.key\" }").status, 401);
    stranger(shared.path(), &format!("mv tokens moved; ln -s '{}' tokens", victim.path().display()));
    let kinds = ["file", "symlink", "hard_link", "directory", "fifo"];
    for kind in kinds {
        let key = format!("{{ kind = \"{kind}\", name = \"{kind}.key\", directory_mode = \"0777\" }}");
        assert_eq!(challenge(&key).status, 401, "{kind}");
        assert!(fs::symlink_metadata(shared.path().join(format!("moved/{kind}.key"))).is_ok(), "{kind}");
    }
    assert_eq!(challenge("{ name = \"x.key\", directory_owner = 54321 }").status, 401);
    let (found, moved) = (fs::metadata(victim.path()).unwrap(), shared.path().join("moved"));
    assert_eq!((found.mode() & 0o7777, found.uid()), (0o700, 0));
    assert_eq!(fs::metadata(&moved).unwrap().uid(), STRANGER, "the fault changed the directory itself");
    drop(emulator);
    assert_eq!(fs::read(&kept).unwrap(), b"root's own");
    assert_eq!(fs::read_dir(victim.path()).unwrap().count(), 1);
    assert_eq!(fs::read_dir(&moved).unwrap().count(), 0, "what was written is removed");
}

/// A fault that opens the directory to everybody must not open more than that.
#[test]
fn files_planted_in_an_open_token_directory_are_not_touched() {
    let Some(shared) = shared_directory(0o755) else { return };
    let victim = shared.path().join("victim");
    fs::write(&victim, "root's own").unwrap();
    let directory = shared.path().join("tokens");
    let emulator = start(&token_dir(&directory));
    let challenge = |name: &str| {
        let key = format!("{{ name = \"{name}\", directory_mode = \"0777\", mode = \"0666\", content = \"new\" }}");
        emulator.push_fault(fault(&format!("on = \"challenge\"\nkey = {key}"))).unwrap();
        get(&emulator.himds_url(), HIMDS_TOKEN).status
    };
    assert_eq!(challenge("first.key"), 401);
    stranger(&directory, &format!("ln -s '{}' link.key; echo mine > file.key", victim.display()));
    assert_eq!((challenge("link.key"), challenge("file.key")), (500, 500));
    drop(emulator);
    assert_eq!((fs::read(&victim).unwrap(), mode(&victim) & 0o022), (b"root's own".to_vec(), 0));
    assert_eq!(fs::read(directory.join("file.key")).unwrap(), b"mine\n");
}

fn ca_file(path: &Path) -> String {
    format!("azure = {{ enabled = true, ca_file = {path:?} }}")
}

#[test]
fn a_link_in_the_place_of_the_certificate_is_not_followed() {
    let Some(shared) = shared_directory(0o1777) else { return };
    let secret = tempfile::tempdir().unwrap();
    let victim = secret.path().join("victim");
    fs::write(&victim, "root's own").unwrap();
    stranger(shared.path(), &format!("ln -s '{}' ca.pem", victim.display()));
    let file = shared.path().join("ca.pem");
    let emulator = start(&ca_file(&file));
    let found = fs::symlink_metadata(&file).unwrap();
    assert!(found.is_file() && found.uid() == 0 && found.mode() & 0o022 == 0);
    assert!(fs::read_to_string(&file).unwrap().contains("BEGIN CERTIFICATE"));
    drop(emulator);
    assert_eq!(fs::read(&victim).unwrap(), b"root's own");
    assert!(fs::symlink_metadata(&file).is_err(), "it goes with the emulator");
}

#[test]
fn a_certificate_in_a_directory_that_another_user_controls_is_refused() {
    let Some(shared) = shared_directory(0o777) else { return };
    stranger(shared.path(), "mkdir theirs");
    let text = refusal(&ca_file(&shared.path().join("ca.pem")));
    assert!(text.contains("every user may write"), "{text}");
    let text = refusal(&ca_file(&shared.path().join("theirs/ca.pem")));
    assert!(text.contains(&STRANGER.to_string()), "{text}");
    let left: Vec<PathBuf> = fs::read_dir(shared.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, [shared.path().join("theirs")]);
}

#[test]
fn the_certificate_of_somebody_else_stays() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("ca.pem");
    let emulator = start(&ca_file(&file));
    fs::remove_file(&file).unwrap();
    fs::write(&file, "put there since").unwrap();
    drop(emulator);
    assert_eq!(fs::read(&file).unwrap(), b"put there since");
}
