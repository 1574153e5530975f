//! Asking Linux: by `NETLINK_SOCK_DIAG`, which needs no privilege and takes some 10 us, and if that is denied (a
//! seccomp filter, `RestrictAddressFamilies=`, SELinux) by `/proc/net/tcp`, which takes milliseconds.

use std::io;
use std::net::SocketAddr;

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with};

use super::verdict::{Readers, Verdict};
use crate::os::descriptor::above_standard;
use crate::os::proc_tcp;
use crate::os::sock_diag::{self, Answer, Socket};

const ESTABLISHED: u8 = 1;
const SYN_RECV: u8 = 3;
const CLOSE_WAIT: u8 = 8;
const NEW_SYN_RECV: u8 = 12;

/// Whose process is at the server's end of this connection.
pub(crate) fn verdict(client: SocketAddr, server: SocketAddr, readers: &Readers) -> Verdict {
    match by_netlink(client, server).or_else(|_| by_proc(client, server)) {
        Ok(socket) => judge(socket, client, server, readers),
        Err(_) => Verdict::Unknown,
    }
}

/// Pure. `socket` is what the kernel has for the server's end.
fn judge(socket: Option<Socket>, client: SocketAddr, server: SocketAddr, readers: &Readers) -> Verdict {
    // Without a connection, the kernel tells of the listener.
    let Some(socket) = socket.filter(|socket| (socket.local, socket.remote) == (server, client)) else {
        return Verdict::Gone;
    };
    match (socket.state, socket.inode) {
        (SYN_RECV | NEW_SYN_RECV, _) | (ESTABLISHED | CLOSE_WAIT, 0) => Verdict::NotAccepted,
        (ESTABLISHED | CLOSE_WAIT, _) => {
            let who = format!("uid {}", socket.uid);
            if readers.include(socket.uid) { Verdict::Reader(who) } else { Verdict::Stranger(who) }
        }
        _ => Verdict::Gone,
    }
}

/// An error if the kernel does not answer this process. "Not found" is one too: a kernel without the module says so.
fn by_netlink(client: SocketAddr, server: SocketAddr) -> io::Result<Option<Socket>> {
    let request = sock_diag::request(server, client).ok_or(io::ErrorKind::InvalidInput)?;
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let protocol = Some(netlink::SOCK_DIAG);
    let netlink = above_standard(|| socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, protocol))?;
    send(&netlink, &request, SendFlags::empty())?;
    // The kernel answers before `send` returns, and nobody else may send here.
    let mut message = [0; 512];
    let (length, _) = recv(&netlink, &mut message[..], RecvFlags::empty())?;
    match sock_diag::answer(&message[..length.min(message.len())]) {
        Answer::Socket(socket) => Ok(Some(socket)),
        Answer::Error(errno) => Err(io::Error::from_raw_os_error(errno)),
        Answer::Malformed => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Found for certain, or an error: see [`in_tables`].
#[allow(clippy::disallowed_methods, reason = "the kernel, in the form of files")]
fn by_proc(client: SocketAddr, server: SocketAddr) -> io::Result<Option<Socket>> {
    // A server that takes both families has an IPv6 socket, also for IPv4.
    let six = std::fs::read_to_string("/proc/self/net/tcp6");
    let tables = match server {
        SocketAddr::V6(_) => [String::new(), six?],
        SocketAddr::V4(_) => [std::fs::read_to_string("/proc/self/net/tcp")?, six.unwrap_or_default()],
    };
    in_tables(&tables, client, server)
}

/// The server's end in these tables. Tables without our own end are not those of the network that carries the
/// connection, as in a sandbox that borrows its host's: then nothing is known of the other end either. Pure.
fn in_tables(tables: &[String], client: SocketAddr, server: SocketAddr) -> io::Result<Option<Socket>> {
    let find = |local, remote| {
        let mut sockets = tables.iter().flat_map(|table| proc_tcp::sockets(table)).map(canonical);
        sockets.find(|socket| (socket.local, socket.remote) == (local, remote))
    };
    match find(server, client) {
        None if find(client, server).is_none() => Err(io::ErrorKind::Unsupported.into()),
        found => Ok(found),
    }
}

fn canonical(socket: Socket) -> Socket {
    let plain = |end: SocketAddr| SocketAddr::new(end.ip().to_canonical(), end.port());
    Socket { local: plain(socket.local), remote: plain(socket.remote), ..socket }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    const READERS: Readers = Readers { file_owner: 998, directory_owner: None };

    #[test]
    fn only_an_accepted_connection_has_an_owner() {
        let (client, server) = ("127.0.0.1:50000".parse().unwrap(), "127.0.0.1:40342".parse().unwrap());
        let of = |state, uid, inode| Some(Socket { state, local: server, remote: client, uid, inode, cgroup: None });
        let reader = Verdict::Reader("uid 998".to_owned());
        let stranger = Verdict::Stranger("uid 1000".to_owned());
        for (socket, expected) in [
            (of(ESTABLISHED, 998, 1), &reader),
            (of(CLOSE_WAIT, 998, 1), &reader),
            (of(ESTABLISHED, 1000, 1), &stranger),
            (of(ESTABLISHED, 998, 0), &Verdict::NotAccepted),
            (of(SYN_RECV, 998, 0), &Verdict::NotAccepted),
            (of(NEW_SYN_RECV, 998, 0), &Verdict::NotAccepted),
            (of(4, 998, 1), &Verdict::Gone),
            (of(5, 998, 1), &Verdict::Gone),
            (of(6, 998, 0), &Verdict::Gone),
            (of(7, 998, 1), &Verdict::Gone),
            (of(10, 998, 1), &Verdict::Gone),
            (None, &Verdict::Gone),
        ] {
            assert_eq!(&judge(socket, client, server, &READERS), expected, "{socket:?}");
        }
        let listener = Socket { remote: "0.0.0.0:0".parse().unwrap(), ..of(ESTABLISHED, 998, 1).unwrap() };
        assert_eq!(judge(Some(listener), client, server, &READERS), Verdict::Gone);
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn tables_of_another_network_say_nothing() {
        let (client, server) = ("127.0.0.1:50000".parse().unwrap(), "127.0.0.1:40342".parse().unwrap());
        let servers = " 0: 0100007F:9D96 0100007F:C350 01 0:0 0:0 0 998 0 12 1\n";
        let clients = " 1: 0100007F:C350 0100007F:9D96 01 0:0 0:0 0 1000 0 13 1\n";
        let look = |lines: &str| in_tables(&[format!("head\n{lines}")], client, server).map(|it| it.map(|it| it.uid));
        assert_eq!(look(&format!("{servers}{clients}")).unwrap(), Some(998));
        assert_eq!(look(servers).unwrap(), Some(998));
        assert_eq!(look(clients).unwrap(), None, "its end is gone");
        assert!(look("").is_err(), "not even our own end");
    }

    /// Both ways of asking, for both families and for a listener that takes both.
    #[test]
    fn the_real_kernel_is_asked() {
        for address in ["127.0.0.1:0", "[::1]:0", "[::]:0"] {
            let Ok(listener) = TcpListener::bind(address) else {
                println!("skipped: {address} not found");
                continue;
            };
            let port = listener.local_addr().unwrap().port();
            let to = if address == "[::1]:0" { format!("[::1]:{port}") } else { format!("127.0.0.1:{port}") };
            let stream = TcpStream::connect(&to).unwrap();
            let (client, server) = (stream.local_addr().unwrap(), stream.peer_addr().unwrap());
            let own = rustix::process::geteuid().as_raw();
            let ways = [by_netlink, by_proc as fn(_, _) -> _];
            for way in ways {
                let verdict = || judge(way(client, server).unwrap(), client, server, &READERS);
                assert_eq!(verdict(), Verdict::NotAccepted, "{address}");
            }
            let accepted = listener.accept().unwrap();
            for way in ways {
                let socket = way(client, server).unwrap().unwrap();
                assert_eq!((socket.state, socket.uid), (ESTABLISHED, own), "{address}");
                assert_ne!(socket.inode, 0);
            }
            drop(accepted);
            let verdict = verdict(client, server, &Readers { file_owner: own, directory_owner: None });
            assert_eq!(verdict, Verdict::Gone, "{address}: nobody would read it");
        }
    }
}
