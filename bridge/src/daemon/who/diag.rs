//! Asking the kernel by `NETLINK_SOCK_DIAG`, which needs no privilege and takes some 5 us.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use himds::sock_diag::{Answer, Socket, answer, request};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, connect, netlink, recv, send, socket_with,
};

const ENOENT: i32 = 2;

/// A socket to the kernel. One is used for all questions; the kernel answers each before `send` returns.
#[derive(Default)]
pub(crate) struct Diag {
    netlink: Option<OwnedFd>,
}

impl Diag {
    #[cfg(test)]
    pub(super) fn descriptor(&self) -> Option<&OwnedFd> {
        self.netlink.as_ref()
    }

    /// The socket with exactly these ends, or a listener on its port, or none. Does not block.
    pub(crate) fn socket(&mut self, local: SocketAddr, remote: SocketAddr) -> io::Result<Option<Socket>> {
        let request = request(local, remote).ok_or(io::ErrorKind::InvalidInput)?;
        let netlink = match self.netlink.take() {
            Some(netlink) => netlink,
            None => open()?,
        };
        send(&netlink, &request, SendFlags::empty())?;
        let mut message = [0; 1024];
        let (length, _) = recv(&netlink, &mut message[..], RecvFlags::empty())?;
        let answer = match answer(&message[..length.min(message.len())]) {
            Answer::Socket(socket) => Ok(Some(socket)),
            Answer::Error(ENOENT) => Ok(None),
            Answer::Error(errno) => return Err(io::Error::from_raw_os_error(errno)),
            Answer::Malformed => return Err(io::ErrorKind::InvalidData.into()),
        };
        // Kept only if all went well: an answer that was not read would be taken for the next one's.
        self.netlink = Some(netlink);
        answer
    }
}

fn open() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, Some(netlink::SOCK_DIAG))?;
    // Connected to the kernel: somebody with CAP_NET_ADMIN could otherwise send an answer of his own.
    connect(&socket, &netlink::SocketAddrNetlink::new(0, 0))?;
    Ok(socket)
}
