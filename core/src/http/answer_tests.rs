use super::*;
use crate::Identity;
use crate::secret::Secret;
use crate::testing::response;

const NOW: Duration = Duration::from_secs(1_700_000_000);

fn what(token: bool) -> What<'static> {
    match token {
        true => What::Token { resource: "https://vault.azure.net", identity: &Identity::SystemAssigned },
        false => What::Metadata,
    }
}

fn ask(source: Source, token: bool, status: u16, headers: &[(&str, &str)], body: &str) -> (Kind, Retry) {
    let asked = Asked { source, what: what(token), api_version: "2020-06-01", key: None };
    let failure = classify(asked, &response(status, headers, body), NOW);
    assert!(failure.error.hint().is_some());
    assert_eq!(failure.error.http_status(), Some(status));
    (failure.error.kind(), failure.retry)
}

#[test]
#[allow(clippy::type_complexity, reason = "a table")]
fn the_table_of_answers() {
    use Kind::*;
    use Retry::{ApiVersion, Backoff, Gone, Never};
    use Source::{Himds, Imds};
    const VERSIONS: &str = "The api-version not specified. Supported are 2021-02-01 2020-06-01 2019-11-01 2019-08-15";
    const NOT_FOUND: &str = r#"{"error":"invalid_request","error_description":"Identity not found"}"#;
    const NOT_ASSIGNED: &str =
        r#"{"error":"invalid_request","error_description":"The requested identity was not found"}"#;
    const ENTRA: &str = r#"{"error":"invalid_resource","error_description":"AADSTS500011","error_codes":[500011],"trace_id":"t","correlation_id":"c"}"#;
    let openstack = "<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1>The resource could not be found.</body></html>";
    let table: &[(Source, bool, u16, &[(&str, &str)], &str, Kind, Retry)] = &[
        (Imds, true, 400, &[], NOT_FOUND, IdentityNotFound, Never),
        (Himds, true, 400, &[], NOT_ASSIGNED, IdentityNotFound, Never),
        (Himds, true, 404, &[], r#"{"error":"identity_not_found"}"#, IdentityNotFound, Never),
        (Imds, false, 400, &[], NOT_FOUND, Service, Never),
        (Himds, true, 400, &[], VERSIONS, Service, ApiVersion("2019-11-01")),
        (Himds, false, 400, &[], VERSIONS, Service, ApiVersion("2019-11-01")),
        (Himds, true, 400, &[], "Supported api-versions: 2019-08-15", Service, ApiVersion("2019-08-15")),
        (Himds, true, 400, &[], "Supported api-versions: 2018-02-01", Service, Never),
        (Himds, true, 400, &[], "since 2019-11-01", Service, Never),
        (Imds, true, 400, &[], VERSIONS, Service, Never),
        (Himds, true, 400, &[], ENTRA, Service, Never),
        (Imds, true, 401, &[], "", NotAzure, Never),
        (Imds, true, 401, &[], r#"{"error":{"code":"unknown_source","message":"m"}}"#, Service, Never),
        (Imds, true, 401, &[("server", "EC2ws")], "<html>401 - Unauthorized</html>", NotAzure, Never),
        (Imds, false, 404, &[("metadata-flavor", "Google")], "<html>", NotAzure, Never),
        (Imds, true, 403, &[("metadata-flavor", "Google")], "", NotAzure, Never),
        (Imds, true, 404, &[], openstack, NotAzure, Never),
        (Imds, true, 403, &[], "connecting to 169.254.169.254: network Is UNREACHABLE", Unavailable, Never),
        (Imds, true, 403, &[("server", "IMDS/150")], "unreachable", Service, Never),
        (Imds, true, 403, &[], r#"{"error":"access_denied","error_description":"unreachable"}"#, Service, Never),
        (Imds, true, 403, &[], "no", Service, Never),
        (Himds, true, 403, &[], "unreachable", Service, Never),
        (Imds, true, 404, &[], "", Service, Backoff),
        (Imds, false, 404, &[], "", Service, Never),
        (Himds, true, 404, &[], "", Service, Never),
        (Imds, true, 410, &[], "", Service, Gone),
        (Imds, false, 410, &[], "", Service, Gone),
        (Himds, true, 410, &[], "", Service, Never),
        (Imds, true, 429, &[], "", Throttled, Backoff),
        (Himds, true, 408, &[], "", Service, Backoff),
        (Himds, true, 500, &[], "", Service, Backoff),
        (Imds, true, 501, &[], "", Service, Never),
        (Imds, true, 502, &[], "", Service, Backoff),
        (Imds, true, 503, &[], "", Service, Backoff),
        (Imds, false, 504, &[], "", Service, Backoff),
        (Imds, true, 505, &[], "", Service, Never),
        (Himds, true, 302, &[("location", "http://evil")], "", Service, Never),
        (Himds, true, 418, &[], "", Service, Never),
    ];
    for (source, token, status, headers, body, kind, retry) in table {
        let result = ask(*source, *token, *status, headers, body);
        assert_eq!(result, (*kind, *retry), "{source} {token} {status} {body}");
    }
}

#[test]
fn a_hint_goes_by_what_was_said() {
    let hint = |status, body: &str| {
        let asked = Asked { source: Source::Imds, what: what(true), api_version: "v", key: None };
        classify(asked, &response(status, &[], body), NOW).error.hint().unwrap_or_default().to_owned()
    };
    for (status, body, expected) in [
        (403, "", "guest proxy agent"),
        (403, " \r\n", "guest proxy agent"),
        (403, r#"{"error":{"code":"","message":" "}}"#, "guest proxy agent"),
        (421, "", "guest proxy agent"),
        (421, "Misdirected Request", "guest proxy agent"),
        (403, "no", "own message"),
        (400, "Multiple user assigned identities exist", "client_id"),
        (400, r#"{"error":{"code":"x","message":"Multiple user-assigned identities exist"}}"#, "client_id"),
    ] {
        assert!(hint(status, body).contains(expected), "{status} {body}: {}", hint(status, body));
    }
}

#[test]
fn a_401_after_the_key_is_a_refusal() {
    let key = Secret::new("the-key".to_owned());
    let asked = Asked { source: Source::Himds, what: what(true), api_version: "2020-06-01", key: Some(&key) };
    let failure = classify(asked, &response(401, &[], "bad key: the-key"), NOW);
    assert_eq!((failure.error.kind(), failure.retry), (Kind::KeyRefused, Retry::Never));
    assert!(!format!("{:?}{:?}", failure.error, failure.error.body()).contains("the-key"));
}

#[test]
fn words_are_shown_on_one_short_line() {
    let asked = Asked { source: Source::Imds, what: what(true), api_version: "v", key: None };
    let body = format!(r#"{{"error":"e\n\u001b[31m","error_description":"{}"}}"#, "x".repeat(9000));
    let error = classify(asked, &response(400, &[], &body), NOW).error;
    assert!(!error.message().contains(char::is_control) && error.message().chars().count() < 500);
    assert_eq!(error.error_description().map(str::len), Some(9000));
}
