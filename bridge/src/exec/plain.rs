//! Systems without a filter for `connect`: mode `env`, and nothing more.

use std::io;
use std::process::Stdio;

use tokio::process::Command;

use super::environment::{self, REMOVED};
use super::failure::{CANNOT_RUN, FAILED, NOT_FOUND, say};
use super::options::{Mode, Options};
use super::serving::{Serving, secret};

pub(crate) fn run(options: &Options) -> u8 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = runtime
        .map_err(|error| (FAILED, error.to_string()))
        .and_then(|runtime| tokio::task::LocalSet::new().block_on(&runtime, serve(options)));
    ended.unwrap_or_else(|(status, problem)| {
        say(&problem);
        status
    })
}

async fn serve(options: &Options) -> Result<u8, (u8, String)> {
    let failed = |problem: String| (FAILED, problem);
    if options.mode == Mode::Connect {
        return Err(failed("mode connect needs Linux. Try --mode env".into()));
    }
    let serving = Serving::new(options);
    let tokens = serving.tokens(options).await.map_err(failed)?;
    let secret = secret().map_err(failed)?;
    let address = serving.app_service(options, &secret).map_err(|error| failed(error.to_string()))?;
    if options.verbose {
        say(&format!("mode env: variables name {address}"));
    }
    let mut command = Command::new(&options.command[0]);
    for name in REMOVED {
        command.env_remove(name);
    }
    command.args(&options.command[1..]).envs(environment::env(options, address, &secret));
    for (name, token) in &tokens {
        command.env(name, token.as_str());
    }
    command.stdin(Stdio::inherit());
    let mut child = command.spawn().map_err(|error| cannot_run(options, &error))?;
    loop {
        tokio::select! {
            status = child.wait() => return status.map(code).map_err(|error| failed(error.to_string())),
            // A console sends Ctrl+C to the command too: it decides.
            interrupted = tokio::signal::ctrl_c() => interrupted.map_err(|error| failed(error.to_string()))?,
        }
    }
}

fn cannot_run(options: &Options, error: &io::Error) -> (u8, String) {
    let status = if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { CANNOT_RUN };
    (status, format!("{}: {error}", options.command[0].to_string_lossy()))
}

/// The lowest 8 bits that are not all of a failure: an exit code of Windows has 32.
fn code(status: std::process::ExitStatus) -> u8 {
    match status.code() {
        Some(code) => u8::try_from(code).unwrap_or(FAILED),
        None => FAILED,
    }
}
