//! The signals that the daemon obeys, as events of its one thread. tokio's own feature for them would keep a pair of
//! sockets open in every program that is built together with this crate.

#![allow(unsafe_code, reason = "tokio has no safe way to wait for a descriptor that is not a socket")]

use std::io;

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use tokio::io::unix::AsyncFd;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// SIGHUP
    Reload,
    /// SIGTERM or SIGINT
    End,
}

/// The signals, from now on not delivered otherwise.
pub(crate) struct Signals(SignalFd);

impl Signals {
    /// Before any other thread starts: a thread has its own mask.
    pub(crate) fn block() -> io::Result<Self> {
        let mut set = SigSet::empty();
        for signal in [Signal::SIGHUP, Signal::SIGTERM, Signal::SIGINT] {
            set.add(signal);
        }
        set.thread_block()?;
        Ok(Signals(SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?))
    }

    /// Needs a runtime.
    pub(crate) fn events(self) -> io::Result<Events> {
        // SAFETY: a SignalFd is the same open descriptor for as long as it lives.
        Ok(Events(unsafe { AsyncFd::register(self.0) }?))
    }
}

/// The signals as they come.
pub(crate) struct Events(AsyncFd<SignalFd>);

impl Events {
    /// The next.
    pub(crate) async fn next(&mut self) -> io::Result<Wish> {
        loop {
            let mut ready = self.0.readable().await?;
            match self.0.get_ref().read_signal()? {
                Some(signal) if signal.ssi_signo == Signal::SIGHUP as u32 => return Ok(Wish::Reload),
                Some(_) => return Ok(Wish::End),
                None => ready.clear_ready(),
            }
        }
    }
}
