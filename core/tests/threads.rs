//! Many threads and one client, over real sockets.
#![allow(clippy::disallowed_methods, reason = "a test is the outside world")]

mod common;

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use common::{VAULT, agent, builder, client};
use himds::{CancelHandle, Kind, TokenRequest};
use himds_emulator::{Fault, Stage};

fn delayed(milliseconds: u64) -> Fault {
    Fault { delay_ms: milliseconds, count: None, ..Fault::default() }
}

#[test]
fn fifty_threads_on_a_cold_client_make_two_requests() {
    let agent = agent();
    let client = client(&agent);
    let barrier = Arc::new(Barrier::new(50));
    let threads: Vec<_> = (0..50)
        .map(|_| {
            let (client, barrier) = (client.clone(), Arc::clone(&barrier));
            thread::spawn(move || {
                barrier.wait();
                client.token(VAULT).expect("a token").secret().to_owned()
            })
        })
        .collect();
    let secrets: Vec<_> = threads.into_iter().map(|thread| thread.join().expect("no panic")).collect();
    assert!(secrets.iter().all(|secret| *secret == secrets[0]));
    let requests = agent.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].connection, requests[1].connection, "both on one connection");
}

#[test]
fn one_resource_does_not_wait_for_another() {
    let agent = agent();
    let client = client(&agent);
    agent.push_fault(Fault { count: Some(1), ..delayed(3_000) }).expect("a fault");
    let slow = {
        let client = client.clone();
        thread::spawn(move || client.token(VAULT).map(|_| ()))
    };
    while agent.requests().is_empty() {
        thread::yield_now();
    }
    let started = Instant::now();
    client.token("https://storage.azure.com").expect("a token");
    assert!(started.elapsed() < Duration::from_secs(2));
    slow.join().expect("no panic").expect("a token");
}

#[test]
fn a_waiter_keeps_its_own_deadline_and_leads_after_a_cancelled_leader() {
    let agent = agent();
    let client = client(&agent);
    agent.push_fault(Fault { count: Some(1), ..delayed(20_000) }).expect("a fault");
    let cancel = CancelHandle::new();
    let leader = {
        let (client, cancel) = (client.clone(), cancel.clone());
        thread::spawn(move || client.token_with(&TokenRequest::new(VAULT).cancel(&cancel)).map(|_| ()))
    };
    while agent.requests().is_empty() {
        thread::yield_now();
    }
    let started = Instant::now();
    let impatient = client.token_with(&TokenRequest::new(VAULT).deadline(Duration::from_millis(100)));
    assert_eq!(impatient.expect_err("its own deadline").kind(), Kind::Timeout);
    assert!(started.elapsed() < Duration::from_secs(2));
    let waiter = {
        let client = client.clone();
        thread::spawn(move || client.token(VAULT).map(|_| ()))
    };
    let cancelled_at = Instant::now();
    cancel.cancel();
    let error = leader.join().expect("no panic").expect_err("cancelled");
    assert_eq!(error.kind(), Kind::Cancelled);
    assert!(cancelled_at.elapsed() < Duration::from_millis(100), "{:?}", cancelled_at.elapsed());
    waiter.join().expect("no panic").expect("the waiter made its own request");
}

#[test]
fn a_final_error_goes_to_all_who_wait() {
    let agent = agent();
    let client = builder(&agent).build().expect("a client");
    agent.push_fault(Fault { status: Some(403), ..delayed(500) }).expect("a fault");
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            thread::spawn(move || client.token(VAULT).map(|_| ()).expect_err("forbidden").kind())
        })
        .collect();
    assert!(threads.into_iter().all(|thread| thread.join().expect("no panic") == Kind::Service));
    let asked = agent.requests().iter().filter(|request| request.stage == Stage::Challenge).count();
    assert!(asked <= 2, "{asked} requests for 8 threads that began together");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_future_ends_its_request_and_another_begins_again() {
    let agent = agent();
    let client = client(&agent);
    agent.push_fault(Fault { count: Some(1), ..delayed(20_000) }).expect("a fault");
    let request = TokenRequest::new(VAULT);
    let leader = tokio::spawn(client.token_async(&request));
    while agent.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    let waiter = tokio::spawn(client.token_async(&request));
    tokio::task::yield_now().await;
    leader.abort();
    waiter.await.expect("no panic").expect("a token");
    let error = client.token_with(&request.force_refresh(true)).expect_err("inside a runtime");
    assert_eq!(error.kind(), Kind::InvalidArgument);
}
