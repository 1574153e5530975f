//! The client as a whole, on fake clock and transport.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};
use std::time::Duration;

use crate::http::transport::SendError;
use crate::os::clock::Clock;
use crate::testing::{Reply, TestClient, WALL};
use crate::{CancelHandle, Identity, Kind, Source, TokenRequest};
use tempfile::TempDir;

const R: &str = "https://vault.azure.net";
const S: Duration = Duration::from_secs(1);

fn imds() -> TestClient {
    TestClient::new(|builder| builder.source(Source::Imds))
}

fn secret(bench: &TestClient) -> String {
    bench.client.token(R).unwrap().secret().to_owned()
}

#[test]
fn one_request_then_the_cache() {
    let bench = imds();
    bench.token("a", 3600);
    assert!(bench.client.peek(R).is_none());
    assert_eq!(secret(&bench), "a");
    assert_eq!(secret(&bench), "a");
    assert_eq!(bench.client.token(&format!("{R}/.default")).unwrap().secret(), "a");
    assert_eq!(bench.client.peek(R).unwrap().secret(), "a");
    assert_eq!(bench.script.count(), 1);
    let url = bench.script.requests.lock().unwrap()[0].0.clone();
    let base = "http://169.254.169.254/metadata/identity/oauth2/token";
    assert_eq!(url, format!("{base}?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net"));
    bench.token("b", 3600);
    bench.client.clear_cache();
    assert_eq!(secret(&bench), "b");
}

#[test]
fn a_password_is_not_shown() {
    let builder = crate::Client::builder().endpoint("http://user:hunter2@127.0.0.1:1");
    assert!(!format!("{builder:?}").contains("hunter2"));
}

#[test]
fn refresh_ahead_serves_the_cached_token_where_it_fails() {
    let bench = imds();
    bench.token("a", 7200);
    let first = bench.client.token(R).unwrap();
    assert_eq!(first.refresh_on_unix(), Some(WALL.as_secs() + 3600));
    // Half the life, and half of the tenth of what lies behind it.
    bench.clock.advance(S * 3779);
    assert_eq!(secret(&bench), "a");
    assert_eq!(bench.script.count(), 1);
    bench.clock.advance(S);
    bench.answer(500, &[], "");
    assert_eq!(secret(&bench), "a");
    assert_eq!(bench.script.count(), 2, "one attempt only");
    assert_eq!(secret(&bench), "a");
    assert_eq!(bench.script.count(), 2, "not again for 30 s");
    bench.clock.advance(S * 30);
    bench.script.push(Reply::Silence);
    assert_eq!(secret(&bench), "a");
    assert_eq!(bench.client.peek(R).unwrap().secret(), "a");
    bench.clock.advance(S * 60);
    bench.token("b", 7200);
    assert_eq!(secret(&bench), "b");
}

#[test]
fn in_the_last_minutes_the_service_is_asked_and_the_token_is_the_fallback() {
    let trouble: [fn(&TestClient); 4] = [
        |bench| bench.answer(503, &[("retry-after", "60")], ""),
        |bench| bench.answer(429, &[("retry-after", "60")], ""),
        |bench| bench.script.push(Reply::Silence),
        |bench| bench.script.push(Reply::Broken(SendError::NotConnected("refused".into()))),
    ];
    for fail in trouble {
        let bench = imds();
        bench.token("a", 3600);
        secret(&bench);
        bench.clock.advance(S * 3301);
        assert!(bench.client.peek(R).is_none());
        fail(&bench);
        assert_eq!(secret(&bench), "a");
        bench.clock.advance(S * 3600);
        bench.script.push(Reply::Broken(SendError::NotConnected("refused".into())));
        assert_eq!(bench.client.token(R).unwrap_err().kind(), Kind::Unavailable, "an expired token is not a fallback");
    }
    let bench = imds();
    bench.token("a", 3600);
    secret(&bench);
    bench.clock.advance(S * 3301);
    bench.answer(400, &[], "");
    assert_eq!(bench.client.token(R).unwrap_err().kind(), Kind::Service, "a refusal is not trouble of the service");
}

#[test]
fn retries_count_and_end() {
    let bench = imds();
    (0..5).for_each(|_| bench.answer(503, &[], "{\"error\":\"busy\"}"));
    let error = bench.client.token(R).unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.http_status()), (Kind::Service, 5, Some(503)));
    assert_eq!(error.elapsed(), Duration::from_millis(400 + 800 + 1600 + 3200));
    bench.answer(429, &[("retry-after", "31")], "");
    let error = bench.client.token(R).unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.retry_after()), (Kind::Throttled, 1, Some(S * 31)));
    bench.script.push(Reply::Broken(SendError::Interrupted("reset".into())));
    bench.token("a", 3600);
    assert_eq!(secret(&bench), "a");
}

#[test]
fn gone_is_waited_for_up_to_70_seconds() {
    let bench = TestClient::new(|builder| builder.source(Source::Imds).timeout(S * 200));
    (0..8).for_each(|_| bench.answer(410, &[("retry-after", "10")], ""));
    let error = bench.client.token(R).unwrap_err();
    assert_eq!((error.http_status(), error.attempts(), error.elapsed()), (Some(410), 8, S * 70));
}

#[test]
fn deadline_and_cancel() {
    let bench = imds();
    bench.script.push(Reply::Silence);
    let error = bench.client.token(R).unwrap_err();
    assert_eq!((error.kind(), error.elapsed(), error.attempts()), (Kind::Timeout, S * 30, 1));
    let zero = bench.client.token_with(&TokenRequest::new(R).deadline(Duration::ZERO)).unwrap_err();
    assert_eq!(zero.kind(), Kind::InvalidArgument);
    let handle = CancelHandle::new();
    handle.cancel();
    let error = bench.client.token_with(&TokenRequest::new(R).cancel(&handle)).unwrap_err();
    assert_eq!(error.attempts(), 0, "nothing was asked");
    assert_eq!(error.kind(), Kind::Cancelled);
    bench.token("a", 3600);
    secret(&bench);
    let short = TokenRequest::new(R).deadline(Duration::from_nanos(1));
    assert_eq!(bench.client.token_with(&short).unwrap().secret(), "a", "a cached token whatever the deadline");
    let longest = TokenRequest::new(R).deadline(Duration::MAX).force_refresh(true);
    bench.token("b", 3600);
    assert_eq!(bench.client.token_with(&longest).unwrap().secret(), "b");
}

#[test]
fn force_refresh_passes_both_caches_by() {
    let bench = TestClient::new(|builder| builder.source(Source::Imds).identity(Identity::ClientId("c".to_owned())));
    bench.token("a", 3600);
    secret(&bench);
    bench.token("b", 3600);
    assert_eq!(bench.client.token_with(&TokenRequest::new(R).claims("{}")).unwrap().secret(), "b");
    assert_eq!(secret(&bench), "b");
    let url = bench.script.requests.lock().unwrap()[1].0.clone();
    assert!(url.ends_with("&client_id=c"), "IMDS knows no bypass_cache: {url}");
}

#[test]
fn another_host_is_named_at_the_first_call() {
    let bench = TestClient::new(|builder| builder.environment_variable("MSI_ENDPOINT", Some("x".to_owned())));
    assert_eq!((bench.client.source(), bench.client.endpoint().as_str()), (None, ""));
    for error in [bench.client.token(R).unwrap_err(), bench.client.metadata().unwrap_err()] {
        assert_eq!(error.kind(), Kind::Unavailable);
        assert!(error.message().contains("Cloud Shell") && error.hint().unwrap().contains("himds or imds"));
    }
}

#[test]
fn metadata_is_asked_for_each_time_and_retried() {
    let bench = imds();
    bench.answer(429, &[("retry-after", "1")], "");
    bench.answer(200, &[], r#"{"compute":{"subscriptionId":"s","name":"","tagsList":[{"name":"a","value":"b;c:d"}]}}"#);
    let metadata = bench.client.metadata().unwrap();
    assert_eq!((metadata.subscription_id(), metadata.name()), (Some("s"), None));
    assert_eq!(metadata.tags().into_iter().collect::<Vec<_>>(), [("a", "b;c:d")]);
    assert_eq!(metadata.pointer("/compute/nothing").unwrap_err().kind(), Kind::NotFound);
    bench.answer(200, &[], "[]");
    assert_eq!(bench.client.metadata().unwrap_err().kind(), Kind::ResponseInvalid);
    bench.answer(404, &[], "");
    assert_eq!(bench.client.metadata().unwrap_err().attempts(), 1, "404 is retried for tokens only");
}

#[test]
fn options_out_of_range() {
    let kind = |builder: crate::ClientBuilder| builder.build().unwrap_err().kind();
    let new = || crate::Client::builder().source(Source::Imds);
    assert_eq!(kind(new().timeout(Duration::ZERO)), Kind::InvalidArgument);
    assert_eq!(kind(new().connect_timeout(Duration::ZERO)), Kind::InvalidArgument);
    assert_eq!(kind(new().max_attempts(0)), Kind::InvalidArgument);
    assert_eq!(kind(new().user_agent("a\nb")), Kind::InvalidArgument);
    assert_eq!(kind(new().identity(Identity::ClientId(String::new()))), Kind::InvalidArgument);
    let two = new().identity(Identity::ClientId("a".to_owned())).identity(Identity::ObjectId("b".to_owned()));
    assert_eq!(kind(two), Kind::Configuration);
}

#[test]
fn where_nobody_can_be_asked_a_served_token_stays_served() {
    let bench = imds();
    bench.token("a", 7200);
    secret(&bench);
    bench.clock.advance(S * 3780);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ask = |request: &TokenRequest| runtime.block_on(async { bench.client.token_with(request) });
    assert_eq!(ask(&TokenRequest::new(R)).unwrap().secret(), "a", "due for a refresh, which cannot be made here");
    assert_eq!(ask(&TokenRequest::new(R).force_refresh(true)).unwrap_err().kind(), Kind::InvalidArgument);
    bench.clock.advance(S * 3200);
    assert_eq!(ask(&TokenRequest::new(R)).unwrap_err().kind(), Kind::InvalidArgument, "its last minutes");
    assert_eq!(bench.script.count(), 1);
}

#[test]
fn a_waiter_for_a_refresh_that_fails_asks_for_itself() {
    let bench = imds();
    bench.token("a", 7200);
    secret(&bench);
    bench.clock.advance(S * 3780);
    let request = TokenRequest::new(R);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        bench.clock.stopped.store(true, Ordering::Relaxed);
        bench.script.push(Reply::Later);
        bench.answer(500, &[], "");
        let mut context = Context::from_waker(Waker::noop());
        let mut refresh = pin!(bench.client.token_async(&request));
        assert!(refresh.as_mut().poll(&mut context).is_pending());
        bench.client.clear_cache();
        let mut waiter = pin!(bench.client.token_async(&request));
        assert!(waiter.as_mut().poll(&mut context).is_pending());
        assert_eq!(refresh.await.unwrap().secret(), "a");
        bench.token("b", 7200);
        assert_eq!(waiter.await.unwrap().secret(), "b", "what was cleared is not served again");
    });
}

#[test]
fn what_was_asked_for_later_is_kept() {
    let bench = imds();
    let (request, forced) = (TokenRequest::new(R), TokenRequest::new(R).force_refresh(true));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        bench.clock.stopped.store(true, Ordering::Relaxed);
        bench.script.push(Reply::Later);
        bench.token("forced", 7200);
        bench.token("older", 7200);
        let mut ordinary = pin!(bench.client.token_async(&request));
        assert!(ordinary.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        bench.clock.advance(S);
        assert_eq!(bench.client.token_async(&forced).await.unwrap().secret(), "forced");
        assert_eq!(ordinary.await.unwrap().secret(), "forced");
        assert_eq!(bench.client.peek(R).unwrap().secret(), "forced");
    });
}

#[test]
fn an_error_tells_each_waiter_its_own_time() {
    let bench = imds();
    let request = TokenRequest::new(R);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        bench.clock.stopped.store(true, Ordering::Relaxed);
        bench.script.push(Reply::Later);
        bench.answer(403, &[], "");
        let mut context = Context::from_waker(Waker::noop());
        let mut leader = pin!(bench.client.token_async(&request));
        assert!(leader.as_mut().poll(&mut context).is_pending());
        bench.clock.advance(S * 5);
        let mut waiter = pin!(bench.client.token_async(&request));
        assert!(waiter.as_mut().poll(&mut context).is_pending());
        bench.clock.advance(S);
        assert_eq!(leader.await.unwrap_err().elapsed(), S * 6);
        let error = waiter.await.unwrap_err();
        assert_eq!((error.elapsed(), error.attempts(), error.http_status()), (S, 1, Some(403)));
    });
}

#[test]
fn a_token_is_a_yes_where_the_probe_met_silence() {
    let bench = TestClient::new(|builder| {
        ["IDENTITY_ENDPOINT", "MSI_ENDPOINT"]
            .into_iter()
            .fold(builder, |builder, name| builder.environment_variable(name, None))
    });
    bench.script.push(Reply::Silence);
    bench.token("a", 3600);
    assert_eq!(secret(&bench), "a");
    bench.client.clear_cache();
    bench.token("b", 3600);
    assert_eq!(secret(&bench), "b");
    assert_eq!(bench.script.count(), 3);
}

#[test]
fn the_body_of_a_bad_challenge_is_kept() {
    let bench = TestClient::new(|builder| builder.source(Source::Himds).endpoint("http://127.0.0.1:1"));
    bench.answer(401, &[], r#"{"error":"e","error_description":"d","correlation_id":"c"}"#);
    let error = bench.client.token(R).unwrap_err();
    assert_eq!((error.kind(), error.http_status(), error.error()), (Kind::ChallengeInvalid, Some(401), Some("e")));
    assert_eq!((error.error_description(), error.correlation_id()), (Some("d"), Some("c")));
    assert!(error.body().is_some_and(|body| body.contains("correlation_id")));
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the key file is real")]
fn a_key_is_not_shown_however_the_server_spells_it() {
    let keys = TempDir::new().unwrap();
    std::fs::write(keys.path().join("a.key"), "k3y/+x").unwrap();
    let bench =
        TestClient::new(|builder| builder.source(Source::Himds).endpoint("http://127.0.0.1:1").token_dir(keys.path()));
    let realm = format!("Basic realm={}/a.key", keys.path().display());
    for (headers, body) in [
        (&[][..], r#"{"error":"k3y\/+x","error_description":"bad key k\u0033y\/+x"}"#),
        (&[("x-ms-request-id", "k3y/+x")], "no"),
    ] {
        bench.answer(401, &[("www-authenticate", &realm)], "");
        bench.answer(400, headers, body);
        let error = bench.client.token(R).unwrap_err();
        assert_eq!(error.kind(), Kind::Service);
        let shown = [error.error(), error.error_description(), error.correlation_id(), error.body()];
        assert!(!format!("{error} {error:?} {shown:?}").contains("k3y"), "{error:?} {shown:?}");
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the key file is real")]
fn an_agent_that_restarts_between_the_two_requests_costs_a_handshake() {
    let keys = TempDir::new().unwrap();
    std::fs::write(keys.path().join("a.key"), "the-key").unwrap();
    let bench =
        TestClient::new(|builder| builder.source(Source::Himds).endpoint("http://127.0.0.1:1").token_dir(keys.path()));
    let realm = format!("Basic realm={}/a.key", keys.path().display());
    let challenge = || bench.answer(401, &[("www-authenticate", &realm)], "");
    let stopped = || bench.script.push(Reply::Broken(SendError::NotConnected("connection refused".into())));
    challenge();
    stopped();
    challenge();
    bench.token("a", 3600);
    let token = bench.client.token(R).unwrap();
    assert_eq!((token.secret(), token.attempts()), ("a", 2));
    // Stopped for good: the next handshake's first request says so.
    bench.client.clear_cache();
    challenge();
    stopped();
    stopped();
    let error = bench.client.token(R).unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Unavailable, 2));
}

#[test]
fn nobody_waits_for_a_leader_beyond_its_deadline() {
    let bench = imds();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        bench.clock.stopped.store(true, Ordering::Relaxed);
        bench.script.push(Reply::Silence);
        let mut context = Context::from_waker(Waker::noop());
        // Never polled again, and never dropped: its thread is gone, or hangs.
        let leads = TokenRequest::new(R).deadline(S * 10);
        let mut leader = pin!(bench.client.token_async(&leads));
        assert!(leader.as_mut().poll(&mut context).is_pending());
        let waits = TokenRequest::new(R).deadline(S * 60);
        let mut waiter = pin!(bench.client.token_async(&waits));
        assert!(waiter.as_mut().poll(&mut context).is_pending(), "the leader has time left");
        assert_eq!(bench.script.count(), 1);
        bench.clock.advance(S * 11);
        bench.token("b", 3600);
        assert_eq!(bench.client.token_async(&waits).await.unwrap().secret(), "b", "the next caller leads");
        assert_eq!(bench.script.count(), 2);
    });
    // One that waits when the leader is lost leads then.
    bench.client.clear_cache();
    runtime.block_on(async {
        bench.clock.stopped.store(true, Ordering::Relaxed);
        bench.script.push(Reply::Silence);
        let mut context = Context::from_waker(Waker::noop());
        let leads = TokenRequest::new(R).deadline(S * 10);
        let mut leader = pin!(bench.client.token_async(&leads));
        assert!(leader.as_mut().poll(&mut context).is_pending());
        bench.clock.stopped.store(false, Ordering::Relaxed);
        bench.token("c", 3600);
        let before = bench.clock.now();
        let waits = TokenRequest::new(R).deadline(S * 60);
        assert_eq!(bench.client.token_async(&waits).await.unwrap().secret(), "c");
        assert!(bench.clock.now() - before > S * 10, "not before the leader's deadline");
    });
}
