//! Systems without a filter for `connect`: mode `env`, and nothing more.

use std::io;
use std::path::Path;
use std::process::Stdio;

use tokio::process::{Child, Command};

use super::environment::{self, REMOVED};
use super::failure::{FAILED, cannot_run, say};
use super::options::{Mode, Options};
use super::serving::{Serving, secret};
use crate::words::words;

pub(crate) fn run(options: &Options) -> i32 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = runtime
        .map_err(|error| (FAILED, words(&error)))
        .and_then(|runtime| tokio::task::LocalSet::new().block_on(&runtime, serve(options)));
    ended.unwrap_or_else(|(status, problem)| {
        say(&problem);
        status
    })
}

/// Nothing is forked here.
pub(crate) fn has_other_threads() -> bool {
    false
}

async fn serve(options: &Options) -> Result<i32, (i32, String)> {
    let failed = |problem: String| (FAILED, problem);
    if options.mode == Mode::Connect {
        return Err(failed("mode connect needs Linux. Try --mode env".into()));
    }
    let serving = Serving::new(options);
    let tokens = serving.tokens(options).await.map_err(failed)?;
    let secret = secret().map_err(failed)?;
    let address = serving.app_service(options, &secret).map_err(|error| failed(words(&error)))?;
    if options.verbose {
        say(&format!("mode env: the variables point to {address}"));
    }
    let mut variables = environment::env(options, address, &secret);
    variables.extend(tokens.iter().map(|(name, token)| (name.as_str(), token.as_str().to_owned())));
    // Before the command can be interrupted.
    let mut interrupts = Interrupts::new().map_err(|error| failed(words(&error)))?;
    let mut child = start(options, &variables).map_err(|error| cannot_run(&options.command[0], &error))?;
    loop {
        tokio::select! {
            status = child.wait() => {
                return status.map(|status| status.code().unwrap_or(FAILED)).map_err(|error| failed(words(&error)));
            }
            // A console sends it to the command too: that decides.
            () = interrupts.next() => {}
        }
    }
}

/// Starts the command. On Windows, a name without an extension may also be that of a batch file, as in a shell.
fn start(options: &Options, variables: &[(&str, String)]) -> io::Result<Child> {
    let program = Path::new(&options.command[0]);
    let extensions: &[&str] = if cfg!(windows) && program.extension().is_none() { &["cmd", "bat"] } else { &[] };
    let mut started = start_as(program, options, variables);
    for extension in extensions {
        match started {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                started = start_as(&program.with_extension(extension), options, variables);
            }
            other => return other,
        }
    }
    started
}

fn start_as(program: &Path, options: &Options, variables: &[(&str, String)]) -> io::Result<Child> {
    let mut command = Command::new(program);
    for name in REMOVED {
        command.env_remove(name);
    }
    command.args(&options.command[1..]).envs(variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::inherit()).spawn()
}

/// What a console sends to everybody in it.
#[cfg(windows)]
struct Interrupts {
    ctrl_c: tokio::signal::windows::CtrlC,
    ctrl_break: tokio::signal::windows::CtrlBreak,
}

#[cfg(windows)]
impl Interrupts {
    fn new() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c};
        Ok(Interrupts { ctrl_c: ctrl_c()?, ctrl_break: ctrl_break()? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.ctrl_c.recv() => {}
            _ = self.ctrl_break.recv() => {}
        }
    }
}

#[cfg(unix)]
struct Interrupts(tokio::signal::unix::Signal);

#[cfg(unix)]
impl Interrupts {
    fn new() -> io::Result<Self> {
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt()).map(Interrupts)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
