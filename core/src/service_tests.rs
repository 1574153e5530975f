//! The client as a whole: what answers, what does not, and what is said about it.

use std::time::Duration;

use crate::http::transport::SendError;
use crate::os::clock::Clock;
use crate::testing::{Reply, TestClient};
use crate::{Kind, Source};

const R: &str = "https://vault.azure.net";
const S: Duration = Duration::from_secs(1);

#[test]
fn what_does_not_look_like_imds_leaves_the_guess_open() {
    let page = "<html><body>Sign in</body></html>";
    type Row = (u16, &'static [(&'static str, &'static str)], &'static str, Kind);
    let answers: [Row; 9] = [
        (200, &[("server", "nginx")], page, Kind::Unavailable),
        (200, &[], r#"{"status":"ok"}"#, Kind::Unavailable),
        (302, &[("location", "http://portal")], "", Kind::Unavailable),
        (401, &[("www-authenticate", "Basic realm=x")], page, Kind::NotAzure),
        (403, &[], "Forbidden by corporate policy", Kind::Unavailable),
        (404, &[], page, Kind::Unavailable),
        (410, &[], "", Kind::Unavailable),
        (500, &[], "oops", Kind::Unavailable),
        (404, &[("metadata-flavor", "Google")], "", Kind::NotAzure),
    ];
    for (status, headers, body, kind) in answers {
        let test = TestClient::guessing();
        test.answer(status, headers, body);
        test.answer(status, headers, body);
        let error = test.client.token(R).unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {error}");
        assert_eq!((error.http_status(), test.script.count()), (Some(status), 2));
        assert!(!error.to_string().contains("being updated"), "{error}");
        assert!(test.clock.now() <= S * 5 / 2);
    }
    let test = TestClient::guessing();
    test.script.push(Reply::Silence);
    test.script.push(Reply::Silence);
    assert_eq!(test.client.token(R).unwrap_err().kind(), Kind::Unavailable);
    assert!(test.clock.now() <= S * 5 / 2, "silence too");
    let test = TestClient::guessing();
    test.script.push(Reply::Broken(SendError::Interrupted("reset".into())));
    test.script.push(Reply::Broken(SendError::Interrupted("reset".into())));
    assert_eq!(test.client.metadata().unwrap_err().kind(), Kind::Unavailable, "broken connections too");
}

#[test]
fn what_looks_like_imds_makes_the_guess_a_certainty() {
    let test = TestClient::guessing();
    test.answer(400, &[("server", "IMDS/150")], "");
    test.answer(503, &[], "busy");
    test.token("a", 3600);
    assert_eq!(test.secret(R), "a", "with the usual retries");
    test.client.clear_cache();
    test.answer(404, &[], "<html>");
    test.token("b", 3600);
    assert_eq!(test.secret(R), "b", "an update of the service is waited for");
}

#[test]
fn an_absent_service_is_waited_for() {
    let refused = || Reply::Broken(SendError::NotConnected("connection refused".into()));
    let test = TestClient::new(|builder| builder.source(Source::Imds).wait_for_service(S * 60));
    for _ in 0..6 {
        test.script.push(refused());
    }
    test.token("a", 3600);
    assert_eq!(test.secret(R), "a");
    let test = TestClient::imds();
    test.script.push(refused());
    assert_eq!(test.client.token(R).unwrap_err().kind(), Kind::Unavailable, "not by default");
    assert_eq!(test.clock.now(), Duration::ZERO);
    let test = TestClient::new(|builder| builder.source(Source::Imds).wait_for_service(S * 60));
    test.token("a", 7200);
    assert_eq!(test.secret(R), "a");
    test.clock.advance(S * 3780);
    test.script.push(refused());
    test.token("b", 7200);
    assert_eq!((test.secret(R).as_str(), test.script.count()), ("a", 2), "nor by an early refresh");
}

#[cfg(unix)]
#[test]
fn what_the_kernel_refuses_is_told_as_such() {
    for os_error in [libc::EPERM, libc::EACCES, libc::EAFNOSUPPORT, libc::ENOSYS] {
        let test = TestClient::imds();
        let cause = crate::os::cause::Cause::from(&std::io::Error::from_raw_os_error(os_error));
        test.script.push(Reply::Broken(SendError::NotConnected(cause)));
        let error = test.client.token(R).unwrap_err();
        assert_eq!((error.kind(), error.os_error()), (Kind::Unavailable, Some(os_error)));
        assert!(error.message().starts_with("this process may not connect to 169.254.169.254:80"), "{error}");
        assert!(error.hint().unwrap().contains("IPAddressDeny="));
    }
}

#[test]
fn only_a_rule_makes_this_machine_unreachable_and_a_shortage_is_our_own() {
    for (source, os_error, kind, words) in [
        (Source::Himds, libc::EHOSTUNREACH, Kind::Unavailable, "this process may not connect to 127.0.0.1:40342"),
        (Source::Himds, libc::ENETUNREACH, Kind::Unavailable, "this process may not connect to 127.0.0.1:40342"),
        (Source::Imds, libc::EHOSTUNREACH, Kind::Unavailable, "no Azure VM metadata service answers here"),
        (Source::Himds, libc::ECONNREFUSED, Kind::Unavailable, "the Arc agent does not answer"),
        (Source::Himds, libc::ENOMEM, Kind::Transport, "cannot create a socket"),
        (Source::Imds, libc::ENOBUFS, Kind::Transport, "cannot create a socket"),
        (Source::Imds, libc::EMFILE, Kind::Transport, "cannot create a socket"),
    ] {
        let test = TestClient::new(|builder| builder.source(source));
        let cause = crate::os::cause::Cause::from(&std::io::Error::from_raw_os_error(os_error));
        test.script.push(Reply::Broken(SendError::NotConnected(cause)));
        let error = test.client.token(R).unwrap_err();
        assert_eq!((error.kind(), error.os_error()), (kind, Some(os_error)), "{error}");
        assert!(error.message().starts_with(words), "{os_error}: {error}");
    }
}

#[test]
fn hints_follow_what_was_asked_and_said() {
    let hint = |source, status, body: &str| {
        let test = TestClient::new(|builder| builder.source(source));
        test.answer(status, &[("server", "IMDS/150")], body);
        let error = test.client.token(R).unwrap_err();
        (error.kind(), error.hint().unwrap().to_owned())
    };
    let several = r#"{"error":"invalid_request","error_description":"Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request"}"#;
    let table = [
        (400, several, Kind::Service, "select one"),
        (403, "", Kind::Service, "guest proxy agent"),
        (421, "", Kind::Service, "guest proxy agent"),
        (403, "Forbidden by corporate policy", Kind::Service, "own message"),
        (401, r#"{"error":"unknown_source"}"#, Kind::Service, "own message"),
        (
            400,
            r#"{"error":"invalid_request","error_description":"Identity not found"}"#,
            Kind::IdentityNotFound,
            "enable it",
        ),
        (
            400,
            r#"{"error":"invalid_resource","error_description":"AADSTS500011"}"#,
            Kind::Service,
            "Check the resource",
        ),
        (
            400,
            r#"{"error":"x","error_description":"AADSTS700016: Application not found"}"#,
            Kind::Service,
            "own message",
        ),
        (400, r#"{"error":"x","error_description":"X-Forwarded-For header is not allowed"}"#, Kind::Service, "proxy"),
        (400, "No User Assigned or Delegated Managed Identity found", Kind::Service, "no identity of its own"),
        (403, "{}", Kind::Service, "guest proxy agent"),
        (418, "null", Kind::Service, "no reason"),
    ];
    for (status, body, kind, words) in table {
        let (found, hint) = hint(Source::Imds, status, body);
        assert_eq!(found, kind, "{status} {body}");
        assert!(hint.contains(words), "{status} {body}: {hint}");
    }
    let test = TestClient::imds();
    test.answer(400, &[], "no");
    let error = test.client.metadata().unwrap_err();
    assert!(!error.hint().unwrap().contains("resource"), "{error:?}");
    for (resource, words) in
        [("a /.default b", "white space"), ("https://x/.Default", "lower case"), ("x/./default", "lower case")]
    {
        let test = TestClient::imds();
        test.answer(400, &[("server", "IMDS/150")], r#"{"error":"invalid_resource"}"#);
        let error = test.client.token(resource).unwrap_err();
        assert!(error.hint().unwrap().contains(words), "{resource}: {error:?}");
    }
}

#[test]
fn an_encoding_is_named_and_a_byte_order_mark_skipped() {
    let test = TestClient::imds();
    test.answer(200, &[("content-encoding", "gzip")], "\u{1f}\u{8b}");
    let error = test.client.token(R).unwrap_err();
    assert!(error.message().contains("Content-Encoding is gzip"), "{error}");
    test.answer(200, &[("content-encoding", "gzip")], "\u{1f}\u{8b}");
    assert!(test.client.metadata().unwrap_err().message().contains("Content-Encoding is gzip"));
    test.answer(200, &[], "\u{feff}{\"access_token\":\"t\",\"expires_in\":3600}");
    assert_eq!(test.secret(R), "t");
    test.answer(200, &[], "\u{feff}{\"compute\":{\"name\":\"n\"}}");
    let metadata = test.client.metadata_at(Some("2023-07-01"), &crate::CallOptions::new()).unwrap();
    assert_eq!(metadata.name(), Some("n"));
    assert!(test.script.requests.lock().unwrap().last().unwrap().0.ends_with("api-version=2023-07-01"));
    test.answer(200, &[], "{\n\"compute\": oops}");
    assert!(test.client.metadata().unwrap_err().message().contains("line 2, column"));
}

#[test]
fn a_guess_is_probed_once() {
    let test = TestClient::guessing();
    test.answer(400, &[], "");
    test.token("a", 3600);
    assert_eq!(test.secret(R), "a");
    assert!(!test.script.requests.lock().unwrap()[0].0.contains("resource="));
    test.client.clear_cache();
    test.token("b", 3600);
    assert_eq!(test.secret(R), "b");
    assert_eq!(test.script.count(), 3);
}

#[test]
fn nobody_at_a_guess_is_unavailable_and_silence_is_left_to_the_request() {
    let guess = || {
        TestClient::new(|builder| {
            ["IDENTITY_ENDPOINT", "MSI_ENDPOINT"]
                .into_iter()
                .fold(builder, |builder, name| builder.environment_variable(name, None))
        })
    };
    let test = guess();
    test.script.push(Reply::Broken(SendError::NotConnected("refused".into())));
    assert_eq!(test.client.token(R).unwrap_err().kind(), Kind::Unavailable);
    let test = guess();
    test.script.push(Reply::Silence);
    test.token("a", 3600);
    assert_eq!(test.secret(R), "a");
}

#[test]
fn the_longest_connect_timeout_is_one() {
    let test = TestClient::new(|builder| {
        ["IDENTITY_ENDPOINT", "MSI_ENDPOINT"]
            .into_iter()
            .fold(builder.connect_timeout(Duration::MAX), |builder, name| builder.environment_variable(name, None))
    });
    test.answer(400, &[], "");
    test.token("a", 3600);
    assert_eq!(test.secret(R), "a");
}
