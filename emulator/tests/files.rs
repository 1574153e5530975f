//! What others put into the token directory stays as it is.

#![cfg(unix)]

use std::fs;

use crate::common::*;

const KINDS: [&str; 6] = ["file", "symlink", "hard_link", "directory", "fifo", "missing"];

#[test]
fn what_was_there_before_stays() {
    let scratch = tempfile::tempdir().unwrap();
    let [file, target, directory] = ["theirs.key", "theirs.target", "empty"].map(|name| scratch.path().join(name));
    fs::write(&file, "theirs").unwrap();
    fs::create_dir(&directory).unwrap();
    let emulator = start(&format!("himds = {{ token_dir = {:?} }}", scratch.path()));
    let challenge = |kind: &str, name: &str| {
        let text =
            format!("on = \"challenge\"\nkey = {{ kind = \"{kind}\", name = \"{name}\", content = \"{name}\" }}");
        emulator.push_fault(fault(&text)).unwrap();
        get(&emulator.himds_url(), HIMDS_TOKEN)
    };
    for kind in KINDS {
        for name in ["theirs.key", "empty"] {
            let status = challenge(kind, name).status;
            assert_eq!(status, if kind == "missing" { 401 } else { 500 }, "{kind} {name}");
        }
    }
    for key in ["theirs.key", "empty"] {
        assert_eq!(with_key(&emulator.himds_url(), HIMDS_TOKEN, key).status, 200, "the key of a missing file");
    }
    drop(emulator);
    assert_eq!(fs::read(&file).unwrap(), b"theirs");
    assert!(directory.is_dir() && !target.exists());
}

#[test]
fn what_is_behind_a_link_stays() {
    let scratch = tempfile::tempdir().unwrap();
    let behind = scratch.path().join("theirs.target");
    fs::write(&behind, "theirs").unwrap();
    let emulator = start(&format!("himds = {{ token_dir = {:?} }}", scratch.path()));
    for kind in ["symlink", "hard_link"] {
        emulator.push_fault(fault(&format!("key = {{ kind = \"{kind}\", name = \"theirs.key\" }}"))).unwrap();
        assert_eq!(get(&emulator.himds_url(), HIMDS_TOKEN).status, 500, "{kind}");
    }
    drop(emulator);
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
    assert_eq!(fs::read(&behind).unwrap(), b"theirs");
}

#[test]
fn what_was_made_is_removed() {
    let scratch = tempfile::tempdir().unwrap();
    let emulator = start(&format!("himds = {{ token_dir = {:?} }}", scratch.path()));
    for kind in KINDS {
        emulator.push_fault(fault(&format!("key = {{ kind = \"{kind}\" }}"))).unwrap();
        assert_eq!(get(&emulator.himds_url(), HIMDS_TOKEN).status, 401, "{kind}");
    }
    drop(emulator);
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
}
