//! Who may use the admin path, and for what: every user of the machine and every page in a browser can reach it.

use std::fs;

use crate::common::*;
use himds_emulator::Emulator;

fn post(emulator: &Emulator, fault: &str) -> Reply {
    let json = "Content-Type: application/json";
    send(&emulator.himds_url(), "POST", "/emulator/faults", &[json], fault).unwrap()
}

#[test]
fn a_fault_at_run_time_stays_in_the_token_directory() {
    let emulator = start("");
    for (key, field) in [
        (r#"{"directory":"/tmp","name":"root.sh","content":"x","mode":"4755"}"#, "key.directory"),
        (r#"{"directory":""}"#, "key.directory"),
        (r#"{"name":"../../etc/cron.d/x"}"#, "key.name"),
        (r#"{"name":"/etc/cron.d/x"}"#, "key.name"),
        (r#"{"name":"below/x"}"#, "key.name"),
        (r#"{"name":"x/"}"#, "key.name"),
        (r#"{"name":"."}"#, "key.name"),
        (r#"{"name":".."}"#, "key.name"),
        (r#"{"name":""}"#, "key.name"),
        (r#"{"mode":"4755"}"#, "key.mode"),
        (r#"{"mode":"2755"}"#, "key.mode"),
        (r#"{"mode":"1755"}"#, "key.mode"),
        (r#"{"directory_mode":"1777"}"#, "key.directory_mode"),
        (r#"{"owner":0}"#, "key.owner"),
        (r#"{"directory_owner":0}"#, "key.directory_owner"),
    ] {
        let reply = post(&emulator, &format!(r#"[{{"status":503}}, {{"key":{key}}}]"#));
        assert_eq!(reply.status, 422, "{key}");
        assert!(reply.text().starts_with(field), "{key}: {}", reply.text());
    }
    assert!(emulator.faults().is_empty(), "all of a list or none");
    assert_eq!(post(&emulator, r#"{"key":{"name":"a.key","mode":"0666","directory_mode":"0755"}}"#).status, 200);
    let path = realm(&get(&emulator.himds_url(), HIMDS_TOKEN));
    assert_eq!(fs::canonicalize(path).unwrap(), fs::canonicalize(emulator.token_dir()).unwrap().join("a.key"));
}

#[test]
fn what_is_wrong_with_a_fault_is_told_by_its_member() {
    let emulator = start("");
    for (fault, words) in [
        (r#"{"prest":"throttled"}"#, "unknown field `prest`, expected one of `name`, `service`, `on`"),
        (r#"{"status":"503"}"#, "status: invalid type: string \"503\", expected u16"),
        (r#"{"status":503,"wire":{"action":"explode"}}"#, "wire: unknown variant `explode`"),
        (r#"[{"status":503},{"on":"tokens"}]"#, "fault 2: on: unknown variant `tokens`"),
        (r#""throttled""#, "a fault is an object"),
        ("[1]", "a fault is an object"),
    ] {
        let reply = post(&emulator, fault);
        assert_eq!(reply.status, 422, "{fault}");
        assert!(reply.text().contains(words), "{fault}: {}", reply.text());
    }
    assert!(emulator.faults().is_empty());
}

#[test]
fn the_configuration_file_may_do_it_all() {
    let scratch = tempfile::tempdir().unwrap();
    let key = format!("{{ directory = {:?}, name = \"../a.key\", mode = \"4755\" }}", scratch.path().join("."));
    let emulator = start(&format!("[[fault]]\nkey = {key}"));
    assert!(realm(&get(&emulator.himds_url(), HIMDS_TOKEN)).ends_with("../a.key"));
}

#[test]
fn a_name_that_is_not_this_machines_is_refused() {
    let emulator = start("");
    let base = emulator.himds_url();
    let status = |headers: &[&str]| {
        let reply = send_without_host(&base, "GET", "/emulator/secrets", headers, "").unwrap();
        assert!(reply.status == 200 || reply.text().contains("loopback"), "{}", reply.text());
        reply.status
    };
    for host in ["127.0.0.1", "127.0.0.1:80", "127.9.8.7:1", "localhost", "LocalHost:40342", "[::1]", "[::1]:40342"] {
        assert_eq!(status(&[&format!("Host: {host}")]), 200, "{host}");
    }
    for host in [
        "evil.example",
        "evil.example:40342",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "169.254.169.254",
        "10.0.0.1",
        "0.0.0.0",
        "[::]",
        "",
        "@",
    ] {
        assert_eq!(status(&[&format!("Host: {host}")]), 403, "{host}");
    }
    assert_eq!(status(&[]), 403, "none");
    assert_eq!(status(&["Host: localhost", "Host: evil.example"]), 403, "two");
    let path = "/metadata/instance?api-version=2020-06-01";
    let elsewhere = send_without_host(&base, "GET", path, &["Metadata: true", "Host: evil.example"], "").unwrap();
    assert_eq!(elsewhere.status, 200, "the services themselves do not check it");
}
