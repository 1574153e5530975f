//! Calls that wait for another call's request, on fake clock and transport.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::TokenRequest;
use crate::os::clock::Clock;
use crate::testing::{Reply, TestClient};

const R: &str = "https://vault.azure.net";
const S: Duration = Duration::from_secs(1);

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// The clock stops, and the first request is answered when it is polled once more.
fn hold(test: &TestClient) {
    test.clock.stopped.store(true, Ordering::Relaxed);
    test.script.push(Reply::Later);
}

/// Whether the call still waits after a turn.
fn is_pending(call: Pin<&mut impl Future>) -> bool {
    call.poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

#[test]
fn a_waiter_for_a_refresh_that_fails_makes_its_own_request() {
    let test = TestClient::imds();
    test.token("a", 7200);
    test.secret(R);
    test.clock.advance(S * 3780);
    let request = TokenRequest::new(R);
    runtime().block_on(async {
        hold(&test);
        test.answer(500, &[], "");
        let mut refresh = pin!(test.client.token_async(&request));
        assert!(is_pending(refresh.as_mut()));
        test.client.clear_cache();
        let mut waiter = pin!(test.client.token_async(&request));
        assert!(is_pending(waiter.as_mut()));
        assert_eq!(refresh.await.unwrap().secret(), "a");
        test.token("b", 7200);
        assert_eq!(waiter.await.unwrap().secret(), "b", "what was cleared is not served again");
    });
}

#[test]
fn the_token_that_was_requested_later_is_kept() {
    let test = TestClient::imds();
    let (request, forced) = (TokenRequest::new(R), TokenRequest::new(R).force_refresh(true));
    runtime().block_on(async {
        hold(&test);
        test.token("forced", 7200);
        test.token("older", 7200);
        let mut ordinary = pin!(test.client.token_async(&request));
        assert!(is_pending(ordinary.as_mut()));
        test.clock.advance(S);
        assert_eq!(test.client.token_async(&forced).await.unwrap().secret(), "forced");
        assert_eq!(ordinary.await.unwrap().secret(), "forced");
        assert_eq!(test.client.peek(R).unwrap().secret(), "forced");
    });
}

#[test]
fn an_error_tells_each_waiter_its_own_time() {
    let test = TestClient::imds();
    let request = TokenRequest::new(R);
    runtime().block_on(async {
        hold(&test);
        test.answer(403, &[], "");
        let mut leader = pin!(test.client.token_async(&request));
        assert!(is_pending(leader.as_mut()));
        test.clock.advance(S * 5);
        let mut waiter = pin!(test.client.token_async(&request));
        assert!(is_pending(waiter.as_mut()));
        test.clock.advance(S);
        assert_eq!(leader.await.unwrap_err().elapsed(), S * 6);
        let error = waiter.await.unwrap_err();
        assert_eq!((error.elapsed(), error.attempts(), error.http_status()), (S, 1, Some(403)));
    });
}

/// A leader that is never polled again, and never dropped: its thread is gone, or hangs.
fn lost_leader(test: &TestClient) -> Pin<Box<impl Future>> {
    test.clock.stopped.store(true, Ordering::Relaxed);
    test.script.push(Reply::Silence);
    let mut leader = Box::pin(async { test.client.token_async(&TokenRequest::new(R).deadline(S * 10)).await });
    assert!(is_pending(leader.as_mut()));
    leader
}

#[test]
fn nobody_waits_for_a_leader_beyond_its_deadline() {
    let test = TestClient::imds();
    let waits = TokenRequest::new(R).deadline(S * 60);
    runtime().block_on(async {
        let _leader = lost_leader(&test);
        let mut waiter = pin!(test.client.token_async(&waits));
        assert!(is_pending(waiter.as_mut()), "the leader has time left");
        assert_eq!(test.script.count(), 1);
        test.clock.advance(S * 11);
        test.token("b", 3600);
        assert_eq!(test.client.token_async(&waits).await.unwrap().secret(), "b", "the next caller leads");
        assert_eq!(test.script.count(), 2);
    });
    // One that waits when the leader is lost leads then.
    test.client.clear_cache();
    runtime().block_on(async {
        let _leader = lost_leader(&test);
        test.clock.stopped.store(false, Ordering::Relaxed);
        test.token("c", 3600);
        let before = test.clock.now();
        assert_eq!(test.client.token_async(&waits).await.unwrap().secret(), "c");
        assert!(test.clock.now() - before > S * 10, "not before the leader's deadline");
    });
}
