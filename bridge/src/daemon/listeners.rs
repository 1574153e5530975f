//! The listeners: those that systemd hands over, or one by address.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use rustix::fs::fstat;
use rustix::net::AddressFamily;
use rustix::net::sockopt::{
    set_socket_recv_buffer_size, set_socket_send_buffer_size, socket_acceptconn, socket_domain,
};
use tokio::net::{TcpListener, TcpSocket, UnixListener};

use super::caller::Way;
use super::who::Diag;
use crate::words::words;

/// What a connection's kernel buffer may hold, each way, in bytes; the kernel doubles it. The longest request and the longest
/// answer fit. What is sent and not read counts as the service's memory, and anybody may leave it unread.
const BUFFER: usize = 16 * 1024;
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// A socket that accepts connections.
pub(crate) struct Listener {
    /// As rules call it: its `FileDescriptorName=`.
    pub(crate) name: Rc<str>,
    /// How its callers come.
    pub(crate) way: Way,
    /// The socket.
    pub(crate) socket: Socket,
}

/// The socket itself.
pub(crate) enum Socket {
    /// TCP.
    Tcp(TcpListener),
    /// A path.
    Unix(UnixListener),
}

impl Listener {
    /// For a message: the name, and where it listens.
    pub(crate) fn describe(&self) -> String {
        let at = match &self.socket {
            Socket::Tcp(listener) => listener.local_addr().map_or_else(|error| error.to_string(), |it| it.to_string()),
            Socket::Unix(listener) => match listener.local_addr() {
                Ok(address) => {
                    address.as_pathname().map_or("a socket without a path".into(), |path| path.display().to_string())
                }
                Err(error) => error.to_string(),
            },
        };
        let way = if self.way == Way::Elsewhere { ", in another network namespace" } else { "" };
        if self.name.is_empty() { format!("{at}{way}") } else { format!("{at} ({}{way})", self.name) }
    }

    /// The port, for the `Host` of a request; 80 for a path, whose clients name any host.
    pub(crate) fn port(&self) -> u16 {
        match &self.socket {
            Socket::Tcp(listener) => listener.local_addr().map_or(0, |address| address.port()),
            Socket::Unix(_) => crate::front::PORT,
        }
    }

    /// Whether it has the address of a VM's metadata service, in this network namespace.
    pub(crate) fn takes_the_address(&self) -> bool {
        let Socket::Tcp(listener) = &self.socket else { return false };
        let ip = listener.local_addr().map(|address| address.ip().to_canonical());
        self.way == Way::Port && ip.is_ok_and(|ip| ip == IpAddr::V4(crate::front::ADDRESS))
    }
}

/// The listeners that systemd hands over, with their names. Needs a runtime.
pub(crate) fn handed_over() -> Result<Vec<Listener>, String> {
    let sockets = sd_listen_fds::get().map_err(|error| format!("LISTEN_FDS: {error}"))?;
    let listener = |(name, socket): (Option<String>, sd_listen_fds::OwnedFd)| {
        let name = name.unwrap_or_default();
        // systemd's own word for a socket without a name.
        let name = if name == "unknown" { String::new() } else { name };
        listener(&name, socket.into_std()).map_err(|error| format!("the socket {name:?} from systemd: {error}"))
    };
    sockets.into_iter().map(listener).collect()
}

fn listener(name: &str, socket: OwnedFd) -> io::Result<Listener> {
    let unusable = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, what);
    if !socket_acceptconn(&socket)? {
        return Err(unusable("does not listen: Accept=yes and datagrams cannot be used"));
    }
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    small_buffers(&socket)?;
    let family = socket_domain(&socket)?;
    if family == AddressFamily::UNIX {
        let listener = std::os::unix::net::UnixListener::from(socket);
        listener.set_nonblocking(true)?;
        let socket = Socket::Unix(UnixListener::from_std(listener)?);
        return Ok(Listener { name: name.into(), way: Way::Unix, socket });
    }
    if family != AddressFamily::INET && family != AddressFamily::INET6 {
        return Err(unusable("is neither TCP nor a Unix socket"));
    }
    let inode = fstat(&socket)?.st_ino;
    let listener = std::net::TcpListener::from(socket);
    listener.set_nonblocking(true)?;
    let way = if is_here(listener.local_addr()?, inode) { Way::Port } else { Way::Elsewhere };
    Ok(Listener { name: name.into(), way, socket: Socket::Tcp(TcpListener::from_std(listener)?) })
}

/// For a listener; what it accepts has the same.
fn small_buffers(listener: impl AsFd) -> io::Result<()> {
    set_socket_send_buffer_size(&listener, BUFFER)?;
    Ok(set_socket_recv_buffer_size(&listener, BUFFER)?)
}

/// Whether a listener is in this network namespace. The kernel is asked what listens there: in another namespace it is
/// nothing, or not this socket. What the kernel says of a caller counts only here: elsewhere the same pair of addresses can
/// be somebody else's.
fn is_here(address: SocketAddr, inode: u64) -> bool {
    let nobody: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let found = Diag::default().socket(address, SocketAddr::new(nobody, 0));
    found.ok().flatten().is_some_and(|socket| socket.inode == inode)
}

/// A listener of our own.
pub(crate) fn at(address: SocketAddr) -> Result<Listener, String> {
    let bound = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        small_buffers(&socket)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    let listener = bound().map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::AddrInUse => ": another program listens there; `ss -ltnp` shows which",
            io::ErrorKind::AddrNotAvailable => ": this machine does not have the address",
            io::ErrorKind::PermissionDenied => ": a port below 1024 needs a socket unit, which systemd binds",
            _ => "",
        };
        format!("cannot listen at {address}: {}{hint}", words(&error))
    })?;
    Ok(Listener { name: "".into(), way: Way::Port, socket: Socket::Tcp(listener) })
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn a_listener_of_this_namespace_is_known_by_its_inode() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let inode = fstat(&listener).unwrap().st_ino;
        assert!(is_here(address, inode));
        assert!(!is_here(address, inode + 1), "another's");
        drop(listener);
        assert!(!is_here(address, inode), "nobody's");
    }

    #[test]
    fn what_does_not_listen_is_refused() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let _guard = runtime.enter();
        let (one, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        assert!(listener("x", one.into()).is_err());
        let path = std::env::temp_dir().join(format!("himds-listener-{}", std::process::id()));
        let unix = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let unix = listener("x", unix.into()).unwrap();
        assert_eq!((unix.way, unix.port(), &*unix.name), (Way::Unix, 80, "x"));
        assert!(unix.describe().contains("himds-listener"), "{}", unix.describe());
        std::fs::remove_file(path).unwrap();
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        assert_eq!(listener("y", tcp.into()).unwrap().way, Way::Port);
    }
}
