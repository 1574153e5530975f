//! The thread that answers calls of `connect`.
//!
//! A call to any other address goes on as if nobody had looked. For the metadata service's address, the caller's own
//! socket (a duplicate of it, so the same open file) is connected to our listener: everything that the program has set on
//! it or registered it with stays. If that cannot be done, a socket of ours takes its place (see `replace`).
//!
//! Races: what is acted on is our copy of the address, and it is checked after copying that the call still waits. A thread
//! that changes the address, or puts another file behind the descriptor meanwhile, gains nothing: what is let go on is what
//! its process could do without us, and what is connected is a socket of its own to a listener that its tree may use.

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Instant;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with, sockopt};
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

use super::replace::replace;
use super::sys::process::{bound_to_interface, network_namespace, read_memory};
use super::sys::seccomp::{Call, Notifications, Reply};
use crate::exec::address::{self, is_metadata_service};
use crate::exec::peers::Peers;

/// No address is longer (`struct sockaddr_storage`): the kernel refuses it.
const LONGEST: u32 = 128;

/// Answers calls until no process of the tree is left. Its thread must not have the filter itself.
pub(crate) struct Connector {
    notifications: Notifications,
    /// The listener of the front.
    listener: SocketAddr,
    peers: Arc<Peers>,
    /// Which network namespace the listener is in; unknown to old kernels.
    namespace: Option<u64>,
    /// Connections whose callers were interrupted before they learned of them: the call that is repeated learns it.
    untold: HashSet<SocketAddr>,
}

impl Connector {
    pub(crate) fn new(filter: OwnedFd, listener: SocketAddr, peers: Arc<Peers>) -> Self {
        let any = socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None);
        let namespace = any.ok().and_then(|socket| network_namespace(socket.as_fd()));
        Connector { notifications: Notifications::new(filter), listener, peers, namespace, untold: HashSet::new() }
    }

    pub(crate) fn run(mut self) {
        loop {
            match self.notifications.receive() {
                Ok(call) => self.answer(&call),
                // The caller has ended, or a signal came.
                Err(error) if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::EINTR)) => {
                    if self.is_over() {
                        return;
                    }
                }
                Err(_) => return,
            }
        }
    }

    /// Whether the last process with the filter has ended.
    fn is_over(&self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut descriptors = [PollFd::new(&self.notifications, PollFlags::IN)];
        let polled = poll(&mut descriptors, Some(&Timespec::default()));
        polled.is_ok() && descriptors[0].revents().contains(PollFlags::HUP)
    }

    fn answer(&mut self, call: &Call) {
        let (reply, made) = match self.connect(call) {
            Ok(found) => found,
            // The call no longer waits: whatever would be answered, nobody reads it.
            Err(_) => return,
        };
        if self.notifications.reply(call, reply).is_err() && reply == Reply::Done {
            self.untold.extend(made);
        }
    }

    /// What to answer, and the address that a connection was made from. `Err` if the call no longer waits.
    fn connect(&mut self, call: &Call) -> io::Result<(Reply, Option<SocketAddr>)> {
        let Some(wanted) = address_of(call).filter(|address| is_metadata_service(*address)) else {
            return Ok((Reply::Continue, None));
        };
        let socket = duplicate(call);
        if !self.notifications.is_waiting(call) {
            return Err(Errno::NOENT.into());
        }
        let socket = match socket {
            Ok(socket) => Some(socket),
            // Somebody forbids it (a container run-time's filter), or the kernel is too old.
            Err(Errno::PERM | Errno::NOSYS) => None,
            // We have no more. The call must not go on: another service may be at that address.
            Err(Errno::MFILE | Errno::NFILE | Errno::NOMEM) => return Ok((Reply::Failed(libc::ENOBUFS), None)),
            // The descriptor is not open, and the call will say so.
            Err(_) => return Ok((Reply::Continue, None)),
        };
        let listener = listener_for(self.listener, wanted.is_ipv6());
        let in_place = match &socket {
            // The call says what is wrong with it. A resolver's UDP socket, for one, is left alone.
            Some(socket) if !is_tcp(socket, wanted.is_ipv6()) => return Ok((Reply::Continue, None)),
            Some(socket) => self.in_place(socket, listener),
            None => None,
        };
        match in_place {
            Some(found) => Ok(found),
            None => replace(&self.notifications, call, socket.as_ref(), listener, &self.peers),
        }
    }

    /// Connects the caller's own socket. `None` if it cannot lead to our listener.
    fn in_place(&mut self, socket: &OwnedFd, listener: SocketAddr) -> Option<(Reply, Option<SocketAddr>)> {
        if self.namespace.is_none() || network_namespace(socket.as_fd()) != self.namespace {
            return None;
        }
        if bound_to_interface(socket.as_fd()) {
            return None;
        }
        match rustix::net::connect(socket, &listener) {
            Ok(()) => Some((Reply::Done, self.made(socket))),
            Err(Errno::INPROGRESS) => {
                self.made(socket);
                Some((Reply::Failed(libc::EINPROGRESS), None))
            }
            Err(Errno::ISCONN) => {
                let told = self.local(socket).is_none_or(|local| !self.untold.remove(&local));
                Some((if told { Reply::Failed(libc::EISCONN) } else { Reply::Done }, None))
            }
            Err(error @ (Errno::ALREADY | Errno::INTR)) => Some((Reply::Failed(error.raw_os_error()), None)),
            Err(_) => None,
        }
    }

    /// Notes that the connection of this socket may ask.
    fn made(&self, socket: &OwnedFd) -> Option<SocketAddr> {
        let local = self.local(socket)?;
        self.peers.add(local, Instant::now());
        Some(local)
    }

    fn local(&self, socket: &OwnedFd) -> Option<SocketAddr> {
        SocketAddr::try_from(rustix::net::getsockname(socket).ok()?).ok()
    }
}

/// The listener's address as a socket of this family reaches it.
fn listener_for(listener: SocketAddr, v6: bool) -> SocketAddr {
    match listener.ip() {
        IpAddr::V4(ip) if v6 => SocketAddr::new(ip.to_ipv6_mapped().into(), listener.port()),
        _ => listener,
    }
}

/// A copy of the address that the call is about.
fn address_of(call: &Call) -> Option<SocketAddr> {
    let length = usize::try_from(call.length).ok()?;
    if call.length > LONGEST {
        return None;
    }
    let mut bytes = [0; address::LENGTH];
    let wanted = &mut bytes[..length.min(address::LENGTH)];
    let read = read_memory(call.thread, call.address, wanted).or_else(|_| read_memory_file(call, wanted));
    if read.ok()? == wanted.len() { address::read(wanted) } else { None }
}

/// The same by way of /proc, where a filter forbids the system call.
fn read_memory_file(call: &Call, buffer: &mut [u8]) -> io::Result<usize> {
    let path = format!("/proc/{}/mem", call.thread);
    let memory = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    Ok(rustix::io::pread(memory, buffer, call.address)?)
}

/// A descriptor of ours for the open file that the call is about.
fn duplicate(call: &Call) -> Result<OwnedFd, Errno> {
    let thread = Pid::from_raw(call.thread).ok_or(Errno::SRCH)?;
    // PIDFD_THREAD, which rustix has no name for; Linux 6.9.
    let process = match pidfd_open(thread, PidfdFlags::from_bits_retain(libc::O_EXCL as u32)) {
        Err(Errno::INVAL) => pidfd_open(process_of(thread).ok_or(Errno::SRCH)?, PidfdFlags::empty()),
        opened => opened,
    }?;
    pidfd_getfd(process, call.descriptor, PidfdGetfdFlags::empty())
}

/// The process that a thread belongs to.
fn process_of(thread: Pid) -> Option<Pid> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", thread.as_raw_nonzero())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Tgid:"))?;
    Pid::from_raw(line.trim().parse().ok()?)
}

/// Whether it is a TCP socket of the family.
fn is_tcp(socket: &OwnedFd, v6: bool) -> bool {
    let family = if v6 { AddressFamily::INET6 } else { AddressFamily::INET };
    sockopt::socket_type(socket) == Ok(SocketType::STREAM) && sockopt::socket_domain(socket) == Ok(family)
}
