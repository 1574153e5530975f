//! Every rule by a request that keeps it and by those that break it.

use himds::Identity;
use zeroize::Zeroizing;

use super::super::ask::{Form, TokenAsk};
use super::super::head::{Parsed, parse};
use super::*;

const TOKEN: &str = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com";
const PORT_OF_TESTS: u16 = 40001;

fn imds() -> Surface {
    Surface::imds(PORT_OF_TESTS, Identity::SystemAssigned)
}

fn app_service() -> Surface {
    Surface::app_service(PORT_OF_TESTS, Identity::SystemAssigned, Zeroizing::new("s3cret".into()))
}

fn checked(surface: &Surface, request: &str) -> Result<Checked, Refusal> {
    let Ok(Parsed::Head(head, _)) = parse(request.as_bytes()) else { panic!("{request:?} is not a head") };
    check(&head, surface)
}

/// A GET with the usual Host, and these header lines.
fn get(target: &str, lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!("GET {target} HTTP/1.1\r\nHost: 169.254.169.254\r\n{lines}\r\n")
}

fn status(request: &str) -> u16 {
    checked(&imds(), request).map_or_else(|refusal| refusal.status, |_| 200)
}

fn token(surface: &Surface, request: &str) -> TokenAsk {
    match checked(surface, request) {
        Ok(Checked::Ask(Ask::Token(ask))) => ask,
        other => panic!("{request:?}: {other:?}"),
    }
}

#[test]
fn a_token_request_in_every_shape_that_clients_send() {
    for (target, lines) in [
        (TOKEN, &["Metadata: true"][..]),
        (TOKEN, &["metadata: True", "Cookie:", "Content-Type: application/json"]),
        (TOKEN, &["METADATA: TRUE", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "Content-Length: 0"]),
        (
            "/metadata/identity/oauth2/token?resource=https://storage.azure.com&api-version=2019-08-01",
            &["Metadata: true"],
        ),
        (
            "/metadata/identity/oauth2/token?api-version=2021-12-13&resource=https://storage.azure.com&client_id=",
            &["Metadata: true"],
        ),
    ] {
        let ask = token(&imds(), &get(target, lines));
        assert_eq!(ask.resource, "https://storage.azure.com");
        assert_eq!((ask.identity, ask.bypass_cache, ask.form), (Identity::SystemAssigned, false, Form::Imds));
    }
}

#[test]
fn every_spelling_of_an_identity_is_understood_and_two_are_refused() {
    let ask = |selector: &str| checked(&imds(), &get(&format!("{TOKEN}&{selector}"), &["Metadata: true"]));
    for (selector, identity) in [
        ("client_id=A", Identity::ClientId("A".into())),
        ("clientid=A", Identity::ClientId("A".into())),
        ("object_id=A", Identity::ObjectId("A".into())),
        ("principal_id=A", Identity::ObjectId("A".into())),
        ("msi_res_id=%2Fa", Identity::ResourceId("/a".into())),
        ("mi_res_id=/a", Identity::ResourceId("/a".into())),
        ("mi_res_id=/a&msi_res_id=/a", Identity::ResourceId("/a".into())),
    ] {
        let Ok(Checked::Ask(Ask::Token(token))) = ask(selector) else { panic!("{selector} is refused") };
        assert_eq!(token.identity, identity, "{selector}");
    }
    for selectors in ["client_id=A&object_id=A", "client_id=A&clientid=B", "mi_res_id=/a&msi_res_id=/b"] {
        assert_eq!(ask(selectors).unwrap_err().status, 400, "{selectors}");
    }
}

#[test]
fn the_surfaces_identity_is_the_one_without_a_selector() {
    let surface = Surface::imds(PORT_OF_TESTS, Identity::ClientId("own".into()));
    assert_eq!(token(&surface, &get(TOKEN, &["Metadata: true"])).identity, Identity::ClientId("own".into()));
}

#[test]
fn metadata_true_exactly_once() {
    for lines in
        [&[][..], &["Metadata: false"], &["Metadata:"], &["Metadata: true", "Metadata: true"], &["X-Metadata: true"]]
    {
        assert_eq!(status(&get(TOKEN, lines)), 400, "{lines:?}");
    }
    for bare in ["/metadata/identity/oauth2/token", "/metadata/instance"] {
        assert_eq!(status(&get(bare, &[])), 400, "{bare}");
        assert_eq!(status(&get(bare, &["Metadata: true"])), 400, "{bare}");
    }
}

#[test]
fn api_version_and_resource() {
    let base = "/metadata/identity/oauth2/token";
    for query in [
        "resource=a",
        "api-version=&resource=a",
        "api-version=2018-02-02&resource=a",
        "api-version=2017-12-01&resource=a",
        "api-version=2018-02-01",
        "api-version=2018-02-01&resource=",
        "api-version=2018-02-01&resource=a%20b",
        "api-version=2018-02-01&resource=a&resource=b",
        "api-version=2018-02-01&api-version=2018-02-01&resource=a",
        "api-version=2018-02-01&resource=a&x=1&X=1",
    ] {
        assert_eq!(status(&get(&format!("{base}?{query}"), &["Metadata: true"])), 400, "{query}");
    }
    assert_eq!(status(&get("/metadata/instance?api-version=2017-12-01", &["Metadata: true"])), 200);
    assert_eq!(status(&get("/metadata/instance?api-version=1", &["Metadata: true"])), 400);
    assert_eq!(status(&get("/metadata/instance?api-version=2021-02-01&format=xml", &["Metadata: true"])), 400);
}

#[test]
fn what_came_through_a_proxy_or_from_a_web_page() {
    for (line, refused) in [
        ("X-Forwarded-For: 10.0.0.1", 400),
        ("X-Forwarded-For:", 400),
        ("Forwarded: for=10.0.0.1", 400),
        ("Via: 1.1 squid", 400),
        ("X-Real-IP: 10.0.0.1", 400),
        ("Origin: http://evil.example", 403),
        ("Origin: null", 403),
        ("Sec-Fetch-Mode: no-cors", 403),
        ("Sec-Fetch-Site: none", 403),
        ("Sec-Fetch-Mode: cors\r\nSec-Fetch-Site: cross-site", 403),
        ("Sec-Fetch-Mode: cors\r\nOrigin: null", 403),
        // Node's fetch.
        ("Sec-Fetch-Mode: cors", 200),
    ] {
        assert_eq!(status(&get(TOKEN, &["Metadata: true", line])), refused, "{line}");
    }
}

#[test]
fn host_is_an_address_of_this_service() {
    let with = |host: &str| status(&format!("GET {TOKEN} HTTP/1.1\r\nHost: {host}\r\nMetadata: true\r\n\r\n"));
    for host in [
        "169.254.169.254",
        "169.254.169.254:80",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]:80",
        "127.0.0.1:40001",
        "localhost:40001",
        "[::1]:40001",
    ] {
        assert_eq!(with(host), 200, "{host}");
    }
    for host in [
        "169.254.169.254.evil.example",
        "evil.example",
        "metadata.google.internal",
        "169.254.169.254:8080",
        "169.254.169.254:40001",
        "127.0.0.1",
        "127.0.0.1:80",
        "localhost",
        "localhost.:40001",
        "10.0.0.1:40001",
        "user@169.254.169.254",
        "169.254.169.254:",
        "2852039166",
        "0xa9.0xfe.0xa9.0xfe",
        "",
    ] {
        assert_eq!(with(host), 403, "{host}");
    }
    assert_eq!(status(&format!("GET {TOKEN} HTTP/1.1\r\nMetadata: true\r\n\r\n")), 400);
    assert_eq!(status(&format!("GET {TOKEN} HTTP/1.0\r\nMetadata: true\r\n\r\n")), 400);
    assert_eq!(status(&get(TOKEN, &["Metadata: true", "Host: 169.254.169.254"])), 400);
}

#[test]
fn methods_targets_and_bodies() {
    let request = |line: &str, more: &str| {
        status(&format!("{line} HTTP/1.1\r\nHost: 169.254.169.254\r\nMetadata: true\r\n{more}\r\n"))
    };
    assert_eq!(request(&format!("HEAD {TOKEN}"), ""), 200);
    for method in ["PUT", "POST", "DELETE", "OPTIONS", "TRACE", "PATCH", "get"] {
        assert_eq!(request(&format!("{method} {TOKEN}"), ""), 400, "{method}");
    }
    assert_eq!(request("CONNECT 169.254.169.254:80", ""), 400);
    assert_eq!(request("PUT /latest/api/token", ""), 400);
    for target in [&format!("http://169.254.169.254{TOKEN}"), "*", "169.254.169.254:80", "metadata/instance"] {
        assert_eq!(request(&format!("GET {target}"), ""), 400, "{target}");
    }
    for framing in [
        "Content-Length: 1\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding:\r\n",
        "Content-Length: 0\r\nContent-Length: 0\r\n",
        "Content-Length: +0\r\n",
        "Content-Length: 99999999999999999999999\r\n",
    ] {
        assert_eq!(request(&format!("GET {TOKEN}"), framing), 400, "{framing:?}");
    }
}

#[test]
fn app_service_wants_its_secret_and_knows_two_versions() {
    let request = |version: &str, lines: &[&str]| {
        let target = format!("/MSI/token/?api-version={version}&resource=https://a.b&principal_id=P");
        let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        checked(&app_service(), &format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:40001\r\n{lines}\r\n"))
    };
    for (version, line, form) in [
        ("2019-08-01", "X-IDENTITY-HEADER: s3cret", Form::AppService2019),
        ("2017-09-01", "secret: s3cret", Form::AppService2017),
    ] {
        let Ok(Checked::Ask(Ask::Token(ask))) = request(version, &[line]) else { panic!("{version} is refused") };
        assert_eq!((ask.form, ask.identity), (form, Identity::ObjectId("P".into())));
    }
    for (lines, refused) in [
        (&[][..], 400),
        (&["Metadata: true"], 400),
        (&["secret: s3cre"], 403),
        (&["secret: s3cretx"], 403),
        (&["secret: "], 403),
        (&["secret: s3cret", "secret: s3cret"], 403),
        (&["X-IDENTITY-HEADER: s3cret", "secret: wrong"], 403),
    ] {
        assert_eq!(request("2019-08-01", lines).unwrap_err().status, refused, "{lines:?}");
    }
    assert_eq!(request("2018-02-01", &["secret: s3cret"]).unwrap_err().status, 400);
}

#[test]
fn cloud_shell_posts_a_form() {
    let request = |surface: &Surface, target: &str, metadata: &str| {
        checked(
            surface,
            &format!("POST {target} HTTP/1.1\r\nHost: 169.254.169.254\r\n{metadata}Content-Length: 20\r\n\r\n"),
        )
    };
    let on = imds().with_cloud_shell(true);
    assert_eq!(request(&on, "/oauth2/token", "Metadata: true\r\n"), Ok(Checked::Form(20)));
    let padded = |padding: usize| format!("Metadata: true\r\nA: {}\r\n", "a".repeat(padding));
    let head =
        format!("POST /oauth2/token HTTP/1.1\r\nHost: 169.254.169.254\r\n{}Content-Length: 20\r\n\r\n", padded(0))
            .len();
    let room = 8 * 1024 - 20 - head;
    assert_eq!(request(&on, "/oauth2/token", &padded(room)), Ok(Checked::Form(20)));
    assert_eq!(
        request(&on, "/oauth2/token", &padded(room + 1)).unwrap_err().status,
        400,
        "with its body it is too long"
    );
    assert_eq!(request(&on, "/oauth2/token", "").unwrap_err().status, 400);
    assert_eq!(request(&on, TOKEN, "Metadata: true\r\n").unwrap_err().status, 400);
    assert_eq!(request(&imds(), "/oauth2/token", "Metadata: true\r\n").unwrap_err().status, 400);
    assert_eq!(checked(&on, &get("/oauth2/token", &["Metadata: true"])).unwrap_err().status, 400);
    let Ok(Ask::Token(ask)) = form(b"resource=https%3A%2F%2Fa.b&client_id=C", &on) else {
        panic!("the form is refused")
    };
    assert_eq!((ask.resource.as_str(), ask.identity), ("https://a.b", Identity::ClientId("C".into())));
    assert_eq!(form(b"resource=a&resource=a", &on).unwrap_err().status, 400);
}

#[test]
fn no_refusal_is_one_that_clients_repeat() {
    for request in [get("/latest", &[]), get(TOKEN, &[]), get(TOKEN, &["Metadata: true", "Origin: x"])] {
        let refusal = checked(&imds(), &request).unwrap_err();
        assert!(matches!(refusal.status, 400 | 403 | 404), "{refusal:?}");
        assert!(!refusal.description.to_ascii_lowercase().contains("unreachable"));
    }
}
