//! Ports that behave badly without any server: one that refuses, one that never answers, one that never connects.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use socket2::{Domain, Socket, Type};

/// Keeps the sockets that make a port what it is.
pub(crate) struct Ports {
    _sockets: Vec<Socket>,
    /// Refuses connections.
    pub(crate) closed: u16,
    /// Takes connections and never says anything.
    pub(crate) silent: u16,
    /// Neither takes nor refuses connections: a connect times out.
    pub(crate) full: u16,
    /// Refuses connections until a service starts there.
    pub(crate) late: u16,
}

impl Ports {
    pub(crate) fn open() -> io::Result<Self> {
        // Bound, so that no other process gets the port, and not listening.
        let (closed_socket, closed) = bound(false)?;
        let (late_socket, late) = bound(cfg!(unix))?;
        let (silent_socket, silent) = bound(false)?;
        silent_socket.listen(64)?;
        let (full_socket, full) = bound(false)?;
        full_socket.listen(0)?;
        let mut sockets = vec![closed_socket, silent_socket, full_socket];
        if cfg!(unix) {
            // Windows cannot share a port in this way: there it is merely one that was free.
            sockets.push(late_socket);
        }
        // Fill the queue of connections that wait to be accepted; the kernel ignores further SYNs then.
        for _ in 0..4 {
            let waiting = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            waiting.set_nonblocking(true)?;
            // "In progress" is what a non-blocking connect says.
            let _ = waiting.connect(&loopback(full).into());
            sockets.push(waiting);
        }
        Ok(Self { _sockets: sockets, closed, silent, full, late })
    }
}

/// A socket that keeps its port, `shared` with a listener that comes later.
fn bound(shared: bool) -> io::Result<(Socket, u16)> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    if shared {
        socket.set_reuse_address(true)?;
    }
    socket.bind(&loopback(0).into())?;
    let port = socket.local_addr()?.as_socket().map_or(0, |address| address.port());
    Ok((socket, port))
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))
}
