//! `himds-emulator -- COMMAND`: what the command sees, and how it ends.

#![cfg(unix)]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

fn run(directory: &Path, options: &[&str], script: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_himds-emulator"));
    command.current_dir(directory).args(options).args(["--", "sh", "-c", script]).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn its_status_is_the_programs() {
    let scratch = tempfile::tempdir().unwrap();
    let status = |script| run(scratch.path(), &["--ready-file", "ready"], script).status.code();
    assert_eq!(status("test -s ready; exit $?"), Some(0));
    assert_eq!(status("exit 7"), Some(7));
    assert_eq!(status("exit 255"), Some(255));
    assert_eq!(status("kill -9 $$"), Some(128 + 9));
    assert_eq!(status("kill -TERM $$"), Some(128 + 15));
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn its_status_counts_whatever_becomes_of_the_ready_file() {
    let scratch = tempfile::tempdir().unwrap();
    let gone = run(scratch.path(), &["--ready-file", "ready"], "rm ready; exit 5");
    assert_eq!(gone.status.code(), Some(5), "{}", stderr(&gone));
    assert!(!stderr(&gone).contains("--ready-file"), "gone is what it is to be: {}", stderr(&gone));
    let another = run(scratch.path(), &["--ready-file", "ready"], "rm ready; mkdir ready; exit 6");
    assert_eq!(another.status.code(), Some(6));
    assert!(stderr(&another).contains("--ready-file ready: "), "{}", stderr(&another));
}

#[test]
fn a_ready_file_that_cannot_be_written() {
    let scratch = tempfile::tempdir().unwrap();
    fs::create_dir(scratch.path().join("directory")).unwrap();
    fs::write(scratch.path().join("theirs.partial"), "theirs").unwrap();
    for file in ["directory", "no/such/directory"] {
        let output = run(scratch.path(), &["--ready-file", file], "echo started");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{output:?}");
        let said = stderr(&output);
        assert!(said.contains(&format!("--ready-file {file}: ")), "{said}");
        assert!(!said.contains("os error") && !said.contains(".himds-emulator-"), "{said}");
    }
    assert_eq!(run(scratch.path(), &["--ready-file", "theirs"], "true").status.code(), Some(0));
    let mut left: Vec<_> =
        fs::read_dir(scratch.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["directory", "theirs.partial"]);
    assert_eq!(fs::read(scratch.path().join("theirs.partial")).unwrap(), b"theirs");
}

/// Ctrl+C reaches the command by itself, from the terminal. What it makes of it is its own affair, as below `env`.
#[test]
fn an_interrupt_is_left_to_it() {
    let script = "trap 'echo interrupted; read answer; exit 3' INT QUIT; echo started; read answer; exit 4";
    for signal in [Signal::INT, Signal::QUIT] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_himds-emulator"));
        command.args(["--", "sh", "-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert_eq!(lines.next().as_deref(), Some("started"));
        let id = Pid::from_child(&child);
        kill_process(id, signal).unwrap();
        kill_process_group(id, signal).unwrap();
        assert_eq!(lines.next().as_deref(), Some("interrupted"));
        child.stdin.take().unwrap().write_all(b"done\n").unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(3), "{signal:?}");
    }
}

#[test]
fn a_request_to_end_is_handed_on() {
    for signal in [Signal::TERM, Signal::HUP] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_himds-emulator"));
        let script = "trap 'exit 5' TERM; echo started; read answer; exit 4";
        let mut child =
            command.args(["--", "sh", "-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert_eq!(lines.next().as_deref(), Some("started"));
        let _open = child.stdin.take();
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(5), "{signal:?}");
    }
}

#[test]
fn it_sees_the_emulator_and_nothing_else() {
    let inherited = [
        "IDENTITY_ENDPOINT",
        "IMDS_ENDPOINT",
        "IDENTITY_HEADER",
        "IDENTITY_SERVER_THUMBPRINT",
        "MSI_ENDPOINT",
        "MSI_SECRET",
    ];
    let seen = |option| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_himds-emulator"));
        command.args([option, "--", "env"]).envs(inherited.map(|name| (name, "inherited")));
        let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
        assert!(!output.contains("inherited"), "{output}");
        inherited.into_iter().filter(|name| output.lines().any(|line| line.starts_with(&format!("{name}=")))).count()
    };
    assert_eq!(seen("--no-imds"), 2);
    assert_eq!(seen("--no-himds"), 0);
}
