//! The command that runs next to the emulator.

use std::process::ExitStatus;

use himds_emulator::{Addresses, Error};
use tokio::process::{Child, Command};

use crate::environment;
use crate::signals::Signals;

/// Runs it with the variables set, hands a request to end on to it, and returns its status as a shell does.
pub(crate) async fn run(command: &[String], addresses: &Addresses, signals: &mut Signals) -> Result<u8, Error> {
    let refused = || Error::io(&command[0]);
    let mut prepared = Command::new(&command[0]);
    for name in environment::INHERITED {
        prepared.env_remove(name);
    }
    let variables = environment::variables(addresses);
    let mut child = prepared.args(&command[1..]).envs(variables).kill_on_drop(true).spawn().map_err(refused())?;
    let status = tokio::select! {
        status = child.wait() => status,
        () = signals.end_of_command() => {
            terminate(&mut child);
            child.wait().await
        }
    };
    Ok(code(status.map_err(refused())?))
}

/// The exit status, or 128 and the number of the signal.
fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    let killed = std::os::unix::process::ExitStatusExt::signal(&status).map(|signal| 128 + signal);
    #[cfg(not(unix))]
    let killed = None;
    status.code().or(killed).and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(unix)]
fn terminate(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process};
    if let Some(pid) = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)) {
        // It may have ended by itself in the meantime.
        let _ = kill_process(pid, Signal::TERM);
    }
}

#[cfg(not(unix))]
fn terminate(child: &mut Child) {
    let _ = child.start_kill();
}
