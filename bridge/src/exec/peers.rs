//! The connections that the command's processes made, by the address they come from.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A connection that nobody has asked about for so long was never accepted: its address may by now be somebody else's.
/// Longer than a first request may take.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(10);

/// Who may ask. The thread that makes connections adds them before the command learns that it is connected; the front
/// removes them when they end.
#[derive(Default)]
pub(crate) struct Peers(Mutex<HashMap<SocketAddr, Peer>>);

struct Peer {
    since: Instant,
    seen: bool,
}

impl Peers {
    /// A connection that was made for the command.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux connects for the command"))]
    pub(crate) fn add(&self, address: SocketAddr, now: Instant) {
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        peers.retain(|_, peer| peer.seen || now.duration_since(peer.since) < FORGOTTEN_AFTER);
        peers.insert(canonical(address), Peer { since: now, seen: false });
    }

    /// Whether a connection from here was made for the command.
    pub(crate) fn admits(&self, address: SocketAddr, now: Instant) -> bool {
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(peer) = peers.get_mut(&canonical(address)) else {
            return false;
        };
        let good = peer.seen || now.duration_since(peer.since) < FORGOTTEN_AFTER;
        peer.seen |= good;
        good
    }

    /// The connection has ended.
    pub(crate) fn remove(&self, address: SocketAddr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&canonical(address));
    }
}

/// An IPv6 socket sees an IPv4 address in its mapped form.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_made_is_admitted_and_only_while_it_lasts() {
        let (peers, now) = (Peers::default(), Instant::now());
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let (mapped, plain, other) = (address("[::ffff:127.0.0.1]:5"), address("127.0.0.1:5"), address("127.0.0.1:6"));
        assert!(!peers.admits(plain, now));
        peers.add(mapped, now);
        assert!(peers.admits(plain, now) && !peers.admits(other, now));
        assert!(peers.admits(plain, now + FORGOTTEN_AFTER * 2), "it is in use");
        peers.remove(plain);
        assert!(!peers.admits(plain, now));
    }

    #[test]
    fn a_connection_that_never_came_is_forgotten() {
        let (peers, now) = (Peers::default(), Instant::now());
        let address = SocketAddr::from(([127, 0, 0, 1], 5));
        peers.add(address, now);
        assert!(!peers.admits(address, now + FORGOTTEN_AFTER));
        peers.add(SocketAddr::from(([127, 0, 0, 1], 6)), now + FORGOTTEN_AFTER);
        assert_eq!(peers.0.lock().unwrap().len(), 1);
    }
}
