//! Ctrl+C: at once, with status 130, whatever the command is doing.
#![cfg(unix)]

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use crate::common::*;

/// With the usual SIGINT: what a script starts in the background ignores it, and so would the test's children.
fn start(mut command: Command) -> Child {
    // SAFETY: `signal` may be called between fork and exec.
    #[expect(unsafe_code, reason = "the standard library has no way to set a child's signals")]
    unsafe {
        command.pre_exec(|| match libc::signal(libc::SIGINT, libc::SIG_DFL) {
            libc::SIG_ERR => Err(io::Error::last_os_error()),
            _ => Ok(()),
        });
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn interrupt(child: &Child) {
    // SAFETY: sends a signal to a child that has not been waited for.
    #[expect(unsafe_code, reason = "the standard library sends SIGKILL alone")]
    unsafe {
        libc::kill(child.id().try_into().unwrap(), libc::SIGINT);
    }
}

#[test]
fn it_ends_a_wait_for_the_service() {
    let emulator = emulator("");
    fault(&emulator, serde_json::json!({ "wire": { "action": "hang" }, "count": 0 }));
    let child = start(command(&emulator, &["token", "--timeout", "60"]));
    while emulator.requests().is_empty() {
        std::thread::yield_now();
    }
    interrupt(&child);
    let done = child.wait_with_output().unwrap();
    assert_eq!((status(&done), out(&done), err(&done)), (130, "", ""));
}

#[cfg(target_os = "linux")]
mod reading {
    use super::*;

    /// Waits until the process sleeps, which is in its read of stdin, and its SIGINT is in this set (`SigCgt`, `SigIgn`).
    fn wait_until_it_reads(child: &Child, set: &str) {
        let sleeps = || {
            let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
            let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(":\t"));
            let signals = u64::from_str_radix(field(set)?, 16).ok()?;
            Some(
                field("Name")? == "himds" && field("State")?.starts_with('S') && signals >> (libc::SIGINT - 1) & 1 == 1,
            )
        };
        while sleeps() != Some(true) {
            std::thread::yield_now();
        }
    }

    #[test]
    fn it_ends_a_wait_for_stdin() {
        let emulator = emulator("");
        let child = start(command(&emulator, &["claims", "--stdin"]));
        wait_until_it_reads(&child, "SigCgt");
        interrupt(&child);
        let mut child = child;
        // Not closed: waiting would close it, and end the read.
        let _stdin = child.stdin.take();
        let done = child.wait_with_output().unwrap();
        assert_eq!((status(&done), out(&done), err(&done)), (130, "", ""));
    }

    /// As a job in the background of a script has it.
    #[test]
    fn it_stays_ignored_if_it_was() {
        let mut bash = Command::new("bash");
        bash.args(["-c", "trap '' INT; exec $himds claims --stdin"]).env("himds", env!("CARGO_BIN_EXE_himds"));
        let mut child = start(bash);
        wait_until_it_reads(&child, "SigIgn");
        interrupt(&child);
        child.stdin.take().unwrap().write_all(b"e30.eyJhIjoxfQ.x").unwrap();
        let done = child.wait_with_output().unwrap();
        assert_eq!(answer(&done), "a: 1\n");
    }
}
