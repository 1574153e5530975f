//! What holds in every order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use shuttle::future::block_on;
use shuttle::{check_random, thread};

use crate::single_flight::{Flights, Outcome, Role, Span};
use crate::{AccessToken, Error};

const THREADS: usize = 4;
const ORDERS: usize = 1_000;
/// No leader is ever late.
const SPAN: Span = Span { now: Duration::ZERO, deadline: Duration::from_secs(10) };

/// Runs this on each thread, and gives what they say.
fn together<T: Send + 'static>(work: impl Fn(usize) -> T + Send + Sync + 'static) -> Vec<T> {
    let work = Arc::new(work);
    let start = |number| {
        let work = Arc::clone(&work);
        thread::spawn(move || work(number))
    };
    let started: Vec<_> = (0..THREADS).map(start).collect();
    started.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
}

/// Between joining and finishing, as a request would take its time.
fn ask(asking: &AtomicUsize) {
    assert_eq!(asking.fetch_add(1, Ordering::SeqCst), 0, "two flights for one resource");
    thread::yield_now();
    asking.fetch_sub(1, Ordering::SeqCst);
}

#[test]
fn one_flight_at_a_time_and_each_waiter_gets_its_outcome() {
    check_random(
        || {
            let (flights, asking, asked) = (Flights::default(), AtomicUsize::new(0), AtomicUsize::new(0));
            let numbers = together(move |_| match flights.join("r", false, SPAN) {
                Role::Lead(leader) => {
                    ask(&asking);
                    let token = Arc::new(AccessToken(asked.fetch_add(1, Ordering::SeqCst)));
                    leader.finish(Outcome::Token(Arc::clone(&token)));
                    token.0
                }
                Role::Wait(flight) => match block_on(flight.outcome()) {
                    Outcome::Token(token) => token.0,
                    _ => panic!("every leader of this test brings a token"),
                },
            });
            let most = numbers.iter().max().expect("numbers");
            assert!((0..=*most).all(|number| numbers.contains(&number)), "{numbers:?}");
        },
        ORDERS,
    );
}

#[test]
fn a_leader_that_goes_away_leaves_nobody_waiting() {
    check_random(
        || {
            let (flights, asking) = (Flights::default(), AtomicUsize::new(0));
            together(move |number| {
                loop {
                    match flights.join("r", false, SPAN) {
                        // The first to lead is dropped, as a cancelled future is; what it left is taken over.
                        Role::Lead(leader) if number % 2 == 0 => {
                            ask(&asking);
                            break drop(leader);
                        }
                        Role::Lead(leader) => {
                            ask(&asking);
                            break leader.finish(Outcome::Error(Error(number)));
                        }
                        Role::Wait(flight) => match block_on(flight.outcome()) {
                            Outcome::Nothing => {}
                            Outcome::Error(Error(leader)) => break assert_eq!(leader % 2, 1),
                            _ => panic!("no other outcome is made here"),
                        },
                    }
                }
            });
        },
        ORDERS,
    );
}

#[test]
fn forced_refreshes_and_other_resources_fly_alone() {
    check_random(
        || {
            let flights = Flights::default();
            let asking = [const { AtomicUsize::new(0) }; 3];
            together(move |number| {
                let kind = number % 3;
                let (resource, forced) = [("r", false), ("r", true), ("s", false)][kind];
                match flights.join(resource, forced, SPAN) {
                    Role::Lead(leader) => {
                        ask(&asking[kind]);
                        leader.finish(Outcome::Error(Error(kind)));
                    }
                    Role::Wait(flight) => {
                        assert!(matches!(block_on(flight.outcome()), Outcome::Error(Error(other)) if other == kind));
                    }
                }
            });
        },
        ORDERS,
    );
}
