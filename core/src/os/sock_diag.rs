//! One question to the kernel's `NETLINK_SOCK_DIAG` (sock_diag(7)): who owns the socket with exactly these two ends.
//! Pure: the message and the reading of its answer. Needs nothing of this crate; `himds bridge` uses it too, by a hidden
//! path.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A TCP socket as the kernel describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Socket {
    /// As in `tcp(7)`: 1 is ESTABLISHED.
    pub state: u8,
    /// Its own end.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
    /// Whose process made it, for an accepted one: accepted it.
    pub uid: u32,
    /// 0 while no process has it.
    pub inode: u64,
    /// The id of the maker's control group, which is the inode of its directory; from Linux 5.8 on.
    pub cgroup: Option<u64>,
}

/// What the kernel answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A socket, perhaps only a listener on that port: compare both ends.
    Socket(Socket),
    /// An errno.
    Error(i32),
    /// Not an answer.
    Malformed,
}

const HEADER: usize = 16;
/// The length of a request.
pub const REQUEST: usize = HEADER + 56;
const ANSWER: usize = HEADER + 72;

const NLMSG_ERROR: u16 = 2;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLM_F_REQUEST: u16 = 1;
const INET_DIAG_CGROUP_ID: u16 = 21;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IPPROTO_TCP: u8 = 6;
const EVERY_STATE: u32 = u32::MAX;
const NO_COOKIE: [u8; 8] = [0xff; 8];

/// Where in a message the pair of addresses begins: after four bytes and, in a request, the states.
const REQUEST_ID: usize = HEADER + 8;
const ANSWER_ID: usize = HEADER + 4;

/// The request for the socket whose own end is `local`. `None` for ends of two families.
pub fn request(local: SocketAddr, remote: SocketAddr) -> Option<[u8; REQUEST]> {
    let family = match (local, remote) {
        (SocketAddr::V4(_), SocketAddr::V4(_)) => AF_INET,
        (SocketAddr::V6(_), SocketAddr::V6(_)) => AF_INET6,
        _ => return None,
    };
    let mut message = [0; REQUEST];
    let mut put = |at: usize, bytes: &[u8]| message[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &(REQUEST as u32).to_ne_bytes());
    put(4, &SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    put(6, &NLM_F_REQUEST.to_ne_bytes());
    put(HEADER, &[family, IPPROTO_TCP]);
    put(HEADER + 4, &EVERY_STATE.to_ne_bytes());
    put(REQUEST_ID, &local.port().to_be_bytes());
    put(REQUEST_ID + 2, &remote.port().to_be_bytes());
    put(REQUEST_ID + 4, &octets(local.ip()));
    put(REQUEST_ID + 20, &octets(remote.ip()));
    put(REQUEST_ID + 40, &NO_COOKIE);
    Some(message)
}

/// Reads the answer to a [`request`].
pub fn answer(message: &[u8]) -> Answer {
    read(message).unwrap_or(Answer::Malformed)
}

fn read(message: &[u8]) -> Option<Answer> {
    let length = usize::try_from(u32::from_ne_bytes(bytes(message, 0)?)).ok()?;
    if length > message.len() {
        return None;
    }
    match u16::from_ne_bytes(bytes(message, 4)?) {
        NLMSG_ERROR => Some(Answer::Error(i32::from_ne_bytes(bytes(message, HEADER)?).checked_neg()?)),
        SOCK_DIAG_BY_FAMILY if length >= ANSWER => Some(Answer::Socket(Socket {
            state: *message.get(HEADER + 1)?,
            local: end(message, 0, 4)?,
            remote: end(message, 2, 20)?,
            uid: u32::from_ne_bytes(bytes(message, ANSWER - 8)?),
            inode: u32::from_ne_bytes(bytes(message, ANSWER - 4)?).into(),
            cgroup: attribute(message.get(ANSWER..length)?, INET_DIAG_CGROUP_ID).map(u64::from_ne_bytes),
        })),
        _ => None,
    }
}

/// The value of an attribute, if it is there and has this size.
fn attribute<const N: usize>(mut attributes: &[u8], wanted: u16) -> Option<[u8; N]> {
    loop {
        let length = usize::from(u16::from_ne_bytes(bytes(attributes, 0)?));
        let value = attributes.get(4..length)?;
        if u16::from_ne_bytes(bytes(attributes, 2)?) == wanted {
            return value.try_into().ok();
        }
        attributes = attributes.get(length.next_multiple_of(4)..)?;
    }
}

/// One end of the pair. An IPv6 socket that carries IPv4 gives mapped addresses.
fn end(message: &[u8], port: usize, address: usize) -> Option<SocketAddr> {
    let ip: IpAddr = match *message.get(HEADER)? {
        AF_INET => Ipv4Addr::from(bytes(message, ANSWER_ID + address)?).into(),
        AF_INET6 => Ipv6Addr::from(bytes::<16>(message, ANSWER_ID + address)?).to_canonical(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, u16::from_be_bytes(bytes(message, ANSWER_ID + port)?)))
}

fn bytes<const N: usize>(message: &[u8], at: usize) -> Option<[u8; N]> {
    message.get(at..at + N)?.try_into().ok()
}

fn octets(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(ip) => {
            let mut octets = [0; 16];
            octets[..4].copy_from_slice(&ip.octets());
            octets
        }
        IpAddr::V6(ip) => ip.octets(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    /// What the kernel would answer to the request: the same pair, with this family and these details.
    fn reply(family: u8, state: u8, id: &[u8], uid: u32, inode: u32) -> Vec<u8> {
        let mut message = Vec::new();
        message.extend((ANSWER as u32).to_ne_bytes());
        message.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
        message.extend([0; 10]);
        message.extend([family, state, 0, 0]);
        message.extend(id);
        message.extend([0; 12]);
        message.extend(uid.to_ne_bytes());
        message.extend(inode.to_ne_bytes());
        message
    }

    #[test]
    fn the_request_names_both_ends() {
        let four = request(address("127.0.0.1:40342"), address("127.0.0.2:50000")).unwrap();
        assert_eq!(four[..4], 72_u32.to_ne_bytes());
        assert_eq!(four[16..20], [2, 6, 0, 0]);
        assert_eq!(four[24..32], [0x9d, 0x96, 0xc3, 0x50, 127, 0, 0, 1]);
        assert_eq!(four[44..48], [127, 0, 0, 2]);
        assert_eq!(four[60..72], [0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255]);
        let six = request(address("[::1]:1"), address("[::1]:2")).unwrap();
        assert_eq!((six[16], six[43], six[59]), (10, 1, 1));
        assert!(request(address("127.0.0.1:1"), address("[::1]:2")).is_none());
    }

    #[test]
    fn answers() {
        let (server, client) = (address("127.0.0.1:40342"), address("127.0.0.1:50000"));
        let id = |server, client| request(server, client).unwrap()[REQUEST_ID..].to_vec();
        let socket = Socket { state: 1, local: server, remote: client, uid: 998, inode: 4711, cgroup: None };
        let plain = reply(AF_INET, 1, &id(server, client), 998, 4711);
        assert_eq!(answer(&plain), Answer::Socket(socket));
        let mapped = id(address("[::ffff:127.0.0.1]:40342"), address("[::ffff:127.0.0.1]:50000"));
        assert_eq!(
            answer(&reply(AF_INET6, 1, &mapped, 998, 4711)),
            Answer::Socket(socket),
            "a socket for both families"
        );
        let (server, client) = (address("[::1]:40342"), address("[::1]:50000"));
        let listener = answer(&reply(AF_INET6, 10, &id(server, client), 0, 0));
        assert_eq!(
            listener,
            Answer::Socket(Socket { state: 10, local: server, remote: client, uid: 0, inode: 0, cgroup: None })
        );

        let mut error = Vec::from(36_u32.to_ne_bytes());
        error.extend(NLMSG_ERROR.to_ne_bytes());
        error.extend([0; 10]);
        error.extend((-2_i32).to_ne_bytes());
        error.extend([0; 16]);
        assert_eq!(answer(&error), Answer::Error(2));
    }

    #[test]
    fn the_control_group_is_an_attribute_among_others() {
        let id = request(address("127.0.0.1:1"), address("127.0.0.1:2")).unwrap()[REQUEST_ID..].to_vec();
        let with = |attributes: &[(u16, &[u8])]| {
            let mut message = reply(AF_INET, 1, &id, 1000, 1);
            for (kind, value) in attributes {
                message.extend((4 + value.len() as u16).to_ne_bytes());
                message.extend(kind.to_ne_bytes());
                message.extend(*value);
                message.resize(message.len().next_multiple_of(4), 0);
            }
            let length = message.len() as u32;
            message[..4].copy_from_slice(&length.to_ne_bytes());
            message
        };
        let group = |message: &[u8]| match answer(message) {
            Answer::Socket(socket) => socket.cgroup,
            other => panic!("{other:?}"),
        };
        let number = 4242_u64.to_ne_bytes();
        assert_eq!(group(&with(&[(INET_DIAG_CGROUP_ID, &number)])), Some(4242));
        assert_eq!(group(&with(&[(8, b"x"), (22, b"12345"), (INET_DIAG_CGROUP_ID, &number)])), Some(4242));
        assert_eq!(group(&with(&[(8, b"x"), (22, b"12345")])), None, "an older kernel");
        assert_eq!(group(&with(&[(INET_DIAG_CGROUP_ID, b"1234")])), None, "another size");
        let endless = reply(AF_INET, 1, &id, 1000, 1).into_iter().chain([0; 8]).collect::<Vec<_>>();
        let length = endless.len() as u32;
        let endless = [&length.to_ne_bytes()[..], &endless[4..]].concat();
        assert_eq!(group(&endless), None, "an attribute without a length");
        let whole = with(&[(8, b"x"), (INET_DIAG_CGROUP_ID, &number)]);
        for length in ANSWER..whole.len() {
            let mut cut = whole[..length].to_vec();
            cut[..4].copy_from_slice(&(length as u32).to_ne_bytes());
            assert_eq!(group(&cut), None, "{length} bytes");
        }
    }

    #[test]
    fn what_is_cut_or_strange_is_malformed() {
        let id = request(address("127.0.0.1:1"), address("127.0.0.1:2")).unwrap()[REQUEST_ID..].to_vec();
        let whole = reply(AF_INET, 1, &id, 0, 1);
        for length in 0..whole.len() {
            assert_eq!(answer(&whole[..length]), Answer::Malformed, "{length} bytes");
        }
        assert_eq!(answer(&reply(1, 1, &id, 0, 1)), Answer::Malformed, "another family");
        let mut done = whole.clone();
        done[4] = 3;
        assert_eq!(answer(&done), Answer::Malformed, "another type");
        let mut short = whole;
        short[..4].copy_from_slice(&20_u32.to_ne_bytes());
        assert_eq!(answer(&short), Answer::Malformed, "shorter than it must be");
    }
}
