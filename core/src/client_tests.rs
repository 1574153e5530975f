//! The client as a whole, on fake clock and transport.

use std::time::Duration;

use crate::http::transport::SendError;
use crate::testing::{Reply, TestClient, WALL};
use crate::{CancelHandle, Identity, Kind, Source, TokenRequest};

const R: &str = "https://vault.azure.net";
const S: Duration = Duration::from_secs(1);

#[test]
fn one_request_then_the_cache() {
    let test = TestClient::imds();
    test.token("a", 3600);
    assert!(test.client.peek(R).is_none());
    assert_eq!(test.secret(R), "a");
    assert_eq!(test.secret(R), "a");
    assert_eq!(test.client.token(&format!("{R}/.default")).unwrap().secret(), "a");
    assert_eq!(test.client.peek(R).unwrap().secret(), "a");
    assert_eq!(test.script.count(), 1);
    let url = test.script.requests.lock().unwrap()[0].0.clone();
    let base = "http://169.254.169.254/metadata/identity/oauth2/token";
    assert_eq!(url, format!("{base}?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net"));
    test.token("b", 3600);
    test.client.clear_cache();
    assert_eq!(test.secret(R), "b");
}

#[test]
fn a_password_is_not_shown() {
    let builder = crate::Client::builder().endpoint("http://user:hunter2@127.0.0.1:1");
    assert!(!format!("{builder:?}").contains("hunter2"));
}

#[test]
fn refresh_ahead_serves_the_cached_token_if_it_fails() {
    let test = TestClient::imds();
    test.token("a", 7200);
    let first = test.client.token(R).unwrap();
    assert_eq!(first.refresh_on_unix(), Some(WALL.as_secs() + 3600));
    // Half the life, and half of the tenth of what lies behind it.
    test.clock.advance(S * 3779);
    assert_eq!(test.secret(R), "a");
    assert_eq!(test.script.count(), 1);
    test.clock.advance(S);
    test.answer(500, &[], "");
    assert_eq!(test.secret(R), "a");
    assert_eq!(test.script.count(), 2, "one attempt only");
    assert_eq!(test.secret(R), "a");
    assert_eq!(test.script.count(), 2, "not again for 30 s");
    test.clock.advance(S * 30);
    test.script.push(Reply::Silence);
    assert_eq!(test.secret(R), "a");
    assert_eq!(test.client.peek(R).unwrap().secret(), "a");
    test.clock.advance(S * 60);
    test.token("b", 7200);
    assert_eq!(test.secret(R), "b");
}

#[test]
fn in_the_last_minutes_the_service_is_asked_and_the_token_is_the_fallback() {
    let trouble: [fn(&TestClient); 4] = [
        |test| test.answer(503, &[("retry-after", "60")], ""),
        |test| test.answer(429, &[("retry-after", "60")], ""),
        |test| test.script.push(Reply::Silence),
        |test| test.script.push(Reply::Broken(SendError::NotConnected("refused".into()))),
    ];
    for fail in trouble {
        let test = TestClient::imds();
        test.token("a", 3600);
        test.secret(R);
        test.clock.advance(S * 3301);
        assert!(test.client.peek(R).is_none());
        fail(&test);
        assert_eq!(test.secret(R), "a");
        test.clock.advance(S * 3600);
        test.script.push(Reply::Broken(SendError::NotConnected("refused".into())));
        assert_eq!(test.client.token(R).unwrap_err().kind(), Kind::Unavailable, "an expired token is not a fallback");
    }
    let test = TestClient::imds();
    test.token("a", 3600);
    test.secret(R);
    test.clock.advance(S * 3301);
    test.answer(400, &[], "");
    assert_eq!(test.client.token(R).unwrap_err().kind(), Kind::Service, "a refusal is not trouble of the service");
}

#[test]
fn retries_count_and_end() {
    let test = TestClient::imds();
    (0..5).for_each(|_| test.answer(503, &[], "{\"error\":\"busy\"}"));
    let error = test.client.token(R).unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.http_status()), (Kind::Service, 5, Some(503)));
    assert_eq!(error.elapsed(), Duration::from_millis(400 + 800 + 1600 + 3200));
    test.answer(429, &[("retry-after", "31")], "");
    let error = test.client.token(R).unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.retry_after()), (Kind::Throttled, 1, Some(S * 31)));
    test.script.push(Reply::Broken(SendError::Interrupted("reset".into())));
    test.token("a", 3600);
    assert_eq!(test.secret(R), "a");
}

#[test]
fn gone_is_waited_for_up_to_70_seconds() {
    let test = TestClient::new(|builder| builder.source(Source::Imds).timeout(S * 200));
    (0..8).for_each(|_| test.answer(410, &[("retry-after", "10")], ""));
    let error = test.client.token(R).unwrap_err();
    assert_eq!((error.http_status(), error.attempts(), error.elapsed()), (Some(410), 8, S * 70));
}

#[test]
fn deadline_and_cancel() {
    let test = TestClient::imds();
    test.script.push(Reply::Silence);
    let error = test.client.token(R).unwrap_err();
    assert_eq!((error.kind(), error.elapsed(), error.attempts()), (Kind::Timeout, S * 30, 1));
    let zero = test.client.token_with(&TokenRequest::new(R).deadline(Duration::ZERO)).unwrap_err();
    assert_eq!(zero.kind(), Kind::InvalidArgument);
    let handle = CancelHandle::new();
    handle.cancel();
    let error = test.client.token_with(&TokenRequest::new(R).cancel(&handle)).unwrap_err();
    assert_eq!(error.attempts(), 0, "nothing was asked");
    assert_eq!(error.kind(), Kind::Cancelled);
    test.token("a", 3600);
    test.secret(R);
    let short = TokenRequest::new(R).deadline(Duration::from_nanos(1));
    assert_eq!(test.client.token_with(&short).unwrap().secret(), "a", "a cached token whatever the deadline");
    let longest = TokenRequest::new(R).deadline(Duration::MAX).force_refresh(true);
    test.token("b", 3600);
    assert_eq!(test.client.token_with(&longest).unwrap().secret(), "b");
}

#[test]
fn force_refresh_bypasses_both_caches() {
    let test = TestClient::new(|builder| builder.source(Source::Imds).identity(Identity::ClientId("c".to_owned())));
    test.token("a", 3600);
    test.secret(R);
    test.token("b", 3600);
    assert_eq!(test.client.token_with(&TokenRequest::new(R).claims("{}")).unwrap().secret(), "b");
    assert_eq!(test.secret(R), "b");
    let url = test.script.requests.lock().unwrap()[1].0.clone();
    assert!(url.ends_with("&client_id=c"), "IMDS knows no bypass_cache: {url}");
}

#[test]
fn another_host_is_named_at_the_first_call() {
    let test = TestClient::new(|builder| builder.environment_variable("MSI_ENDPOINT", Some("x".to_owned())));
    assert_eq!((test.client.source(), test.client.endpoint().as_str()), (None, ""));
    for error in [test.client.token(R).unwrap_err(), test.client.metadata().unwrap_err()] {
        assert_eq!(error.kind(), Kind::Unavailable);
        assert!(error.message().contains("Cloud Shell") && error.hint().unwrap().contains("himds or imds"));
    }
}

#[test]
fn metadata_is_requested_each_time_and_retried() {
    let test = TestClient::imds();
    test.answer(429, &[("retry-after", "1")], "");
    test.answer(200, &[], r#"{"compute":{"subscriptionId":"s","name":"","tagsList":[{"name":"a","value":"b;c:d"}]}}"#);
    let metadata = test.client.metadata().unwrap();
    assert_eq!((metadata.subscription_id(), metadata.name()), (Some("s"), None));
    assert_eq!(metadata.tags().into_iter().collect::<Vec<_>>(), [("a", "b;c:d")]);
    assert_eq!(metadata.pointer("/compute/nothing").unwrap_err().kind(), Kind::NotFound);
    test.answer(200, &[], "[]");
    assert_eq!(test.client.metadata().unwrap_err().kind(), Kind::ResponseInvalid);
    test.answer(404, &[], "");
    assert_eq!(test.client.metadata().unwrap_err().attempts(), 1, "404 is retried for tokens only");
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
fn a_served_token_stays_served_if_nobody_can_be_asked() {
    let test = TestClient::imds();
    test.token("a", 7200);
    test.secret(R);
    test.clock.advance(S * 3780);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ask = |request: &TokenRequest| runtime.block_on(async { test.client.token_with(request) });
    assert_eq!(ask(&TokenRequest::new(R)).unwrap().secret(), "a", "due for a refresh, which cannot be made here");
    assert_eq!(ask(&TokenRequest::new(R).force_refresh(true)).unwrap_err().kind(), Kind::InvalidArgument);
    test.clock.advance(S * 3200);
    assert_eq!(ask(&TokenRequest::new(R)).unwrap_err().kind(), Kind::InvalidArgument, "its last minutes");
    assert_eq!(test.script.count(), 1);
}

#[test]
fn a_token_confirms_a_service_whose_probe_met_silence() {
    let test = TestClient::guessing();
    test.script.push(Reply::Silence);
    test.token("a", 3600);
    assert_eq!(test.secret(R), "a");
    test.client.clear_cache();
    test.token("b", 3600);
    assert_eq!(test.secret(R), "b");
    assert_eq!(test.script.count(), 3);
}

#[test]
fn the_body_of_a_bad_challenge_is_kept() {
    let test = TestClient::new(|builder| builder.source(Source::Himds).endpoint("http://127.0.0.1:1"));
    test.answer(401, &[], r#"{"error":"e","error_description":"d","correlation_id":"c"}"#);
    let error = test.client.token(R).unwrap_err();
    assert_eq!((error.kind(), error.http_status(), error.error()), (Kind::ChallengeInvalid, Some(401), Some("e")));
    assert_eq!((error.error_description(), error.correlation_id()), (Some("d"), Some("c")));
    assert!(error.body().is_some_and(|body| body.contains("correlation_id")));
}

#[test]
fn a_key_is_not_shown_however_the_server_spells_it() {
    let test = TestClient::himds("k3y/+x");
    for (headers, body) in [
        (&[][..], r#"{"error":"k3y\/+x","error_description":"bad key k\u0033y\/+x"}"#),
        (&[("x-ms-request-id", "k3y/+x")], "no"),
    ] {
        test.challenge();
        test.answer(400, headers, body);
        let error = test.client.token(R).unwrap_err();
        assert_eq!(error.kind(), Kind::Service);
        let shown = [error.error(), error.error_description(), error.correlation_id(), error.body()];
        assert!(!format!("{error} {error:?} {shown:?}").contains("k3y"), "{error:?} {shown:?}");
    }
}

#[test]
fn an_agent_that_restarts_between_the_two_requests_costs_a_handshake() {
    let test = TestClient::himds("the-key");
    let stopped = || test.script.push(Reply::Broken(SendError::NotConnected("connection refused".into())));
    test.challenge();
    stopped();
    test.challenge();
    test.token("a", 3600);
    let token = test.client.token(R).unwrap();
    assert_eq!((token.secret(), token.attempts()), ("a", 2));
    // Stopped for good: the next handshake's first request says so.
    test.client.clear_cache();
    test.challenge();
    stopped();
    stopped();
    let error = test.client.token(R).unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Unavailable, 2));
}
