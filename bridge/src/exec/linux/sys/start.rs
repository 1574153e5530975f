//! What runs between fork and exec.

#![allow(unsafe_code, reason = "what runs between fork and exec")]

use std::io;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, getpeername, socket_with};
use rustix::process::getpid;

use super::process::InheritedSignals;
use crate::exec::linux::control::News;
use crate::front::{ADDRESS, PORT};

/// What exec never says: the sign that a connection to the metadata service does not lead to the listener.
pub(crate) const NO_WAY: i32 = libc::EKEYREJECTED;

/// Starts a command with these signals, and gives its pid. If there is a listener, a connection to the metadata
/// service must lead to it.
pub(crate) fn start(
    mut command: Command,
    signals: InheritedSignals,
    listener: Option<SocketAddr>,
    news: UnixStream,
) -> io::Result<i32> {
    let between = move || {
        // std has changed them. The command gets those that we were started with.
        signals.restore();
        if let Some(listener) = listener {
            probe(listener)?;
        }
        // Told from here: the foreground process knows it before the command does anything.
        let bytes = News::Started(getpid().as_raw_nonzero().get()).to_bytes();
        rustix::io::write(&news, &bytes)?;
        Ok(())
    };
    // SAFETY: only system calls are made, nothing is allocated and no lock is taken.
    unsafe { command.pre_exec(between) };
    command.spawn().map(|child| child.id() as i32)
}

/// Connects to the metadata service from where the command will, and sees whether that leads to us.
fn probe(listener: SocketAddr) -> io::Result<()> {
    let no_way = || io::Error::from_raw_os_error(NO_WAY);
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None).map_err(|_| no_way())?;
    let address = SocketAddr::from((ADDRESS, PORT));
    match connect(&socket, &address) {
        Ok(()) | Err(Errno::INPROGRESS) => {}
        Err(_) => return Err(no_way()),
    }
    match getpeername(&socket).ok().flatten().and_then(|peer| SocketAddr::try_from(peer).ok()) {
        Some(peer) if peer == listener => Ok(()),
        _ => Err(no_way()),
    }
}
