//! Which process listens on a port, from Linux's `/proc`.

use std::net::IpAddr;

use super::files::Files;
use crate::os::proc_tcp::sockets;
use crate::os::sock_diag::Socket;

/// A socket that listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listener {
    pub(super) address: IpAddr,
    pub(super) port: u16,
    pub(super) uid: u32,
    pub(super) inode: u64,
}

impl Listener {
    /// Whether a connection to this address would end here.
    pub(super) fn accepts(&self, address: IpAddr, port: u16) -> bool {
        let every = match self.address {
            IpAddr::V4(own) => own.is_unspecified() && address.is_ipv4(),
            // An IPv6 socket takes IPv4 connections too, as a rule.
            IpAddr::V6(own) => {
                own.is_unspecified() || own.to_ipv4_mapped().is_some_and(|own| own == address || own.is_unspecified())
            }
        };
        self.port == port && (every || self.address == address)
    }
}

/// All listeners in this network namespace; `None` if the kernel's tables cannot be read.
pub(super) fn listeners(files: Files<'_>) -> Option<Vec<Listener>> {
    let tables = [files.text("proc/net/tcp"), files.text("proc/net/tcp6")];
    tables.iter().any(Option::is_some).then(|| tables.iter().flatten().flat_map(|table| parse(table)).collect())
}

/// The listening sockets in the text of `/proc/net/tcp` or `/proc/net/tcp6`.
fn parse(table: &str) -> Vec<Listener> {
    const LISTEN: u8 = 10;
    let listener = |Socket { local, uid, inode, .. }| Listener { address: local.ip(), port: local.port(), uid, inode };
    sockets(table).filter(|socket| socket.state == LISTEN).map(listener).collect()
}

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: u32,
    pub(super) name: String,
}

/// The process that holds the socket with this inode. `None` also where this user may not look into it, or time is
/// up (`go_on`).
pub(super) fn owner(files: Files<'_>, inode: u64, go_on: impl Fn() -> bool) -> Option<Process> {
    let socket = format!("socket:[{inode}]");
    let holds = |pid: &u32| {
        let folder = format!("proc/{pid}/fd");
        let descriptors = files.names(&folder).unwrap_or_default();
        descriptors
            .iter()
            .any(|fd| files.link(&format!("{folder}/{fd}")).is_some_and(|link| link.as_os_str() == socket.as_str()))
    };
    let pid = processes(files).take_while(|_| go_on()).find(holds)?;
    Some(Process { pid, name: name(files, pid).unwrap_or_default() })
}

/// A process of this name whose user is one of these.
pub(super) fn named(files: Files<'_>, wanted: &str, of: impl Fn(u32) -> bool) -> Option<u32> {
    processes(files).find(|&pid| {
        name(files, pid).is_some_and(|name| name == wanted) && files.owner(&format!("proc/{pid}")).is_some_and(&of)
    })
}

fn processes(files: Files<'_>) -> impl Iterator<Item = u32> {
    files.names("proc").unwrap_or_default().into_iter().filter_map(|name| name.parse().ok())
}

fn name(files: Files<'_>, pid: u32) -> Option<String> {
    files.text(&format!("proc/{pid}/comm")).map(|text| text.trim_end().to_owned())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "temporary directories are real")]
mod tests {
    use std::fs;
    use std::net::Ipv4Addr;
    use std::os::unix::fs::symlink;

    use super::*;
    use tempfile::TempDir;

    const HEAD: &str =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    fn parsed(lines: &str) -> Vec<Listener> {
        parse(&format!("{HEAD}{lines}"))
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn tables() {
        let v4 = parsed(concat!(
            "   0: 0100007F:9D96 00000000:0000 0A 00000000:00000000 00:00000000 00000000   998        0 4711 1 0 100 0 0 10 0\n",
            "   1: 0100007F:9D96 0100007F:D431 01 00000000:00000000 00:00000000 00000000   998        0 4712 1 0 20 4 30 10 -1\n",
            "   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0 0 10 0\n",
        ));
        let agent = Listener { address: Ipv4Addr::LOCALHOST.into(), port: 40342, uid: 998, inode: 4711 };
        assert_eq!(v4[0], agent);
        assert_eq!((v4.len(), v4[1].port), (2, 22));
        let v6 = parsed(concat!(
            "   0: 00000000000000000000000001000000:9D96 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 5 1\n",
            "   1: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 6 1\n",
            "   2: 0000000000000000FFFF00000100007F:0051 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 7 1\n",
        ));
        let (v4_address, v6_address) = (Ipv4Addr::LOCALHOST.into(), std::net::Ipv6Addr::LOCALHOST.into());
        assert!(v6[0].accepts(v6_address, 40342) && !v6[0].accepts(v4_address, 40342));
        assert!(v6[1].accepts(v6_address, 80) && v6[1].accepts(v4_address, 80) && !v6[1].accepts(v4_address, 81));
        assert!(v6[2].accepts(v4_address, 81));
        assert!(v4[1].accepts(v4_address, 22) && !v4[1].accepts(v6_address, 22));
    }

    #[test]
    fn strange_tables_hold_nothing() {
        for text in [
            "",
            "x",
            "   0: 0100007F:9D96",
            "0: zz:9D96 00000000:0 0A 0 0 0 0 0 1",
            "0: ä100007:9D96 00000000:0 0A 0 0 0 0 0 1",
            "0: 01:1 00000000:0 0A 0 0 0 0 0 1",
        ] {
            assert_eq!(parsed(text), [], "{text}");
        }
    }

    #[test]
    fn the_owner_is_found_by_its_socket() {
        let root = TempDir::new().unwrap();
        let files = Files { root: root.path() };
        assert_eq!(listeners(files), None);
        for (pid, comm, target) in [("12", "sshd", "socket:[1]"), ("345", "himds", "socket:[4711]")] {
            let folder = root.path().join("proc").join(pid);
            fs::create_dir_all(folder.join("fd")).unwrap();
            fs::write(folder.join("comm"), format!("{comm}\n")).unwrap();
            symlink("/dev/null", folder.join("fd/0")).unwrap();
            symlink(target, folder.join("fd/3")).unwrap();
        }
        fs::create_dir_all(root.path().join("proc/sys")).unwrap();
        assert_eq!(owner(files, 4711, || true), Some(Process { pid: 345, name: "himds".to_owned() }));
        assert_eq!(owner(files, 4711, || false), None);
        assert_eq!(owner(files, 99, || true), None);
        assert_eq!(named(files, "himds", |_| true), Some(345));
        assert_eq!(named(files, "himds", |uid| uid != rustix::process::geteuid().as_raw()), None, "another user's");
        assert_eq!(named(files, "himd", |_| true), None);
    }

    #[test]
    fn our_own_listener_is_seen_in_the_real_tables() {
        let socket = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = socket.local_addr().unwrap();
        let files = Files { root: std::path::Path::new("/") };
        let listeners = listeners(files).unwrap();
        let own = listeners.iter().find(|listener| listener.accepts(address.ip(), address.port())).unwrap();
        assert_eq!(owner(files, own.inode, || true).unwrap().pid, std::process::id());
    }
}
