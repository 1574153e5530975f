//! Exit statuses, streams that are closed or full.

use crate::common::*;
use serde_json::json;

#[test]
fn each_layer_has_its_exit_status() {
    for (deviation, expected) in [
        (json!({ "status": 500, "body": "" }), 5),
        (json!({ "status": 429, "body": "" }), 5),
        (json!({ "preset": "himds_not_assigned" }), 5),
        (json!({ "on": "key", "status": 200, "body": "[]" }), 5),
        (json!({ "no_challenge": true }), 4),
        (json!({ "www_authenticate": ["Basic realm=/etc/passwd"] }), 4),
        (json!({ "key": { "kind": "missing" } }), 4),
        (json!({ "on": "key", "refuse_key": true }), 4),
        (json!({ "wire": { "action": "hang" } }), 3),
        (json!({ "wire": { "action": "reset" } }), 3),
    ] {
        let emulator = emulator("");
        let mut for_ever = deviation.clone();
        for_ever["count"] = 0.into();
        fault(&emulator, for_ever);
        let token = himds(&emulator, &["token", "--max-attempts", "1", "--timeout", "1"]);
        assert_eq!((status(&token), out(&token)), (expected, ""), "{deviation}");
        assert!(err(&token).starts_with("himds: "), "{}", err(&token));
    }
}

#[test]
fn an_absent_service_comes_with_a_hint() {
    let emulator = emulator("");
    let gone = options(&emulator);
    drop(emulator);
    let token = program().arg("token").args(&gone).output().unwrap();
    assert_eq!((status(&token), out(&token)), (3, ""));
    assert!(err(&token).contains("\nhint: "));
    let as_json = program().args(["token", "--json"]).args(&gone).output().unwrap();
    assert_eq!(crate::common::json(err(&as_json))["kind"], "unavailable");
    assert_eq!(crate::common::json(err(&as_json))["attempts"], 1);
    let waits = program().args(["token", "--json", "--wait-for-service", "0.5"]).args(&gone).output().unwrap();
    assert!(crate::common::json(err(&waits))["attempts"].as_u64() > Some(1), "{}", err(&waits));
}

#[test]
fn what_cannot_be_understood_is_2() {
    let huge = "9".repeat(30);
    for arguments in [
        &[][..],
        &["nonsense"],
        &["token", "--nonsense"],
        &["token", "--timeout", "soon"],
        &["token", "--timeout", "0"],
        &["token", "--timeout", "nan"],
        &["token", "--timeout", "1e400"],
        &["token", "--wait-for-service", "0"],
        &["token", "--max-attempts", "0"],
        &["token", "--max-attempts", "-1"],
        &["token", "--max-attempts", "1.5"],
        &["token", "--max-attempts", "99999999999"],
        &["token", "--max-attempts", &huge],
        &["source", "--resource", "x"],
        &["metadata", "--source", "himds", "--resource", "x"],
        &["token", "--source", "vm"],
        &["token", "--source", "himds", "--endpoint", "http://example.com"],
        &["token", "--client-id", "a", "--object-id", "b"],
        &["token", "--client-id", ""],
        &["token", "--source", "himds", "--resource", ""],
        &["metadata", "--source", "himds", "--token-dir", "relative"],
        &["completion"],
        &["completion", "tcsh"],
        &["git-credential"],
        &["token-file"],
        &["token-file", "--out", ""],
        &["token-file", "--out", "/tmp/x", "--mode", "rw"],
        &["token-file", "--out", "/tmp/x", "--format", "pgpass=h:1"],
        &["token-file", "--out", "/tmp/x", "--format", "pgpass=h:1:d:u", "--mode", "0640"],
    ] {
        let output = program().args(arguments).output().unwrap();
        assert_eq!((status(&output), out(&output)), (2, ""), "{arguments:?}");
        assert!(!err(&output).is_empty(), "{arguments:?}");
    }
}

#[test]
fn help_and_version() {
    for name in ["", "token", "metadata", "claims", "source", "diagnose", "token-file", "git-credential", "completion"]
    {
        let mut program = program();
        let help = program.args([name].iter().filter(|name| !name.is_empty())).arg("--help").output().unwrap();
        assert!(answer(&help).starts_with("usage: himds"), "{name}");
        assert!(out(&help).contains("\nexample"), "{name}");
        assert!(out(&help).lines().all(|line| line.len() <= 125), "{name}");
    }
    let version = program().arg("--version").output().unwrap();
    assert_eq!(answer(&version), concat!("himds ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[cfg(unix)]
#[test]
fn an_error_that_nobody_reads_keeps_its_status() {
    let emulator = emulator("");
    for failing in ["token $options --resource ''", "token --nonsense", "token --endpoint http://x.y"] {
        for redirection in ["2>&-", "2>/dev/full", "2>&1 1>/dev/null | true"] {
            let done = shell(&emulator, &format!("$himds {failing} {redirection}; echo status ${{PIPESTATUS[0]}}"));
            assert_eq!(answer(&done), "status 2\n", "{failing} {redirection}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_74() {
    let emulator = emulator("");
    for failing in [
        "token $options",
        "metadata $options",
        "claims $options",
        "source $options",
        "diagnose $options",
        "--help",
        "completion bash",
    ] {
        for redirection in [">&-", ">/dev/full"] {
            let done = shell(&emulator, &format!("$himds {failing} {redirection}"));
            assert_eq!(status(&done), 74, "{failing} {redirection}");
            assert!(err(&done).starts_with("himds: the answer cannot be written: "), "{}", err(&done));
            assert_eq!(err(&done).lines().count(), 1);
        }
        let taken = shell(&emulator, &format!("$himds {failing} >/dev/null"));
        assert_eq!((status(&taken), err(&taken)), (0, ""), "{failing}");
        // A descriptor for reading and writing, as a service manager may give.
        let taken = shell(&emulator, &format!("$himds {failing} 1<>/dev/null"));
        assert_eq!((status(&taken), err(&taken)), (0, ""), "{failing}");
    }
    let closed = shell(&emulator, "$himds claims --stdin <&-");
    assert_eq!((status(&closed), out(&closed)), (2, ""));
    assert!(err(&closed).contains("standard input is closed"), "{}", err(&closed));
    let nothing = shell(&emulator, "$himds token $options >&- 2>&- <&-");
    assert_eq!(status(&nothing), 74);
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_gone_is_141_without_a_word() {
    let emulator = emulator("");
    for arguments in [&["metadata"][..], &["source", "--json"]] {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        drop(theirs);
        let done = command(&emulator, arguments).stdout(std::os::fd::OwnedFd::from(ours)).output().unwrap();
        assert_eq!((status(&done), err(&done)), (141, ""));
    }
}

#[test]
fn no_line_is_forged() {
    let emulator = emulator("");
    refuse(&emulator, 403, r#"{"error":"x","error_description":"a\nhint: run this\u001b[2J"}"#, 0);
    let token = himds(&emulator, &["token"]);
    let names: Vec<_> = err(&token).lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(names, ["himds", "hint"]);
    assert!(!err(&token).contains('\u{1b}'));
}
