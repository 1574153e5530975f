//! The driver's process: started, asked, restarted when it died.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::wire::{Answer, request};

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
            let _ = thread.join();
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
        let mut child = shell.spawn().map_err(|error| format!("cannot start the driver: {error}"))?;
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
        let status = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        if let Some(thread) = self.stderr_thread.take() {
            let _ = thread.join();
        }
        let stderr = self.stderr.lock().expect("no panic under this lock");
        let text = String::from_utf8_lossy(&stderr);
        let tail: String = text.chars().skip(text.chars().count().saturating_sub(600)).collect();
        let words = Some(tail.trim()).filter(|tail| !tail.is_empty()).map(|tail| format!(": {tail}"));
        format!("the driver died ({status}){}", words.unwrap_or_default())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It ends by itself on `exit`; one that is stuck or dead needs the rest.
        let _ = self.stdin.write_all(b"exit\n");
        for _ in 0..100 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
