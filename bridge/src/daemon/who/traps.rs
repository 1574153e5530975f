//! Every trap of asking the kernel, with real sockets. What needs several accounts is in tests/bridge.
#![allow(unsafe_code, reason = "options of sockets that no safe crate has")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd as _;

use rustix::net::{AddressFamily, SocketType, sockopt};

use super::diag::Diag;
use super::judge::{Maker, judge};

fn ask(peer: SocketAddr, target: SocketAddr) -> Result<Maker, &'static str> {
    judge(Diag::default().socket(peer, target).unwrap(), peer, target)
}

/// A connection: the client's side, the server's side, and the two addresses.
fn connection() -> (TcpStream, TcpStream, SocketAddr, SocketAddr) {
    connection_from([127, 0, 0, 1])
}

fn connection_from(address: [u8; 4]) -> (TcpStream, TcpStream, SocketAddr, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap();
    let client = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    rustix::net::bind(&client, &SocketAddr::from((address, 0))).unwrap();
    rustix::net::connect(&client, &target).unwrap();
    let (server, peer) = listener.accept().unwrap();
    (client.into(), server, peer, target)
}

fn set(socket: &impl std::os::fd::AsRawFd, level: i32, option: i32, value: i32) {
    let size = size_of::<i32>() as libc::socklen_t;
    // SAFETY: the value is an int, and its size is given.
    assert_eq!(unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const value).cast(), size) }, 0);
}

#[test]
fn an_open_connection_has_the_maker_of_its_socket() {
    let (_client, _server, peer, target) = connection();
    let maker = ask(peer, target).unwrap();
    assert_eq!(maker.uid, rustix::process::geteuid().as_raw());
    assert_ne!(maker.inode, 0);
    assert_eq!(ask(peer, target), Ok(maker), "the same socket again");
    assert!(ask(target, peer).is_ok_and(|server| server.inode != maker.inode), "the other end is another socket");
}

#[test]
fn a_half_closed_server_is_close_wait_for_the_client() {
    let (mut client, server, peer, target) = connection();
    server.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    assert!(ask(peer, target).is_ok());
}

#[test]
fn peer_closed_before_lookup() {
    let (mut client, server, peer, target) = connection();
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    drop(client);
    assert!(ask(peer, target).is_err(), "nobody holds it, and an older kernel says uid 0");
    drop(server);
}

#[test]
fn time_wait() {
    let (client, mut server, peer, target) = connection();
    drop(client);
    assert_eq!(server.read(&mut [0]).unwrap(), 0);
    drop(server);
    let socket = Diag::default().socket(peer, target).unwrap();
    assert_eq!(socket.map(|socket| (socket.uid, socket.inode)), Some((0, 0)), "the kernel says uid 0 of it");
    assert!(ask(peer, target).is_err());
}

#[test]
fn listener_on_same_port() {
    // From an address of its own, so that no other program is given the port meanwhile.
    let (client, server, peer, target) = connection_from([127, 77, 0, 1]);
    // Closed by a reset, so that the port is free at once.
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    let size = size_of::<libc::linger>() as libc::socklen_t;
    // SAFETY: the value is a linger structure, and its size is given.
    let done = unsafe {
        libc::setsockopt(client.as_raw_fd(), libc::SOL_SOCKET, libc::SO_LINGER, (&raw const linger).cast(), size)
    };
    assert_eq!(done, 0);
    drop((client, server));
    let _listener = TcpListener::bind(peer).unwrap();
    let found = Diag::default().socket(peer, target).unwrap().expect("the kernel answers with the listener");
    assert_eq!((found.local, found.remote.port()), (peer, 0));
    assert_ne!(found.inode, 0);
    assert!(ask(peer, target).is_err());
}

#[test]
fn syn_recv() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    // The server's end stays half open until data comes.
    set(&listener, libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, 5);
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (peer, target) = (client.local_addr().unwrap(), client.peer_addr().unwrap());
    let half_open = Diag::default().socket(target, peer).unwrap().expect("the kernel has a request");
    assert_eq!((half_open.uid, half_open.inode), (0, 0), "the kernel says uid 0 of it");
    assert!(ask(target, peer).is_err());
    assert!(ask(peer, target).is_ok(), "the client's own end is open");
}

#[test]
fn both_ends_must_be_equal() {
    let (_client, _server, peer, target) = connection();
    let (_other_client, _other_server, other_peer, other_target) = connection();
    assert!(ask(peer, other_target).is_err() && ask(other_peer, target).is_err());
}

#[test]
fn an_ipv6_socket_that_carries_ipv4_is_found() {
    let socket = rustix::net::socket(AddressFamily::INET6, SocketType::STREAM, None).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap();
    sockopt::set_ipv6_v6only(&socket, false).unwrap();
    let mapped: SocketAddr = format!("[::ffff:127.0.0.1]:{}", target.port()).parse().unwrap();
    rustix::net::connect(&socket, &mapped).unwrap();
    let (_server, peer) = listener.accept().unwrap();
    assert_eq!(ask(peer, target).unwrap().uid, rustix::process::geteuid().as_raw());
}

#[test]
fn nobody_listens_and_nobody_is_connected() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(ask(free, "127.0.0.1:9".parse().unwrap()).is_err());
}

/// Root in this network namespace, which may be a container's, may not answer in the kernel's place.
#[test]
fn answers_come_from_the_kernel_alone() {
    use rustix::net::netlink::{self, SocketAddrNetlink};
    use rustix::net::{RecvFlags, SendFlags, SocketFlags};

    let (_client, _server, peer, target) = connection();
    let mut diag = Diag::default();
    assert!(diag.socket(peer, target).unwrap().is_some());
    let asked = diag.descriptor().expect("it is kept");
    let port = SocketAddrNetlink::try_from(rustix::net::getsockname(asked).unwrap()).unwrap().pid();
    let forger = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        Some(netlink::SOCK_DIAG),
    )
    .unwrap();
    let to = SocketAddrNetlink::new(port, 0);
    assert!(rustix::net::sendto(&forger, b"forged", SendFlags::empty(), &to).is_err(), "not delivered");
    assert!(rustix::net::recv(asked, &mut [0; 16][..], RecvFlags::DONTWAIT).is_err(), "nothing has come");
}

/// Whatever bytes come, the parser answers, and never with a socket that is longer than the message.
#[test]
fn netlink_parser_fuzzed() {
    let (_client, _server, peer, target) = connection();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let request = himds::sock_diag::request(peer, target).unwrap();
    for _ in 0..200_000 {
        let mut message = request.to_vec();
        message.resize((random() % 300) as usize, random() as u8);
        for _ in 0..random() % 8 {
            if !message.is_empty() {
                let at = random() as usize % message.len();
                message[at] = random() as u8;
            }
        }
        // Half of them say their true length, so that what is inside is read.
        if random() % 2 == 0 && message.len() >= 16 {
            let length = message.len() as u32;
            message[..4].copy_from_slice(&length.to_ne_bytes());
        }
        let answer = himds::sock_diag::answer(&message);
        if let himds::sock_diag::Answer::Socket(_) = answer {
            assert!(message.len() >= 88);
        }
    }
}
