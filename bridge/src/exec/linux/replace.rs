//! The other way to connect a call: a socket of ours, connected, takes the place of the caller's.
//!
//! For a socket that cannot reach our listener: one bound to a network interface (`curl --interface eth0`), one in another
//! network namespace, and any socket that a container run-time's filter forbids to duplicate. Descriptors that the
//! program has registered with a poller before `connect` lose that registration, and if nothing can be duplicated, a
//! connected socket that is connected again is a new connection.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Instant;

use rustix::fs::OFlags;
use rustix::net::sockopt::{self, Timeout};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

use super::sys::seccomp::{Call, Notifications, Reply};
use crate::exec::peers::Peers;

/// Replaces the caller's socket. `Err` if the call no longer waits.
pub(super) fn replace(
    notifications: &Notifications,
    call: &Call,
    original: Option<&OwnedFd>,
    listener: SocketAddr,
    peers: &Arc<Peers>,
) -> io::Result<(Reply, Option<SocketAddr>)> {
    if !is_socket(call) {
        return Ok((Reply::Continue, None));
    }
    let (Some(flags), Ok((ours, local))) = (descriptor_flags(call), connected(listener)) else {
        return Ok((Reply::Failed(libc::ENETUNREACH), None));
    };
    if let Some(original) = original {
        copy_options(original, &ours);
    }
    ours.set_nonblocking(flags.contains(OFlags::NONBLOCK))?;
    peers.add(local, Instant::now());
    match notifications.replace(call, ours.as_fd(), flags.contains(OFlags::CLOEXEC)) {
        Ok(()) => Ok((Reply::Done, Some(local))),
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Err(error),
        Err(error) => Ok((Reply::Failed(error.raw_os_error().unwrap_or(libc::ENETUNREACH)), None)),
    }
}

fn connected(address: SocketAddr) -> io::Result<(TcpStream, SocketAddr)> {
    let family = if address.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET };
    let socket = socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    rustix::net::connect(&socket, &address)?;
    let stream = TcpStream::from(socket);
    let local = stream.local_addr()?;
    Ok((stream, local))
}

fn is_socket(call: &Call) -> bool {
    let link = std::fs::read_link(format!("/proc/{}/fd/{}", call.thread, call.descriptor));
    link.is_ok_and(|link| link.as_os_str().as_encoded_bytes().starts_with(b"socket:"))
}

/// The flags of the caller's descriptor and of its file.
fn descriptor_flags(call: &Call) -> Option<OFlags> {
    let info = std::fs::read_to_string(format!("/proc/{}/fdinfo/{}", call.thread, call.descriptor)).ok()?;
    let octal = info.lines().find_map(|line| line.strip_prefix("flags:"))?;
    Some(OFlags::from_bits_retain(u32::from_str_radix(octal.trim(), 8).ok()?))
}

/// Options by which a program sees to it that it does not wait for ever. One that cannot be copied keeps its default.
fn copy_options(from: &OwnedFd, to: &TcpStream) {
    for timeout in [Timeout::Recv, Timeout::Send] {
        if let Ok(value) = sockopt::socket_timeout(from, timeout) {
            let _ = sockopt::set_socket_timeout(to, timeout, value);
        }
    }
    if let Ok(on) = sockopt::tcp_nodelay(from) {
        let _ = sockopt::set_tcp_nodelay(to, on);
    }
    if let Ok(on) = sockopt::socket_keepalive(from) {
        let _ = sockopt::set_socket_keepalive(to, on);
    }
}
