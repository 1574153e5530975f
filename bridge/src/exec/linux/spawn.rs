//! Starting the command, in the one mode or the other.

use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Command;

use super::filter;
use super::sys::process::InheritedSignals;
use super::sys::seccomp;
use super::sys::start::{NO_WAY, start};
use crate::exec::environment::REMOVED;
use crate::words::words;

/// Why the command does not run.
pub(crate) enum NotStarted {
    /// Calls of `connect` cannot be led to us here.
    NoWay(String),
    /// It cannot be run.
    Command(io::Error),
}

/// A command that is ready to be started.
pub(crate) struct Prepared {
    command: Command,
    signals: InheritedSignals,
    news: UnixStream,
}

impl Prepared {
    /// The command with these variables, what it inherits of signals, and where its start is told.
    pub(crate) fn new(
        program: &[OsString],
        variables: impl IntoIterator<Item = (String, String)>,
        signals: InheritedSignals,
        news: UnixStream,
    ) -> Self {
        let mut command = Command::new(&program[0]);
        command.args(&program[1..]);
        for name in REMOVED {
            command.env_remove(name);
        }
        command.envs(variables);
        Prepared { command, signals, news }
    }

    /// Starts it and gives its pid. `on_filter` gets the filter's notifications, which another thread must answer before
    /// this returns.
    ///
    /// Puts the filter on the calling thread: it must be one that ends then.
    pub(crate) fn start_filtered(
        self,
        listener: SocketAddr,
        on_filter: impl FnOnce(OwnedFd),
    ) -> Result<i32, NotStarted> {
        on_filter(install().map_err(NotStarted::NoWay)?);
        start(self.command, self.signals, Some(listener), self.news).map_err(|error| match error.raw_os_error() {
            Some(NO_WAY) => NotStarted::NoWay(
                "this process may not reach the command's memory or sockets (Yama, a security module or a container \
                 forbids it)"
                    .into(),
            ),
            _ => NotStarted::Command(error),
        })
    }

    /// Starts it without a filter.
    pub(crate) fn start(self) -> io::Result<i32> {
        start(self.command, self.signals, None, self.news)
    }
}

fn install() -> Result<OwnedFd, String> {
    if !filter::SUPPORTED {
        return Err("this processor architecture is not supported".into());
    }
    rustix::thread::set_no_new_privs(true)
        .map_err(|error| format!("no_new_privs cannot be set: {}", words(&error.into())))?;
    seccomp::install(&mut filter::program()).map_err(|error| match error.raw_os_error() {
        Some(libc::EBUSY) => {
            "a notifying seccomp filter is installed already: himds exec cannot run inside another".into()
        }
        _ => format!("a notifying seccomp filter cannot be installed: {}", words(&error)),
    })
}
