//! Whole diagnoses on fakes: which findings there are, and how each turns out.
#![allow(clippy::disallowed_methods, reason = "temporary directories are real")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;
use crate::Status;
use crate::http::transport::SendError;
use crate::testing::{Reply, TestClient};
use crate::{CallOptions, CancelHandle, ClientBuilder};
use tempfile::TempDir;

const ARM: &str = "https://management.azure.com";
const KEY: &str = "the-one-time-key";
/// `{"alg":"none"}.{"oid":"OID","appid":"APPID","tid":"TID","xms_mirid":"/subscriptions/S","iat":1700000000}.x`
const JWT: &str = "eyJhbGciOiJub25lIn0.eyJvaWQiOiJPSUQiLCJhcHBpZCI6IkFQUElEIiwidGlkIjoiVElEIiwieG1zX21pcmlkIjoiL3N1YnNjcmlwdGlvbnMvUyIsImlhdCI6MTcwMDAwMDAwMH0.x";
/// The fake wall clock's time, as a server writes it.
const NOW: &str = "Tue, 14 Nov 2023 22:13:20 GMT";
const MACHINE: &str = r#"{"compute":{"name":"box","azEnvironment":"AzurePublicCloud"},"network":{}}"#;
const VERSIONS: &str = r#"{"error":"invalid_request","error_description":"The api-version not specified. Supported are 2021-02-01 2020-06-01 2019-11-01"}"#;

/// No variable of the process that runs the tests counts.
fn neutral(builder: ClientBuilder) -> ClientBuilder {
    [
        "IDENTITY_ENDPOINT",
        "IMDS_ENDPOINT",
        "IDENTITY_HEADER",
        "IDENTITY_SERVER_THUMBPRINT",
        "MSI_ENDPOINT",
        "AZURE_CLIENT_ID",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
        "KUBERNETES_SERVICE_HOST",
    ]
    .into_iter()
    .fold(builder, |builder, name| builder.environment_variable(name, None))
}

fn put(root: &TempDir, path: &str, text: &str) {
    let path = root.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// An Arc-enabled server whose agent is installed, runs and listens, below a temporary root.
fn arc() -> TempDir {
    let root = TempDir::new().unwrap();
    put(&root, "opt/azcmagent/bin/himds", "");
    put(&root, "proc/77/comm", "himds\n");
    fs::create_dir_all(root.path().join("proc/77/fd")).unwrap();
    std::os::unix::fs::symlink("socket:[4711]", root.path().join("proc/77/fd/3")).unwrap();
    // The agent runs as the owner of the token directory: here whoever runs the tests.
    let uid = rustix::process::geteuid().as_raw();
    let table = format!("head\n 0: 0100007F:9D96 00000000:0000 0A 0:0 0:0 0 {uid} 0 4711 1\n");
    put(&root, "proc/net/tcp", &table);
    put(&root, "etc/passwd", "root:x:0:0::/root:/bin/sh\nhimds:x:998:998::/:/bin/false\n");
    put(&root, "tokens/a.key", KEY);
    fs::set_permissions(root.path().join("tokens"), fs::Permissions::from_mode(0o750)).unwrap();
    root
}

fn himds_client(root: TempDir, options: impl FnOnce(ClientBuilder) -> ClientBuilder) -> TestClient {
    let tokens = root.path().join("tokens");
    TestClient::with_root(root, |builder| options(neutral(builder).token_dir(tokens)))
}

fn challenge(test: &TestClient, root: &Path) {
    let header = format!("Basic realm={}/tokens/a.key", root.display());
    test.answer(401, &[("www-authenticate", &header)], r#"{"error":"unauthorized_client"}"#);
}

/// The answers of a healthy agent.
fn healthy(test: &TestClient, date: &str) {
    test.answer(200, &[("date", date)], MACHINE);
    test.answer(400, &[], VERSIONS);
    challenge(test, test.root.path());
    test.token(JWT, 86400);
}

fn look(test: &TestClient) -> Diagnosis {
    let diagnosis = test.client.diagnose(ARM).unwrap();
    let shown = format!("{diagnosis:?} {}", diagnosis.to_json());
    assert!(!shown.contains(KEY) && !shown.contains("eyJ") && !shown.contains("hunter2"), "{shown}");
    for finding in diagnosis.findings() {
        assert!(finding.status == Status::Ok || !finding.fix.is_empty(), "{finding:?} says what to do");
        assert!(!finding.detail.is_empty() && !finding.detail.contains('\n'), "{finding:?}");
        assert!(!(diagnosis.ok() && finding.status == Status::Failed), "{finding:?} stood in nobody's way");
    }
    diagnosis
}

fn named<'a>(diagnosis: &'a Diagnosis, name: &str) -> &'a Finding {
    let found = diagnosis.findings().iter().find(|finding| finding.name == name);
    found.unwrap_or_else(|| panic!("{name} in {diagnosis:#?}"))
}

fn names(diagnosis: &Diagnosis) -> Vec<&str> {
    diagnosis.findings().iter().map(|finding| finding.name).collect()
}

fn not_connected(test: &TestClient) {
    test.script.push(Reply::Broken(SendError::NotConnected("connection refused".into())));
}

#[test]
fn all_is_well_on_arc() {
    let test = himds_client(arc(), |builder| builder);
    healthy(&test, NOW);
    let diagnosis = look(&test);
    assert!(diagnosis.ok());
    assert_eq!((diagnosis.source(), diagnosis.source_reason().is_empty()), ("himds", false));
    let expected = [
        "source",
        "environment",
        "proxy",
        "agent",
        "port",
        "token_directory",
        "group",
        "metadata",
        "api_version",
        "clock",
        "token",
        "identity",
    ];
    #[cfg(target_os = "linux")]
    assert_eq!(names(&diagnosis), expected);
    for finding in diagnosis.findings() {
        assert_eq!(finding.status, Status::Ok, "{finding:?}");
    }
    assert!(named(&diagnosis, "identity").detail.contains("OID (oid)"));
    assert!(named(&diagnosis, "token").detail.contains("2023-11-15T22:13:20Z, in 24 h 0 min"));
    let requests = test.script.requests.lock().unwrap();
    assert!(requests[2].0.contains("bypass_cache=true"), "the service is asked really: {requests:?}");
    let json: serde_json::Value = serde_json::from_str(&diagnosis.to_json()).unwrap();
    assert_eq!(json["findings"][0]["name"], "source");
    assert!(json["findings"][0]["elapsed_ms"].is_number());
}

#[test]
fn the_agent_is_stopped() {
    let root = arc();
    put(&root, "proc/net/tcp", "head\n");
    put(&root, "proc/77/comm", "sshd\n");
    let test = himds_client(root, |builder| builder);
    not_connected(&test);
    not_connected(&test);
    let diagnosis = look(&test);
    assert!(!diagnosis.ok());
    for name in ["agent", "port", "metadata", "token"] {
        assert_eq!(named(&diagnosis, name).status, Status::Failed, "{name}");
        assert!(named(&diagnosis, name).fix.contains("systemctl"), "{name}");
    }
    assert!(!names(&diagnosis).contains(&"identity") && !names(&diagnosis).contains(&"api_version"));
    assert_eq!(test.script.count(), 2);
}

#[test]
fn no_agent_and_no_azure() {
    let test = TestClient::with_root(TempDir::new().unwrap(), neutral);
    not_connected(&test);
    let diagnosis = look(&test);
    assert!(!diagnosis.ok());
    assert_eq!(diagnosis.source(), "imds");
    assert_eq!(names(&diagnosis), ["source", "environment", "proxy", "agent", "metadata", "token"]);
    assert!(named(&diagnosis, "agent").fix.contains("azcmagent connect"));
    assert_eq!(test.script.count(), 1, "the probe's no is believed");
}

#[test]
fn an_azure_vm() {
    let test = TestClient::with_root(TempDir::new().unwrap(), |builder| neutral(builder).source(Source::Imds));
    test.answer(200, &[], MACHINE);
    test.answer(200, &[], r#"{"apiVersions":["2018-02-01","2021-02-01"]}"#);
    test.token(JWT, 86400);
    let diagnosis = look(&test);
    assert!(diagnosis.ok());
    let expected = ["source", "environment", "proxy", "metadata", "cloud", "api_version", "clock", "token", "identity"];
    assert_eq!(names(&diagnosis), expected);
    assert!(diagnosis.findings().iter().all(|finding| finding.status == Status::Ok), "{diagnosis:#?}");
}

#[test]
fn another_cloud() {
    let test = TestClient::with_root(TempDir::new().unwrap(), neutral);
    for _ in 0..4 {
        test.answer(401, &[("server", "EC2ws")], "<html>");
    }
    let diagnosis = look(&test);
    assert!(!diagnosis.ok());
    assert_eq!(named(&diagnosis, "cloud").status, Status::Failed);
    assert!(named(&diagnosis, "cloud").detail.contains("Amazon EC2"));
}

#[test]
fn another_host() {
    let test = TestClient::with_root(TempDir::new().unwrap(), |builder| {
        neutral(builder)
            .environment_variable("IDENTITY_ENDPOINT", Some("http://x".to_owned()))
            .environment_variable("IDENTITY_HEADER", Some("hunter2".to_owned()))
    });
    let diagnosis = look(&test);
    assert_eq!((diagnosis.ok(), diagnosis.source()), (false, ""));
    assert_eq!(names(&diagnosis), ["source", "token"]);
    assert!(named(&diagnosis, "source").detail.contains("App Service"));
    assert_eq!(test.script.count(), 0);
}

#[test]
fn clock_version_environment_and_proxy_are_warnings() {
    let test = himds_client(arc(), |builder| {
        builder
            .environment_variable("IMDS_ENDPOINT", Some("http://localhost:40342".to_owned()))
            .environment_variable("http_proxy", Some("http://u:hunter2@proxy:3128".to_owned()))
    });
    test.answer(200, &[("date", "Tue, 14 Nov 2023 12:13:20 GMT")], MACHINE);
    test.answer(400, &[], "The api-version not specified. Supported are 2019-11-01 2019-08-15");
    challenge(&test, test.root.path());
    test.token("opaque", 86400);
    let diagnosis = look(&test);
    assert!(diagnosis.ok());
    for name in ["clock", "api_version", "environment", "proxy", "identity"] {
        assert_eq!(named(&diagnosis, name).status, Status::Warning, "{name}");
    }
    assert!(named(&diagnosis, "clock").detail.contains("10 h 0 min ahead"));
}

#[test]
fn everybody_may_write_to_the_directory() {
    let root = arc();
    fs::set_permissions(root.path().join("tokens"), fs::Permissions::from_mode(0o777)).unwrap();
    let test = himds_client(root, |builder| builder);
    healthy(&test, NOW);
    let diagnosis = look(&test);
    assert!(!diagnosis.ok());
    assert_eq!(named(&diagnosis, "token_directory").status, Status::Failed);
    assert!(named(&diagnosis, "token").detail.contains("key_file_rejected"));
}

#[test]
fn a_container_without_the_directory() {
    let root = TempDir::new().unwrap();
    put(&root, ".dockerenv", "");
    put(&root, "proc/net/tcp", "head\n");
    let test = himds_client(root, |builder| builder.source(Source::Himds));
    not_connected(&test);
    not_connected(&test);
    let diagnosis = look(&test);
    assert!(!diagnosis.ok());
    assert_eq!(named(&diagnosis, "container").status, Status::Failed);
    assert!(named(&diagnosis, "container").fix.contains("-v "));
    assert!(named(&diagnosis, "token_directory").fix.contains("docker run -v"));
    #[cfg(target_os = "linux")]
    assert!(named(&diagnosis, "port").fix.contains("--network host"));
}

#[test]
fn the_services_words_are_told_and_the_key_is_not() {
    for (said, shown) in [("stale".to_owned(), "no: stale"), (format!("bad key {KEY}"), "(key_refused)")] {
        let test = himds_client(arc(), |builder| builder);
        test.answer(200, &[], MACHINE);
        test.answer(400, &[], VERSIONS);
        challenge(&test, test.root.path());
        test.answer(401, &[], &format!(r#"{{"error":"no","error_description":"{said}"}}"#));
        let diagnosis = look(&test);
        let token = named(&diagnosis, "token");
        assert!(token.detail.contains(shown) && !token.detail.contains(KEY), "{token:?}");
        assert!(token.fix.contains("systemctl restart himdsd"));
    }
}

#[test]
fn a_hanging_service_is_a_finding_and_a_cancelled_call_an_error() {
    let test = himds_client(arc(), |builder| builder);
    test.script.push(Reply::Silence);
    test.script.push(Reply::Silence);
    let diagnosis = look(&test);
    assert!(!diagnosis.ok());
    for name in ["metadata", "token"] {
        assert!(named(&diagnosis, name).detail.contains("no answer within"), "{name}");
        assert!(named(&diagnosis, name).elapsed > Duration::ZERO);
    }
    assert!(test.clock.now() <= crate::DEFAULT_TIMEOUT);
    let handle = CancelHandle::new();
    handle.cancel();
    let cancelled = test.client.diagnose_with(ARM, &CallOptions::new().cancel(&handle)).unwrap_err();
    assert_eq!(cancelled.kind(), Kind::Cancelled);
    assert_eq!(test.client.diagnose("").unwrap_err().kind(), Kind::InvalidArgument);
}
