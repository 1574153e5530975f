//! What a `struct sockaddr` says, read from another process's memory: untrusted bytes of untrusted length.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::front::{ADDRESS, PORT};

/// `AF_INET` and `AF_INET6` of Linux.
const INET: u16 = 2;
const INET6: u16 = 10;
/// The kernel takes no shorter ones: `struct sockaddr_in`, and `struct sockaddr_in6` without its scope.
const INET_LENGTH: usize = 16;
const INET6_LENGTH: usize = 24;

/// So many bytes say everything.
pub const LENGTH: usize = INET6_LENGTH;

/// The internet address in these bytes; `None` for every other family and for what the kernel would refuse.
pub fn read(bytes: &[u8]) -> Option<SocketAddr> {
    let family = u16::from_ne_bytes(field(bytes, 0)?);
    let port = u16::from_be_bytes(field(bytes, 2)?);
    let ip = match family {
        INET if bytes.len() >= INET_LENGTH => IpAddr::V4(Ipv4Addr::from(field::<4>(bytes, 4)?)),
        INET6 if bytes.len() >= INET6_LENGTH => IpAddr::V6(Ipv6Addr::from(field::<16>(bytes, 8)?)),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// Whether it is a VM's metadata service, in IPv4 or mapped into IPv6.
pub fn is_metadata_service(address: SocketAddr) -> bool {
    address.ip().to_canonical() == IpAddr::V4(ADDRESS) && address.port() == PORT
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(family: u16, port: u16, rest: &[u8]) -> Vec<u8> {
        [&family.to_ne_bytes()[..], &port.to_be_bytes(), rest].concat()
    }

    fn v4(address: [u8; 4], port: u16) -> Vec<u8> {
        bytes(INET, port, &[&address[..], &[0; 8]].concat())
    }

    fn v6(address: &str, port: u16) -> Vec<u8> {
        let address: Ipv6Addr = address.parse().unwrap();
        bytes(INET6, port, &[&[0; 4][..], &address.octets(), &[0; 4]].concat())
    }

    #[test]
    fn the_metadata_service_in_both_families() {
        for bytes in [v4([169, 254, 169, 254], 80), v6("::ffff:169.254.169.254", 80)] {
            assert!(read(&bytes).is_some_and(is_metadata_service), "{bytes:?}");
        }
        for bytes in [
            v4([169, 254, 169, 254], 443),
            v4([169, 254, 169, 253], 80),
            v4([127, 0, 0, 1], 80),
            v6("::169.254.169.254", 80),
            v6("::ffff:169.254.169.254", 81),
            v6("64:ff9b::169.254.169.254", 80),
            v6("fd00:ec2::254", 80),
        ] {
            assert!(!read(&bytes).is_some_and(is_metadata_service), "{bytes:?}");
        }
    }

    #[test]
    fn what_the_kernel_refuses_is_not_an_address() {
        for bytes in [
            vec![],
            vec![2],
            v4([169, 254, 169, 254], 80)[..15].to_vec(),
            v6("::ffff:169.254.169.254", 80)[..23].to_vec(),
            bytes(0, 80, &[169, 254, 169, 254, 0, 0, 0, 0, 0, 0, 0, 0]),
            bytes(1, 80, &[169, 254, 169, 254, 0, 0, 0, 0, 0, 0, 0, 0]),
        ] {
            assert_eq!(read(&bytes), None, "{bytes:?}");
        }
        assert!(read(&v6("::ffff:169.254.169.254", 80)[..24]).is_some_and(is_metadata_service));
    }
}
