//! Single flight: one request for a resource, whose outcome goes to every caller that waits for it.
//!
//! Takes no lock: the table is replaced as a whole, and `os/fork.rs` says what that is for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use foldhash::fast::FixedState;
use once_cell::race::OnceBox;
use tokio::sync::Notify;

use crate::call::blocking::is_above_a_suspended_call;
use crate::os::fork::generation;
use crate::{AccessToken, Error};

/// A leader ends its flight at its own deadline at the latest. One that has not by so much later is gone: its thread was
/// ended, or its future is not polled any more.
const GRACE: Duration = Duration::from_millis(250);

/// How a flight ended.
#[derive(Clone)]
pub(crate) enum Outcome {
    Token(Arc<AccessToken>),
    /// A final error, for every waiter.
    Error(Error),
    /// The leader gave up, which a waiter with more time need not do: it was cancelled (then without a deadline), or its
    /// own deadline ended first.
    CutShort {
        error: Error,
        deadline: Option<Duration>,
    },
    /// The leader is of no help: its future was dropped, it panicked, or its brief refresh ahead of need failed.
    Nothing,
}

/// A request under way.
pub(crate) struct Flight {
    outcome: OnceBox<Outcome>,
    ended: Notify,
    /// On the client's clock: from then on nobody waits for it.
    lost_from: Duration,
}

impl Flight {
    fn new(deadline: Duration) -> Self {
        Flight { outcome: OnceBox::new(), ended: Notify::new(), lost_from: deadline.saturating_add(GRACE) }
    }

    /// Waits for the end. The caller puts its own limits around this, and does not wait beyond [`lost_from`](Self::lost_from).
    pub(crate) async fn outcome(&self) -> Outcome {
        loop {
            let ended = self.ended.notified();
            if let Some(outcome) = self.outcome.get() {
                return outcome.clone();
            }
            ended.await;
        }
    }

    /// When its leader is known to be gone, on the client's clock.
    pub(crate) fn lost_from(&self) -> Duration {
        self.lost_from
    }

    fn end(&self, outcome: Outcome) {
        let _ = self.outcome.set(Box::new(outcome));
        self.ended.notify_waiters();
    }
}

/// A forced refresh joins only another one.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    resource: Arc<str>,
    forced: bool,
}

/// The hash is not seeded, as the store's is not: see `os/fork.rs`.
type Map = HashMap<Key, Arc<Flight>, FixedState>;

/// The flights of the process of this generation.
#[derive(Clone)]
struct Table {
    generation: u64,
    flights: Map,
}

/// All flights of a client.
pub(crate) struct Flights(Arc<ArcSwap<Table>>);

/// What a caller is to do.
pub(crate) enum Role {
    Lead(Leader),
    Wait(Arc<Flight>),
}

/// When a caller joins, and until when it would lead, on the client's clock.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    pub(crate) now: Duration,
    pub(crate) deadline: Duration,
}

impl Default for Flights {
    fn default() -> Self {
        Flights(Arc::new(ArcSwap::from_pointee(Table { generation: generation(), flights: Map::default() })))
    }
}

impl Flights {
    /// Joins the flight for this resource, or begins it.
    pub(crate) fn join(&self, resource: &str, forced: bool, span: Span) -> Role {
        let generation = generation();
        let key = Key { resource: resource.into(), forced };
        let flight = Arc::new(Flight::new(span.deadline));
        let mut waits_for = None;
        self.0.rcu(|table| {
            waits_for = None;
            let mut next = match table.generation == generation {
                true => Table::clone(table),
                false => {
                    // Never dropped: what it holds may wake threads that are not there.
                    std::mem::forget(Arc::clone(table));
                    Table { generation, flights: Map::default() }
                }
            };
            match next.flights.get(&key).filter(|other| span.now < other.lost_from) {
                // It may be the suspended call's: this one flies alone.
                Some(_) if is_above_a_suspended_call() => {}
                Some(other) => waits_for = Some(Arc::clone(other)),
                None => drop(next.flights.insert(key.clone(), Arc::clone(&flight))),
            }
            next
        });
        match waits_for {
            Some(other) => Role::Wait(other),
            None => Role::Lead(Leader { flights: Arc::clone(&self.0), generation, key, flight }),
        }
    }
}

/// The duty to end a flight; dropped without [`finish`](Self::finish), it leaves no outcome.
pub(crate) struct Leader {
    flights: Arc<ArcSwap<Table>>,
    generation: u64,
    key: Key,
    flight: Arc<Flight>,
}

impl Leader {
    pub(crate) fn finish(self, outcome: Outcome) {
        self.end(outcome);
    }

    fn end(&self, outcome: Outcome) {
        if generation() != self.generation {
            // A child that was forked in the midst of this call: the flight is the parent's.
            return;
        }
        self.flights.rcu(|table| {
            // It may be gone, and another one begun, if this one was ended before or lost.
            match table.flights.get(&self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight)) {
                false => Arc::clone(table),
                true => {
                    let mut next = Table::clone(table);
                    next.flights.remove(&self.key);
                    Arc::new(next)
                }
            }
        });
        self.flight.end(outcome);
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        self.end(Outcome::Nothing);
    }
}

#[cfg(all(test, not(shuttle)))]
#[path = "single_flight_tests.rs"]
mod tests;
