//! The program: arguments, start line, ready file, running a command, and its end by a signal.

#![cfg(unix)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::common::*;
use rustix::process::{Pid, Signal, kill_process};

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_himds-emulator"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn terminate(child: &mut Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_says_where_it_listens_and_leaves_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    for signal in [Signal::TERM, Signal::INT] {
        let ready = scratch.path().join("ready.json");
        let tokens = scratch.path().join("tokens");
        let arguments = ["--ready-file", ready.to_str().unwrap(), "--token-dir", tokens.to_str().unwrap(), "--azure"];
        let mut child = program(&arguments).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("himds-emulator is ready: HIMDS at http://127.0.0.1:"), "{line}");
        let addresses: serde_json::Value = serde_json::from_str(&fs::read_to_string(&ready).unwrap()).unwrap();
        let challenge = get(addresses["himds"].as_str().unwrap(), HIMDS_TOKEN);
        assert!(realm(&challenge).starts_with(tokens.to_str().unwrap()));
        terminate(&mut child, signal);
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0, "key files, directory and ready file are gone");
    }
}

#[test]
fn it_ends_with_its_standard_input() {
    let mut child = program(&["--end-with-stdin"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let directory = line.split("key files in ").nth(1).unwrap().split(',').next().unwrap().to_owned();
    assert!(fs::metadata(&directory).unwrap().is_dir() && child.try_wait().unwrap().is_none());
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert!(fs::metadata(&directory).is_err(), "the private directory is gone");
}

#[test]
fn it_prints_the_environment() {
    let mut child = program(&["--print-env", "--no-imds"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(first.starts_with("export IDENTITY_ENDPOINT='http://127.0.0.1:"), "{first}");
    assert!(first.ends_with("/metadata/identity/oauth2/token'"), "{first}");
    assert!(lines.next().unwrap().unwrap().starts_with("export IMDS_ENDPOINT='http://127.0.0.1:"));
    terminate(&mut child, Signal::TERM);
}

#[test]
fn it_runs_a_command() {
    let script = "test -d \"$HIMDS_EMULATOR_TOKEN_DIR\" && echo \"$IMDS_ENDPOINT\"; exit 7";
    let output = program(&["--", "sh", "-c", script]).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("http://127.0.0.1:"), "{output:?}");
    let missing = program(&["--", "/no/such/program"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn the_example_is_a_configuration() {
    let example = program(&["--example-config"]).output().unwrap();
    let text = String::from_utf8(example.stdout).unwrap();
    let config = himds_emulator::Config::from_toml(&text).unwrap();
    assert_eq!(config.user_assigned.len(), 1);
    let unnamed = himds_emulator::presets::NAMES.iter().find(|name| !text.contains(*name));
    assert_eq!(unnamed, None, "every preset is named");
    // What it shows as the default is the default.
    let plain = himds_emulator::Config::default();
    assert_eq!(serde_json::to_value(&config.machine).unwrap(), serde_json::to_value(&plain.machine).unwrap());
    assert_eq!(serde_json::to_value(&config.himds).unwrap(), serde_json::to_value(&plain.himds).unwrap());
    assert_eq!(serde_json::to_value(&config.imds).unwrap(), serde_json::to_value(&plain.imds).unwrap());
    assert_eq!(serde_json::to_value(&config.azure).unwrap(), serde_json::to_value(&plain.azure).unwrap());
}

#[test]
fn it_says_what_is_wrong() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("bad.toml");
    for (config, expected) in [
        ("himds.address = \"0.0.0.0\"", "0.0.0.0 is not a loopback address"),
        ("himds.token_lifetime = 9223372036854775807", "himds.token_lifetime"),
        ("imds.token_lifetime = -1", "imds.token_lifetime"),
        ("clock_skew = 9223372036854775807", "clock_skew"),
    ] {
        fs::write(&file, config).unwrap();
        let output = program(&["--config", file.to_str().unwrap(), "--", "true"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{config}");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains("bad.toml") && text.contains(expected), "{text}");
    }
    fs::write(&file, "imds.enabled = false").unwrap();
    for nothing in [vec!["--no-himds", "--no-imds"], vec!["--no-himds", "--config", file.to_str().unwrap()]] {
        let output = program(&nothing).args(["--", "true"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{nothing:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("--no-himds"), "{output:?}");
    }
}

/// The token directory has no variable that clients know, so an example without it would work with nobody's client.
#[test]
fn its_examples_name_the_token_directory() {
    let help = String::from_utf8(program(&["--help"]).output().unwrap().stdout).unwrap();
    assert!(help.contains("/emulator/faults"));
    for text in [help.as_str(), include_str!("../README.md")] {
        let examples: Vec<&str> =
            text.lines().filter(|line| line.contains("himds-emulator") && line.contains(" -- ")).collect();
        assert!(
            examples.iter().any(|line| line.contains("sudo") && line.contains("/var/opt/azcmagent/tokens")),
            "{text}"
        );
        assert!(examples.iter().any(|line| line.contains("HIMDS_EMULATOR_TOKEN_DIR")), "{text}");
        let without = examples.iter().find(|line| !line.contains("--token-dir"));
        assert_eq!(without, None);
    }
}
