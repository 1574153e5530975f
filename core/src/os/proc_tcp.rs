//! The kernel's TCP sockets as text, `/proc/net/tcp` and `/proc/net/tcp6` (proc_net(5)). Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::sock_diag::Socket;

/// The sockets in the text of a table.
pub(crate) fn sockets(table: &str) -> impl Iterator<Item = Socket> {
    table.lines().skip(1).filter_map(socket)
}

/// A line: number, local address, remote address, state, queues, timer, retransmissions, uid, timeout, inode.
fn socket(line: &str) -> Option<Socket> {
    let mut fields = line.split_whitespace().skip(1);
    Some(Socket {
        local: end(fields.next()?)?,
        remote: end(fields.next()?)?,
        state: u8::from_str_radix(fields.next()?, 16).ok()?,
        uid: fields.nth(3)?.parse().ok()?,
        inode: fields.nth(1)?.parse().ok()?,
        cgroup: None,
    })
}

fn end(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    Some(SocketAddr::new(ip(address)?, u16::from_str_radix(port, 16).ok()?))
}

/// Words of 32 bits in the machine's own byte order.
fn ip(hex: &str) -> Option<IpAddr> {
    if !hex.is_ascii() {
        return None;
    }
    let word = |at: usize| u32::from_str_radix(hex.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes);
    match hex.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let mut bytes = [0; 16];
            for (index, four) in bytes.chunks_exact_mut(4).enumerate() {
                four.copy_from_slice(&word(8 * index)?);
            }
            Some(Ipv6Addr::from(bytes).into())
        }
        _ => None,
    }
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            \x20  0: 0100007F:9D96 00000000:0000 0A 00000000:00000000 00:00000000 00000000   998        0 4711 1\n\
            \x20  1: 0100007F:9D96 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 12 1 x\n\
            \x20  2: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 9 1\n\
            short\n   3: 0100007F:ZZZZ 00000000:0000 0A 0:0 0:0 0 0 0 9\n   4: äö:0050 00000000:0000 0A 0:0 0:0 0 0 0 9\n";
        let found: Vec<_> = sockets(table).collect();
        let expected = |local: &str, remote: &str, state, uid, inode| Socket {
            local: local.parse().unwrap(),
            remote: remote.parse().unwrap(),
            state,
            uid,
            inode,
            cgroup: None,
        };
        assert_eq!(
            found,
            [
                expected("127.0.0.1:40342", "0.0.0.0:0", 10, 998, 4711),
                expected("127.0.0.1:40342", "127.0.0.1:50000", 1, 0, 12),
                expected("[::1]:80", "[::]:0", 10, 0, 9),
            ]
        );
        assert_eq!(sockets("").count(), 0);
    }
}
