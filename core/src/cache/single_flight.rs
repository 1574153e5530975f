//! Single flight: one request for a resource, whose outcome goes to every caller that waits for it.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use foldhash::fast::FixedState;
use tokio::sync::Notify;

// tests/single-flight runs this file under shuttle, which stops threads at its own lock.
#[cfg(shuttle)]
use shuttle::sync::{Mutex, MutexGuard};
#[cfg(not(shuttle))]
use std::sync::{Mutex, MutexGuard};

use crate::call::blocking::is_above_a_suspended_call;
use crate::os::fork::process_id;
use crate::{AccessToken, Error};

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
#[derive(Default)]
pub(crate) struct Flight {
    outcome: OnceLock<Outcome>,
    ended: Notify,
}

impl Flight {
    /// Waits for the end. The caller puts its own limits around this.
    pub(crate) async fn outcome(&self) -> Outcome {
        loop {
            let ended = self.ended.notified();
            if let Some(outcome) = self.outcome.get() {
                return outcome.clone();
            }
            ended.await;
        }
    }

    fn end(&self, outcome: Outcome) {
        let _ = self.outcome.set(outcome);
        self.ended.notify_waiters();
    }
}

/// A forced refresh joins only another one.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    resource: Box<str>,
    forced: bool,
}

/// The hash is not seeded, as the store's is not: see `os/fork.rs`.
type Map = HashMap<Key, Arc<Flight>, FixedState>;

/// The flights of the process with this id.
struct Table {
    process: u32,
    flights: Mutex<Map>,
}

impl Table {
    fn new() -> Self {
        Table { process: process_id(), flights: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Map> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All flights of a client.
pub(crate) struct Flights(ArcSwap<Table>);

/// What a caller is to do.
pub(crate) enum Role {
    Lead(Leader),
    Wait(Arc<Flight>),
}

impl Default for Flights {
    fn default() -> Self {
        Flights(ArcSwap::from_pointee(Table::new()))
    }
}

impl Flights {
    /// Joins the flight for this resource, or begins it.
    pub(crate) fn join(&self, resource: &str, forced: bool) -> Role {
        let table = self.table();
        let key = Key { resource: resource.into(), forced };
        let mut flights = table.lock();
        let flight = Arc::new(Flight::default());
        match flights.get(&key) {
            // It may be the suspended call's: this one flies alone.
            Some(_) if is_above_a_suspended_call() => {}
            Some(flight) => return Role::Wait(Arc::clone(flight)),
            None => drop(flights.insert(key.clone(), Arc::clone(&flight))),
        }
        drop(flights);
        Role::Lead(Leader { table, key, flight })
    }

    /// The table of this process. After a `fork` the parent's is left alone for good: its lock may be held by a thread
    /// that does not exist here, and its flights will never land.
    fn table(&self) -> Arc<Table> {
        loop {
            let table = self.0.load_full();
            if table.process == process_id() {
                return table;
            }
            // Never dropped: what it holds may be locked or wake threads that are not there.
            std::mem::forget(Arc::clone(&table));
            self.0.compare_and_swap(&table, Arc::new(Table::new()));
        }
    }
}

/// The duty to end a flight; dropped without [`finish`](Self::finish), it leaves no outcome.
pub(crate) struct Leader {
    table: Arc<Table>,
    key: Key,
    flight: Arc<Flight>,
}

impl Leader {
    pub(crate) fn finish(self, outcome: Outcome) {
        self.end(outcome);
    }

    fn end(&self, outcome: Outcome) {
        let mut flights = self.table.lock();
        // It may be gone, and another one begun, if this one was ended before.
        if flights.get(&self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight)) {
            flights.remove(&self.key);
        }
        drop(flights);
        self.flight.end(outcome);
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        self.end(Outcome::Nothing);
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;
    use crate::Kind;

    #[tokio::test]
    async fn one_leads_and_the_others_get_the_outcome() {
        let flights = Flights::default();
        let Role::Lead(leader) = flights.join("r", false) else { panic!("the first leads") };
        let Role::Wait(waiting) = flights.join("r", false) else { panic!("the second waits") };
        assert!(matches!(flights.join("other", false), Role::Lead(_)), "one resource never waits for another");
        assert!(matches!(flights.join("r", true), Role::Lead(_)), "a forced refresh joins only another one");
        leader.finish(Outcome::Error(Error::new(Kind::Throttled, "x")));
        assert!(matches!(waiting.outcome().await, Outcome::Error(error) if error.kind() == Kind::Throttled));
        assert!(matches!(flights.join("r", false), Role::Lead(_)));
    }

    #[test]
    fn a_call_above_a_suspended_one_waits_for_nobody() {
        let flights = Flights::default();
        let Role::Lead(below) = flights.join("r", false) else { panic!("the first leads") };
        crate::call::blocking::suspended(|| {
            let Role::Lead(above) = flights.join("r", false) else { panic!("the flight below cannot land") };
            above.finish(Outcome::Nothing);
            assert!(matches!(flights.join("other", false), Role::Lead(_)));
        });
        assert!(matches!(flights.join("r", false), Role::Wait(_)), "the flight below is still there");
        below.finish(Outcome::Nothing);
        assert!(matches!(flights.join("r", false), Role::Lead(_)));
    }

    #[tokio::test]
    async fn a_dropped_leader_has_vanished() {
        let flights = Flights::default();
        let Role::Lead(leader) = flights.join("r", false) else { panic!("the first leads") };
        let Role::Wait(waiting) = flights.join("r", false) else { panic!("the second waits") };
        drop(leader);
        assert!(matches!(waiting.outcome().await, Outcome::Nothing));
        assert!(matches!(flights.join("r", false), Role::Lead(_)));
    }

    #[test]
    fn another_process_begins_anew() {
        let flights = Flights::default();
        let inherited = Arc::new(Table { process: process_id() + 1, flights: Mutex::default() });
        flights.0.store(Arc::clone(&inherited));
        let _held = inherited.lock();
        assert!(matches!(flights.join("r", false), Role::Lead(_)), "an inherited lock is not waited for");
    }
}
