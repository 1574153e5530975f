//! Faults, from the file, from the library and over the admin path.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::time::Instant;

use crate::common::*;
use himds_emulator::presets;

fn imds(fault_text: &str) -> std::io::Result<Reply> {
    let emulator = start("");
    emulator.push_fault(fault(fault_text)).unwrap();
    send(&emulator.imds_url(), "GET", IMDS_TOKEN, &["Metadata: true"], "")
}

type Header = (&'static str, &'static str);

/// Each preset, and what a client can tell it by: the status, and headers with their whole values.
const PRESETS: &[(&str, u16, &[Header])] = &[
    ("identity_not_found", 400, &[JSON]),
    ("himds_not_assigned", 404, &[JSON]),
    ("himds_identity_invalid", 400, &[JSON]),
    ("himds_api_version", 400, &[JSON]),
    ("himds_api_version_old", 400, &[JSON]),
    ("imds_api_version", 400, &[JSON]),
    ("entra", 400, &[JSON]),
    ("error_object", 403, &[JSON]),
    ("status_code_body", 500, &[JSON]),
    ("updating_404", 404, &[JSON]),
    ("updating_410", 410, &[JSON]),
    ("throttled", 429, &[JSON, ("Retry-After", "0")]),
    ("unavailable", 503, &[JSON]),
    ("docker_desktop", 403, &[("Content-Type", "text/plain; charset=utf-8")]),
    ("ec2", 401, &[HTML, ("Server", "EC2ws")]),
    ("ec2_bare", 401, &[("Content-Length", "0")]),
    ("google", 404, &[HTML, ("Metadata-Flavor", "Google"), ("Server", "Metadata Server for VM")]),
    ("openstack", 404, &[("Content-Type", "text/html; charset=UTF-8")]),
    ("redirect", 302, &[("Location", "http://{host}/metadata/identity/elsewhere")]),
    ("not_json", 200, &[HTML]),
];
const JSON: Header = ("Content-Type", "application/json; charset=utf-8");
const HTML: Header = ("Content-Type", "text/html");

#[test]
fn every_preset_is_sent() {
    assert_eq!(PRESETS.iter().map(|preset| preset.0).collect::<Vec<_>>(), presets::NAMES);
    let emulator = start("");
    let host = emulator.imds_url().replace("http://", "");
    let mut bodies = HashSet::new();
    for (name, status, headers) in PRESETS {
        emulator.push_fault(fault(&format!("preset = \"{name}\""))).unwrap();
        let reply = get(&emulator.imds_url(), IMDS_TOKEN);
        assert_eq!(reply.status, *status, "{name}");
        for (header, value) in *headers {
            assert_eq!(reply.header(header), [value.replace("{host}", &host)], "{name}: {header}");
        }
        if headers.contains(&JSON) {
            assert!(reply.json().is_object(), "{name}: {}", reply.text());
        }
        // Two have no body; of the others, no two say the same.
        assert!(bodies.insert(reply.text()) || reply.body.is_empty(), "{name}: {}", reply.text());
    }
}

#[test]
fn a_preset_is_changed_by_the_fault_that_names_it() {
    let text = "preset = \"throttled\"\nstatus = 503\nbody = \"own\"\nheaders = [[\"retry-after\", \"9\"]]";
    let reply = imds(text).unwrap();
    assert_eq!((reply.status, reply.text().as_str()), (503, "own"));
    assert_eq!((reply.header("Retry-After"), reply.header("Content-Type")), (vec!["9".into()], vec![JSON.1.into()]));
}

#[test]
fn an_answer_is_changed() {
    let body = imds("set = { expires_in = '3599.5', refresh_in = '1' }\nremove = [\"expires_on\"]").unwrap().json();
    assert_eq!((&body["expires_in"], &body["refresh_in"]), (&3599.5.into(), &1.into()));
    assert!(body.get("expires_on").is_none() && body["access_token"].is_string());
    let reply = imds("remove_headers = [\"date\"]\nheaders = [[\"X-A\", \"1\"], [\"X-A\", \"{hex:ff}2\"]]").unwrap();
    assert!(reply.header("Date").is_empty());
    assert_eq!(reply.header("X-A").len(), 2);
    let reply = imds("body = '{\"access_token\":\"{token}\",\"big\":\"{x*2097152}\"}'").unwrap();
    assert!(reply.body.len() > 2_097_152);
}

#[test]
fn a_connection_is_broken() {
    let kind = |text: &str| imds(text).unwrap_err().kind();
    assert_eq!(kind("wire = { action = \"reset\" }"), ErrorKind::ConnectionReset);
    assert_eq!(kind("wire = { action = \"close\" }"), ErrorKind::UnexpectedEof);
    assert_eq!(kind("wire = { action = \"close\", after = \"half_head\" }"), ErrorKind::UnexpectedEof);
    assert_eq!(kind("wire = { action = \"close\", after = \"half_body\" }"), ErrorKind::UnexpectedEof);
    assert_eq!(kind("on = \"connect\"\nwire = { action = \"reset\" }"), ErrorKind::ConnectionReset);
    let started = Instant::now();
    let reply = imds("wire = { action = \"drip\", after = \"head\", bytes = 200, every_ms = 10 }").unwrap();
    assert!(reply.json()["access_token"].is_string() && started.elapsed().as_millis() >= 80);
    let reply =
        imds("wire = { action = \"close\", raw = \"HTTP/1.1 299 Odd\\r\\nX: {hex:00ff}\\r\\n\\r\\nend\" }").unwrap();
    assert_eq!((reply.status, reply.text().as_str()), (299, "end"));
}

#[test]
fn challenges_and_key_files_go_wrong() {
    let emulator = start("");
    let base = emulator.himds_url();
    let challenge = |text: &str| {
        emulator.push_fault(fault(&format!("on = \"challenge\"\n{text}"))).unwrap();
        get(&base, HIMDS_TOKEN)
    };
    assert!(challenge("www_authenticate = []").header("Www-Authenticate").is_empty());
    assert_eq!(challenge("www_authenticate = [\"a\", \"b\"]").header("Www-Authenticate"), ["a", "b"]);
    assert!(challenge("no_challenge = true").json()["access_token"].is_string());
    let path = |text: &str| realm(&challenge(text));
    let file = |text: &str| fs::symlink_metadata(path(text)).map(|found| found.file_type());
    assert!(file("key = { kind = \"directory\" }").unwrap().is_dir());
    assert_eq!(file("key = { kind = \"missing\" }").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(fs::read(path("key = { content = \"\" }")).unwrap(), b"");
    assert_eq!(fs::read(path("key = { content = \"a{hex:00ff}\" }")).unwrap(), [b'a', 0, 255]);
    let key = fs::read_to_string(path("key = { content = \"made-up-key\\n\" }")).unwrap();
    assert_eq!(with_key(&base, HIMDS_TOKEN, key.trim()).status, 200, "what the file says is the key");
    emulator.push_fault(fault("on = \"key\"\nrefuse_key = true")).unwrap();
    assert_eq!(handshake(&base, HIMDS_TOKEN).status, 401);
    assert_eq!(handshake(&base, HIMDS_TOKEN).status, 200);
}

#[cfg(unix)]
#[test]
fn modes_and_links() {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
    let emulator = start("");
    let path = |text: &str| {
        emulator.push_fault(fault(&format!("on = \"challenge\"\nkey = {{ {text} }}"))).unwrap();
        realm(&get(&emulator.himds_url(), HIMDS_TOKEN))
    };
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(path("mode = \"0666\"").as_ref()), 0o666);
    assert!(fs::symlink_metadata(path("kind = \"symlink\"")).unwrap().is_symlink());
    assert!(fs::metadata(path("kind = \"fifo\"")).unwrap().file_type().is_fifo());
    let usual = mode(&emulator.token_dir());
    path("directory_mode = \"0777\"");
    assert_eq!(mode(&emulator.token_dir()), 0o777);
    path("name = \"again.key\"");
    assert_eq!(mode(&emulator.token_dir()), usual, "the next challenge has the usual mode");
}

#[test]
fn the_admin_path() {
    let emulator = start("[[fault]]\nstatus = 503\non = \"metadata\"");
    let base = emulator.himds_url();
    let admin = |method: &str, path: &str, headers: &[&str], body: &str| {
        send(&base, method, &format!("/emulator{path}"), headers, body).unwrap()
    };
    let json = "Content-Type: application/json";
    assert_eq!(admin("GET", "/faults", &[], "").json()[0]["status"], 503, "from the file");
    let added = admin("POST", "/faults", &[json], r#"[{"preset":"throttled","count":2},{"status":500}]"#);
    assert_eq!(added.json().as_array().unwrap().len(), 3, "{}", added.text());
    assert_eq!(admin("POST", "/faults", &[json], r#"{"preset":"nope"}"#).status, 422);
    assert_eq!(admin("POST", "/faults", &[json], r#"{"statsu":500}"#).status, 422);
    let statuses: Vec<u16> = (0..4).map(|_| get(&base, HIMDS_TOKEN).status).collect();
    assert_eq!(statuses, [429, 429, 500, 401]);
    let log = admin("GET", "/requests", &[], "").json();
    assert_eq!(log.as_array().unwrap().len(), 4, "the admin path's own requests are not in the log");
    assert_eq!(log[0]["fault"], "fault 1");
    assert_eq!(admin("DELETE", "/requests", &[], "").status, 204);
    assert!(emulator.requests().is_empty());
    assert_eq!(admin("DELETE", "/faults", &[], "").status, 204);
    assert_eq!(get(&base, "/metadata/instance?api-version=2020-06-01").status, 200);
    assert_eq!(admin("GET", "/secrets", &[], "").json().as_array().unwrap().len(), 1, "the one key");
    assert_eq!(admin("GET", "", &[], "").json()["addresses"]["himds"], base);
    assert_eq!(admin("GET", "/secrets", &["Origin: http://evil.example"], "").status, 403);
}

#[test]
fn the_clock_can_be_wrong() {
    let emulator = start("clock_skew = 86400");
    let reply = get(&emulator.imds_url(), IMDS_TOKEN);
    let body = reply.json();
    let expires: i64 = body["expires_on"].as_str().unwrap().parse().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
    assert!((expires - now - 2 * 86_400).abs() < 5);
    assert_eq!(body["expires_in"], "86400");
}
