//! The driver's process: started, asked, restarted when it died.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::wire::{Answer, request};
use crate::Error;

/// What drivers must not inherit, because clients read it.
const VARIABLES: [&str; 16] = [
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "IDENTITY_SERVER_THUMBPRINT",
    "IMDS_ENDPOINT",
    "MSI_ENDPOINT",
    "MSI_SECRET",
    "AZURE_CLIENT_ID",
    "AZURE_TENANT_ID",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
];

/// A driver that keeps its process over scenarios.
pub(crate) struct Driver {
    command: String,
    /// A driver that is silent for this long is stuck.
    stuck_after: Duration,
    process: Option<Process>,
}

struct Process {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
    stderr: Arc<Mutex<Vec<u8>>>,
    stderr_thread: Option<JoinHandle<()>>,
}

impl Driver {
    pub(crate) fn new(command: &str, stuck_after: Duration) -> Self {
        Self { command: command.to_owned(), stuck_after, process: None }
    }

    /// Why a driver of this command cannot work at all: it does not start, dies at once, or does not answer.
    pub(crate) fn obstacle(command: &str, stuck_after: Duration) -> Option<String> {
        let mut driver = Self::new(command, stuck_after);
        let outcome = driver.ask("client", &[]);
        driver.finish();
        outcome.err()
    }

    /// Sends a request and waits for its answer. An error is the driver's own failure; its process is gone then.
    pub(crate) fn ask(&mut self, operation: &str, fields: &[(String, Vec<u8>)]) -> Result<Answer, String> {
        if self.process.is_none() {
            self.process = Some(Process::start(&self.command)?);
        }
        let ask = |process: &mut Process| process.ask(operation, fields, self.stuck_after);
        let outcome = self.process.as_mut().map_or_else(|| Err("no driver".into()), ask);
        outcome.inspect_err(|_| self.process = None)
    }

    /// Lets the driver end, and gives what it has written to stderr since the last time.
    pub(crate) fn finish(&mut self) -> String {
        let Some(mut process) = self.process.take() else { return String::new() };
        let (stderr, thread) = (Arc::clone(&process.stderr), process.stderr_thread.take());
        drop(process);
        if let Some(thread) = thread {
            read_to_the_end(&thread);
        }
        let stderr = stderr.lock().expect("no panic under this lock");
        String::from_utf8_lossy(&stderr).into_owned()
    }

    /// What the driver has written to stderr since the last time.
    pub(crate) fn take_stderr(&mut self) -> String {
        let taken = self
            .process
            .as_ref()
            .map(|process| std::mem::take(&mut *process.stderr.lock().expect("no panic under this lock")));
        String::from_utf8_lossy(&taken.unwrap_or_default()).into_owned()
    }
}

impl Process {
    fn start(command: &str) -> Result<Self, String> {
        let mut shell = if cfg!(windows) { Command::new("cmd") } else { Command::new("sh") };
        if cfg!(windows) {
            shell.args(["/C", command]);
        } else {
            // `exec`, so that the process which is ended is the driver and not its shell.
            shell.arg("-c").arg(format!("exec {command}"));
        }
        for name in VARIABLES {
            shell.env_remove(name);
        }
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = shell.spawn().map_err(Error::io("cannot start the driver"))?;
        let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err("the driver has no pipes".into());
        };
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        });
        let collected = Arc::new(Mutex::new(Vec::new()));
        let target = Arc::clone(&collected);
        let stderr_thread = std::thread::spawn(move || collect(stderr, &target));
        Ok(Self { child, stdin, lines, stderr: collected, stderr_thread: Some(stderr_thread) })
    }

    fn ask(&mut self, operation: &str, fields: &[(String, Vec<u8>)], stuck_after: Duration) -> Result<Answer, String> {
        let line = request(operation, fields) + "\n";
        if self.stdin.write_all(line.as_bytes()).and_then(|()| self.stdin.flush()).is_err() {
            return Err(self.obituary());
        }
        match self.lines.recv_timeout(stuck_after) {
            Ok(line) => Answer::parse(&line),
            Err(RecvTimeoutError::Timeout) => {
                Err(format!("the driver did not answer within {} s", stuck_after.as_secs_f64()))
            }
            Err(RecvTimeoutError::Disconnected) => Err(self.obituary()),
        }
    }

    /// How it died, with the end of what it said.
    fn obituary(&mut self) -> String {
        let how = match self.status() {
            Some(status) => format!("the driver died ({status})"),
            None => "the driver has closed its stdout and does not end".to_owned(),
        };
        if let Some(thread) = self.stderr_thread.take() {
            read_to_the_end(&thread);
        }
        let stderr = self.stderr.lock().expect("no panic under this lock");
        let text = String::from_utf8_lossy(&stderr);
        let tail: String = text.chars().skip(text.chars().count().saturating_sub(600)).collect();
        let words = Some(tail.trim()).filter(|tail| !tail.is_empty()).map(|tail| format!(": {tail}"));
        how + &words.unwrap_or_default()
    }

    /// The exit status, if it ends within a second.
    fn status(&mut self) -> Option<ExitStatus> {
        until(|| self.child.try_wait().ok().flatten())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It ends by itself on `exit`; one that is stuck or dead needs the rest.
        let _ = self.stdin.write_all(b"exit\n");
        if self.status().is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Waits until all of stderr is read; not for long, because others whom the driver has started may have it too.
fn read_to_the_end(thread: &JoinHandle<()>) {
    until(|| thread.is_finished().then_some(()));
}

/// What is found within a second.
fn until<T>(mut find: impl FnMut() -> Option<T>) -> Option<T> {
    for _ in 0..100 {
        if let Some(found) = find() {
            return Some(found);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    None
}

fn collect(mut stderr: impl Read, target: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(length) = stderr.read(&mut buffer) {
        if length == 0 {
            return;
        }
        target.lock().expect("no panic under this lock").extend_from_slice(&buffer[..length]);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// What is wrong with a driver of this command, as long as that is found out at all.
    fn obstacle(command: &'static str) -> String {
        let (tell, told) = channel();
        std::thread::spawn(move || tell.send(Driver::obstacle(command, Duration::from_millis(200))));
        told.recv_timeout(Duration::from_secs(20)).expect("an end").expect("an obstacle")
    }

    #[test]
    fn a_driver_that_says_no_more_is_not_waited_for() {
        assert!(obstacle("sh -c 'exit 3'").starts_with("the driver died (exit status: 3)"));
        assert_eq!(obstacle("sh -c 'cat >/dev/null'"), "the driver did not answer within 0.2 s");
        let silent = obstacle("sh -c 'echo bye >&2; exec >&-; exec cat >/dev/null'");
        assert_eq!(silent, "the driver has closed its stdout and does not end: bye");
        // Somebody whom it has started still has its stderr.
        let outlived = obstacle("sh -c 'exec 3<&0; cat <&3 >/dev/null & exit 4'");
        assert_eq!(outlived, "the driver died (exit status: 4)");
    }
}
