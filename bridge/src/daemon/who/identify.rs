//! From a connection to its caller.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::net::sockopt::{ip_original_dst, socket_peercred};
use tokio::net::{TcpStream, UnixStream};

use super::diag::Diag;
use super::judge::{Maker, judge};
use crate::daemon::accounts::groups_of;
use crate::daemon::caller::{Caller, Way};
use crate::daemon::units::Units;
use crate::words::words;

/// Groups of a user are looked up again after so long: a directory in the network may answer slowly.
const GROUPS_FOR: Duration = Duration::from_secs(60);
/// Users whose groups are kept.
const MOST_USERS: usize = 1024;

/// A connection as its caller's socket knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    /// The caller's own end.
    pub(crate) peer: SocketAddr,
    /// Where the caller connected to. Behind a redirect this is not our end.
    pub(crate) target: SocketAddr,
}

impl Ends {
    /// The ends of an accepted connection.
    pub(crate) fn of(stream: &TcpStream, peer: SocketAddr) -> std::io::Result<Ends> {
        let own = plain(stream.local_addr()?);
        // Without connection tracking there is no redirect, and no answer.
        let target = if own.is_ipv4() { ip_original_dst(stream).map_or(own, SocketAddr::V4) } else { own };
        Ok(Ends { peer: plain(peer), target })
    }
}

/// A socket for both families gives IPv4 addresses in their mapped form.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Why it cannot be told who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unknown(pub(crate) String);

/// Finds out who calls.
pub(crate) struct Identify {
    diag: RefCell<Diag>,
    units: RefCell<Units>,
    /// Whether a rule names a group: otherwise nobody's are looked up.
    groups: bool,
    kept: RefCell<HashMap<u32, (Instant, Vec<u32>)>>,
}

fn silent(error: &io::Error) -> Unknown {
    Unknown(format!("the kernel does not say who calls: {}", words(error)))
}

impl Identify {
    /// With a fresh memory of units and groups.
    pub(crate) fn new(units: Units, groups: bool) -> Self {
        Identify { diag: RefCell::default(), units: RefCell::new(units), groups, kept: RefCell::default() }
    }

    /// The maker of the socket at the other end of a TCP connection in this network namespace.
    pub(crate) fn maker(&self, ends: Ends) -> Result<Maker, Unknown> {
        let answer = self.diag.borrow_mut().socket(ends.peer, ends.target);
        let socket = answer.map_err(|error| silent(&error))?;
        judge(socket, ends.peer, ends.target).map_err(|reason| Unknown(reason.to_owned()))
    }

    /// The caller with that socket.
    pub(crate) fn caller(&self, socket: &Rc<str>, maker: Maker) -> Caller {
        let unit = maker.cgroup.and_then(|id| self.units.borrow_mut().of(id));
        let (socket, groups) = (Rc::clone(socket), self.groups_of(maker.uid));
        Caller { socket, way: Way::Port, uid: Some(maker.uid), groups, unit }
    }

    /// The caller at the other end of a Unix socket. Its control group could only be found by its process id, which may
    /// by now be another process's: it has no unit.
    pub(crate) fn unix(&self, socket: &Rc<str>, stream: &UnixStream) -> Result<Caller, Unknown> {
        let peer = socket_peercred(stream).map_err(|error| silent(&error.into()))?;
        let uid = peer.uid.as_raw();
        let (socket, groups) = (Rc::clone(socket), self.groups_of(uid));
        Ok(Caller { socket, way: Way::Unix, uid: Some(uid), groups, unit: None })
    }

    /// The same caller by what is known now: the rules may have been read again, and groups have changed.
    pub(crate) fn again(&self, known: &Caller, maker: Option<Maker>) -> Caller {
        match maker {
            Some(maker) => self.caller(&known.socket, maker),
            None => Caller { groups: known.uid.map_or_else(Vec::new, |uid| self.groups_of(uid)), ..known.clone() },
        }
    }

    /// A caller in another network namespace.
    pub(crate) fn elsewhere(socket: &Rc<str>) -> Caller {
        Caller { socket: Rc::clone(socket), way: Way::Elsewhere, uid: None, groups: Vec::new(), unit: None }
    }

    fn groups_of(&self, uid: u32) -> Vec<u32> {
        if !self.groups {
            return Vec::new();
        }
        let (mut kept, now) = (self.kept.borrow_mut(), Instant::now());
        if let Some((since, groups)) = kept.get(&uid) {
            if now.duration_since(*since) < GROUPS_FOR {
                return groups.clone();
            }
        }
        if kept.len() >= MOST_USERS {
            kept.clear();
        }
        let groups = groups_of(uid);
        kept.insert(uid, (now, groups.clone()));
        groups
    }
}
