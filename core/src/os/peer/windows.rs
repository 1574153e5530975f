//! Asking Windows: the table of connections says which process has the other end, its token what that process is.
#![allow(unsafe_code, reason = "the system's tables have no safe calls")]

use std::mem::size_of;
use std::net::SocketAddr;
use std::ptr;

use windows_sys::Win32::Foundation::{ERROR_INSUFFICIENT_BUFFER, ERROR_SUCCESS};
use windows_sys::Win32::NetworkManagement::IpHelper::{
    GetExtendedTcpTable, MIB_TCP_STATE_CLOSE_WAIT, MIB_TCP_STATE_ESTAB, MIB_TCP6ROW_OWNER_PID, MIB_TCPROW_OWNER_PID,
    TCP_TABLE_OWNER_PID_CONNECTIONS,
};
use windows_sys::Win32::Networking::WinSock::{AF_INET, AF_INET6};

use super::verdict::{Readers, Verdict};
use super::windows_process::{Account, account, is_agents_service};

/// Whose process is at the server's end of this connection.
pub(crate) fn verdict(client: SocketAddr, server: SocketAddr, readers: &Readers) -> Verdict {
    let Some(rows) = rows(server.is_ipv6()) else { return Verdict::Unknown };
    let Some(row) = rows.iter().find(|row| (row.local, row.remote) == (server, client)) else { return Verdict::Gone };
    if row.state != MIB_TCP_STATE_ESTAB && row.state != MIB_TCP_STATE_CLOSE_WAIT {
        return Verdict::Gone;
    }
    let process = row.process;
    if process == 0 {
        return Verdict::Unknown;
    }
    // The service's own account may be hidden from this user; that only an administrator can install one is enough.
    if is_agents_service(process) {
        return Verdict::Reader(format!("process {process}, the agent's service"));
    }
    match account(process) {
        Account::Privileged => Verdict::Reader(format!("process {process} of a service or an administrator")),
        Account::User(sid) if readers.include(&sid) => {
            Verdict::Reader(format!("process {process} of the file's owner"))
        }
        Account::User(_) => Verdict::Stranger(format!("process {process} of another user")),
        Account::Hidden => Verdict::Stranger(format!("process {process}, whose user is hidden from this one")),
    }
}

/// A connection, one end of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    state: i32,
    local: SocketAddr,
    remote: SocketAddr,
    process: u32,
}

/// All connections of this family.
fn rows(six: bool) -> Option<Vec<Row>> {
    let family = u32::from(if six { AF_INET6 } else { AF_INET });
    // In words, for their alignment.
    let mut table: Vec<u32> = vec![0; 4096];
    // It may grow between two calls.
    for _ in 0..8 {
        let mut size = u32::try_from(table.len() * size_of::<u32>()).ok()?;
        // SAFETY: the table has that size.
        let result = unsafe {
            let buffer = table.as_mut_ptr().cast();
            GetExtendedTcpTable(buffer, &mut size, 0, family, TCP_TABLE_OWNER_PID_CONNECTIONS, 0)
        };
        match result {
            ERROR_SUCCESS => return Some(if six { read(&table, row_v6) } else { read(&table, row_v4) }),
            ERROR_INSUFFICIENT_BUFFER => table.resize(size as usize / size_of::<u32>() + 1024, 0),
            _ => return None,
        }
    }
    None
}

/// The rows behind their number. Both kinds consist of words.
fn read<T: Copy>(table: &[u32], row: fn(&T) -> Row) -> Vec<Row> {
    let words = size_of::<T>() / size_of::<u32>();
    let Some((count, rows)) = table.split_first() else { return Vec::new() };
    rows.chunks_exact(words)
        .take(*count as usize)
        // SAFETY: a chunk has the size of the row, which is plain numbers.
        .map(|chunk| row(&unsafe { ptr::read_unaligned(chunk.as_ptr().cast::<T>()) }))
        .collect()
}

fn row_v4(row: &MIB_TCPROW_OWNER_PID) -> Row {
    Row {
        state: row.dwState as i32,
        local: SocketAddr::new(row.dwLocalAddr.to_ne_bytes().into(), port(row.dwLocalPort)),
        remote: SocketAddr::new(row.dwRemoteAddr.to_ne_bytes().into(), port(row.dwRemotePort)),
        process: row.dwOwningPid,
    }
}

fn row_v6(row: &MIB_TCP6ROW_OWNER_PID) -> Row {
    Row {
        state: row.dwState as i32,
        local: SocketAddr::new(row.ucLocalAddr.into(), port(row.dwLocalPort)),
        remote: SocketAddr::new(row.ucRemoteAddr.into(), port(row.dwRemotePort)),
        process: row.dwOwningPid,
    }
}

/// The low 16 bits, in network order; the others may hold anything.
fn port(word: u32) -> u16 {
    u16::from_be(word as u16)
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn rows_as_they_lie_in_memory() {
        let loopback = u32::from_ne_bytes([127, 0, 0, 1]);
        let port = |number: u16| u32::from(number.to_be()) | 0xabcd_0000;
        let table = [2, 5, loopback, port(40342), loopback, port(50000), 77, 2, loopback, port(1), 0, 0, 4, 99, 99];
        let rows = read(&table, row_v4);
        let (server, client) = ("127.0.0.1:40342".parse().unwrap(), "127.0.0.1:50000".parse().unwrap());
        assert_eq!(rows.len(), 2, "no more than the table says");
        assert_eq!(rows[0], Row { state: MIB_TCP_STATE_ESTAB, local: server, remote: client, process: 77 });
        assert!(read(&[9], row_v4).is_empty());
    }

    #[test]
    fn a_connection_of_this_process_is_found() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(address) else { continue };
            let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let _accepted = listener.accept().unwrap();
            let (client, server) = (stream.local_addr().unwrap(), stream.peer_addr().unwrap());
            let Account::User(sid) = account(std::process::id()) else { return };
            let own = Readers { owners: vec![sid] };
            assert!(matches!(verdict(client, server, &own), Verdict::Reader(_) | Verdict::Unknown), "{address}");
        }
    }
}
