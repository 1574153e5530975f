//! Starting the command.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, getpeername, socket_with};

use super::filter;
use super::sys::process::SignalSet;
use super::sys::seccomp;
use crate::exec::environment::REMOVED;
use crate::front::{ADDRESS, PORT};

/// What exec never says: the sign that the way through the filter does not lead to us.
const NO_WAY: i32 = libc::EKEYREJECTED;

/// Why the command does not run.
pub(crate) enum NotStarted {
    /// Calls of `connect` cannot be led to us here.
    NoWay(String),
    /// It cannot be run.
    Command(io::Error),
}

/// Starts the command with these variables more, and gives its pid. `on_filter` gets the filter's notifications, which
/// another thread must answer before this returns.
///
/// Puts the filter on the calling thread: it must be one that ends then.
pub(crate) fn with_filter(
    command: Command,
    mask: SignalSet,
    listener: SocketAddr,
    on_filter: impl FnOnce(OwnedFd),
) -> Result<i32, NotStarted> {
    on_filter(install().map_err(NotStarted::NoWay)?);
    start(command, mask, Some(listener)).map_err(|error| match error.raw_os_error() {
        Some(NO_WAY) => NotStarted::NoWay(
            "the memory or the sockets of the command may not be reached (Yama, a security module or a container forbids it)".into(),
        ),
        _ => NotStarted::Command(error),
    })
}

/// Starts the command without a filter.
pub(crate) fn plain(command: Command, mask: SignalSet) -> Result<i32, NotStarted> {
    start(command, mask, None).map_err(NotStarted::Command)
}

/// The command with its variables.
pub(crate) fn prepared(
    program: &[std::ffi::OsString],
    variables: impl IntoIterator<Item = (String, String)>,
) -> Command {
    let mut command = Command::new(&program[0]);
    command.args(&program[1..]);
    for name in REMOVED {
        command.env_remove(name);
    }
    command.envs(variables);
    command
}

fn install() -> Result<OwnedFd, String> {
    if !filter::SUPPORTED {
        return Err("there is no filter for this processor".into());
    }
    rustix::thread::set_no_new_privs(true).map_err(|error| format!("no_new_privs cannot be set: {error}"))?;
    seccomp::install(&mut filter::program()).map_err(|error| match error.raw_os_error() {
        Some(libc::EBUSY) => "a filter that notifies is already here: himds exec cannot run inside another".into(),
        _ => format!("a seccomp filter that notifies cannot be installed: {error}"),
    })
}

#[allow(unsafe_code, reason = "what runs between fork and exec")]
fn start(mut command: Command, mask: SignalSet, listener: Option<SocketAddr>) -> io::Result<i32> {
    let between = move || {
        // std has emptied it. The command gets the one that we were started with.
        mask.set_mask();
        match listener {
            Some(listener) => probe(listener),
            None => Ok(()),
        }
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
