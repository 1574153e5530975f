//! What an answer of the kernel is worth. Pure.

use std::net::SocketAddr;

use himds::sock_diag::Socket;

const ESTABLISHED: u8 = 1;
const CLOSE_WAIT: u8 = 8;

/// Who made a socket, which need not be who holds it today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Maker {
    /// The account, as this user namespace sees it.
    pub(crate) uid: u32,
    /// The control group; none on a kernel older than 5.8.
    pub(crate) cgroup: Option<u64>,
    /// The socket itself, to know it again.
    pub(crate) inode: u64,
}

/// The maker of the socket whose own end is `peer`, connected to `target`; or why the answer does not say.
///
/// Only a connection that is open and that a process holds has one. The kernel also answers with a listener on that
/// port (its other end is empty), and says uid 0 of a socket that is closed, waits out its time or has not been accepted.
pub(crate) fn judge(socket: Option<Socket>, peer: SocketAddr, target: SocketAddr) -> Result<Maker, &'static str> {
    let Some(socket) = socket else {
        return Err("the caller's socket is not on this machine, or in another network namespace");
    };
    if (socket.local, socket.remote) != (peer, target) {
        return Err("the caller's connection has ended");
    }
    if !matches!(socket.state, ESTABLISHED | CLOSE_WAIT) || socket.inode == 0 {
        return Err("the caller has closed its connection");
    }
    Ok(Maker { uid: socket.uid, cgroup: socket.cgroup, inode: socket.inode })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_open_socket_that_a_process_holds_has_a_maker() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let (peer, target) = (address("127.0.0.1:50000"), address("169.254.169.254:80"));
        let of = |state, uid, inode| Socket { state, local: peer, remote: target, uid, inode, cgroup: Some(7) };
        let maker = |uid| Ok(Maker { uid, cgroup: Some(7), inode: 9 });
        let (ended, closed) = (Err("the caller's connection has ended"), Err("the caller has closed its connection"));
        for (socket, expected) in [
            (of(ESTABLISHED, 1000, 9), maker(1000)),
            (of(CLOSE_WAIT, 1000, 9), maker(1000)),
            (of(ESTABLISHED, 0, 9), maker(0)),
            (of(ESTABLISHED, 0, 0), closed),
            (of(CLOSE_WAIT, 0, 0), closed),
            (of(2, 1000, 9), closed),
            (of(3, 0, 0), closed),
            (of(4, 1000, 9), closed),
            (of(5, 1000, 9), closed),
            (of(6, 0, 0), closed),
            (of(7, 1000, 9), closed),
            (of(9, 1000, 9), closed),
            (of(10, 1000, 9), closed),
            (of(11, 1000, 9), closed),
            (of(12, 0, 0), closed),
            (Socket { remote: address("0.0.0.0:0"), ..of(10, 1000, 9) }, ended),
            (Socket { remote: address("0.0.0.0:0"), ..of(ESTABLISHED, 1000, 9) }, ended),
            (Socket { remote: address("169.254.169.254:81"), ..of(ESTABLISHED, 1000, 9) }, ended),
            (Socket { local: address("127.0.0.2:50000"), ..of(ESTABLISHED, 1000, 9) }, ended),
        ] {
            assert_eq!(judge(Some(socket), peer, target), expected, "{socket:?}");
        }
        assert!(judge(None, peer, target).is_err());
        let old = Socket { cgroup: None, ..of(ESTABLISHED, 1000, 9) };
        assert_eq!(judge(Some(old), peer, target).unwrap().cgroup, None, "a kernel without the attribute");
    }
}
