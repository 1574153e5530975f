//! Who leads and who waits.

use super::*;
use crate::Kind;

const SPAN: Span = Span { now: Duration::ZERO, deadline: Duration::from_secs(10) };

#[tokio::test]
async fn one_leads_and_the_others_get_the_outcome() {
    let flights = Flights::default();
    let Role::Lead(leader) = flights.join("r", false, SPAN) else { panic!("the first leads") };
    let Role::Wait(waiting) = flights.join("r", false, SPAN) else { panic!("the second waits") };
    assert!(matches!(flights.join("other", false, SPAN), Role::Lead(_)), "one resource never waits for another");
    assert!(matches!(flights.join("r", true, SPAN), Role::Lead(_)), "a forced refresh joins only another one");
    leader.finish(Outcome::Error(Error::new(Kind::Throttled, "x")));
    assert!(matches!(waiting.outcome().await, Outcome::Error(error) if error.kind() == Kind::Throttled));
    assert!(matches!(flights.join("r", false, SPAN), Role::Lead(_)));
}

#[test]
fn a_call_above_a_suspended_one_waits_for_nobody() {
    let flights = Flights::default();
    let Role::Lead(below) = flights.join("r", false, SPAN) else { panic!("the first leads") };
    crate::call::blocking::suspended(|| {
        let Role::Lead(above) = flights.join("r", false, SPAN) else { panic!("the flight below cannot land") };
        above.finish(Outcome::Nothing);
        assert!(matches!(flights.join("other", false, SPAN), Role::Lead(_)));
    });
    assert!(matches!(flights.join("r", false, SPAN), Role::Wait(_)), "the flight below is still there");
    below.finish(Outcome::Nothing);
    assert!(matches!(flights.join("r", false, SPAN), Role::Lead(_)));
}

#[tokio::test]
async fn a_dropped_leader_has_vanished() {
    let flights = Flights::default();
    let Role::Lead(leader) = flights.join("r", false, SPAN) else { panic!("the first leads") };
    let Role::Wait(waiting) = flights.join("r", false, SPAN) else { panic!("the second waits") };
    drop(leader);
    assert!(matches!(waiting.outcome().await, Outcome::Nothing));
    assert!(matches!(flights.join("r", false, SPAN), Role::Lead(_)));
}

#[test]
fn another_generation_begins_again() {
    let flights = Flights::default();
    let Role::Lead(parents) = flights.join("r", false, SPAN) else { panic!("the first leads") };
    let inherited = Table { generation: generation() + 1, ..Table::clone(&flights.0.load()) };
    flights.0.store(Arc::new(inherited));
    let Role::Lead(own) = flights.join("r", false, SPAN) else { panic!("a parent's flight is not waited for") };
    assert!(matches!(flights.join("r", false, SPAN), Role::Wait(_)));
    // The parent's leader, in the child, ends nothing of the child's.
    Leader {
        generation: generation() + 1,
        flights: Arc::clone(&flights.0),
        key: own.key.clone(),
        flight: Arc::clone(&own.flight),
    }
    .finish(Outcome::Nothing);
    drop(parents);
    assert!(matches!(flights.join("r", false, SPAN), Role::Wait(_)), "the child's own goes on");
    own.finish(Outcome::Nothing);
}

#[test]
fn a_leader_past_its_deadline_is_lost() {
    let flights = Flights::default();
    let at = |now| Span { now, deadline: now + Duration::from_secs(10) };
    let Role::Lead(lost) = flights.join("r", false, at(Duration::ZERO)) else { panic!("the first leads") };
    let last = SPAN.deadline + GRACE;
    assert!(matches!(flights.join("r", false, at(last - Duration::from_nanos(1))), Role::Wait(_)));
    let Role::Lead(next) = flights.join("r", false, at(last)) else { panic!("nobody waits for ever") };
    lost.finish(Outcome::Nothing);
    assert!(matches!(flights.join("r", false, at(last)), Role::Wait(_)), "what is lost does not end another's");
    next.finish(Outcome::Nothing);
}

#[test]
fn threads_that_join_at_once_have_one_leader() {
    let flights = Flights::default();
    let roles: Vec<Role> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(|| flights.join("r", false, SPAN))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(roles.iter().filter(|role| matches!(role, Role::Lead(_))).count(), 1);
}
