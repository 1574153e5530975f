//! `himds token-file`: what is in the file, and who is told.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;

use crate::common::*;

fn file(scratch: &tempfile::TempDir) -> (PathBuf, String) {
    let path = scratch.path().join("token");
    let text = path.display().to_string();
    (path, text)
}

fn mode(path: &PathBuf) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn the_token_in_each_format() {
    let (emulator, scratch) = (emulator(""), tempfile::tempdir().unwrap());
    let (path, out) = file(&scratch);
    let token = answer(&himds(&emulator, &["token", VAULT])).trim().to_owned();
    let written = |arguments: &[&str]| {
        let done = himds(&emulator, &[&["token-file", "--resource", VAULT, "--out", &out], arguments].concat());
        assert_eq!(answer(&done), "", "nothing on stdout");
        fs::read_to_string(&path).unwrap()
    };
    assert_eq!(written(&[]), token);
    assert_eq!(mode(&path), 0o600);
    assert_eq!(written(&["--format", "raw", "--mode", "0640"]), token);
    assert_eq!(mode(&path), 0o640);
    assert_eq!(json(&written(&["--format", "json"]))["token"], token);
    assert_eq!(mode(&path), 0o600, "the mode is the new file's");
    let line = written(&["--format", "pgpass=\\:\\:1:5432:*:dom\\\\me"]);
    assert_eq!(line, format!("\\:\\:1:5432:*:dom\\\\me:{token}\n"));
}

#[test]
fn everybodys_file_is_warned_of() {
    let (emulator, scratch) = (emulator(""), tempfile::tempdir().unwrap());
    let (path, out) = file(&scratch);
    let done = himds(&emulator, &["token-file", "--out", &out, "--mode", "0644"]);
    assert_eq!((status(&done), mode(&path)), (0, 0o644));
    assert!(err(&done).starts_with("himds: warning: "));
}

#[test]
fn a_failure_leaves_the_old_file_and_no_other() {
    let (emulator, scratch) = (emulator(""), tempfile::tempdir().unwrap());
    let (path, out) = file(&scratch);
    fs::write(&path, "old").unwrap();
    refuse(&emulator, 403, "", 0);
    let refused = himds(&emulator, &["token-file", "--out", &out]);
    assert_eq!(status(&refused), 5);
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    emulator.clear_faults();
    let missing = scratch.path().join("missing/token").display().to_string();
    let unwritable = himds(&emulator, &["token-file", "--out", &missing]);
    assert_eq!(status(&unwritable), 74);
    assert_eq!(err(&unwritable), format!("himds: cannot write {missing}: No such file or directory\n"));
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
}

#[test]
fn stdout_need_not_be_there() {
    let (emulator, scratch) = (emulator(""), tempfile::tempdir().unwrap());
    let (path, out) = file(&scratch);
    let done = shell(&emulator, &format!("$himds token-file $options --out {out} >&-"));
    assert_eq!((status(&done), err(&done)), (0, ""));
    assert!(path.exists());
}

#[cfg(target_os = "linux")]
#[test]
fn systemd_is_told_when_the_first_token_is_there() {
    let (emulator, scratch) = (emulator(""), tempfile::tempdir().unwrap());
    let (path, out) = file(&scratch);
    let address = scratch.path().join("notify");
    let notify = std::os::unix::net::UnixDatagram::bind(&address).unwrap();
    let mut watch = command(&emulator, &["token-file", VAULT, "--out", &out, "--watch"]);
    let mut child = watch.env("NOTIFY_SOCKET", &address).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut message = [0; 64];
    let length = notify.recv(&mut message).unwrap();
    assert_eq!(&message[..length], b"READY=1\n");
    assert_eq!(mode(&path), 0o600);
    assert!(emulator.secrets().contains(&fs::read_to_string(&path).unwrap()));
    assert!(child.try_wait().unwrap().is_none(), "it stays");
    child.kill().unwrap();
    let done = child.wait_with_output().unwrap();
    assert_eq!((out_of(&done), err(&done)), ("", ""));
}

fn out_of(output: &std::process::Output) -> &str {
    crate::common::out(output)
}
