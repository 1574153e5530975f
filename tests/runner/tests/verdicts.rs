//! The runner's verdicts, with a driver that is a small shell script: what must fail fails.

#![cfg(unix)]

use std::path::Path;
use std::process::Command;

/// Runs scenarios with the fake driver and gives the status and what was printed.
fn run(scenarios: &str) -> (i32, String) {
    run_with(&[], scenarios)
}

fn run_with(arguments: &[&str], scenarios: &str) -> (i32, String) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("fake.toml");
    std::fs::write(&file, scenarios).unwrap();
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fake_driver.sh");
    let output = Command::new(env!("CARGO_BIN_EXE_himds-scenarios"))
        .arg("--driver")
        .arg(format!("bash {}", driver.display()))
        .args(arguments)
        .arg(&file)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), text)
}

/// A scenario of one call.
fn scenario(resource: &str, expect: &str) -> String {
    let operation = if resource == "diagnosis" { "diagnose" } else { "token" };
    format!(
        "[[scenario]]\nname = \"fake: {resource}\"\nrule = \"A rule\"\nclient = {{ source = \"imds\" }}\n\
         [[scenario.call]]\nop = \"{operation}\"\nresource = \"{resource}\"\nexpect = {{ {expect} }}\n"
    )
}

fn verdict(resource: &str, expect: &str) -> String {
    let (status, text) = run(&scenario(resource, expect));
    // What a driver writes to stderr may come after its answer: then the driver's end fails, and not the scenario.
    let failed = text.lines().find(|line| line.starts_with("FAILED"));
    assert_eq!(status, i32::from(failed.is_some()), "{text}");
    failed.or(text.lines().next()).unwrap_or_default().to_owned()
}

#[test]
fn what_holds_passes() {
    assert!(verdict("real", "requests = 1, expires_in = [3500, 3601]").starts_with("ok fake: real"));
    assert!(verdict("timeout", "kind = 'timeout', attempts = 1").starts_with("ok"));
    assert!(verdict("diagnosis", "findings = { clock = 'warning', port = 'ok' }").starts_with("ok"));
    let texts = "findings = { clock = { status = 'warning', detail = ['ahead'], fix = ['Set'] } }";
    assert!(verdict("diagnosis", texts).starts_with("ok"));
}

#[test]
fn what_does_not_hold_fails() {
    for (resource, expect, part) in [
        ("real", "requests = 2", "1 requests instead of"),
        ("real", "kind = 'timeout'", "kind ok instead of timeout"),
        ("diagnosis", "findings = { clock = 'ok' }", "clock is warning, not ok"),
        ("diagnosis", "findings = { clok = 'ok' }", "the diagnosis has no finding \"clok\", only port, clock"),
        ("diagnosis", "findings = { clock = { status = 'warning', detail = ['behind'] } }", "clock: detail has no"),
        ("diagnosis", "findings = { clock = { status = 'warning', fix = ['behind'] } }", "clock: fix has no"),
        ("real", "findings = { clock = 'ok' }", "the diagnosis has no finding"),
        ("real", "expires_in = [1, 2]", "is not between"),
        ("real", "min_seconds = 60", "is not between"),
        ("real", "same_token = true", "a different token than before"),
        ("real", "saw = [{ headers = { authorization = 'x' } }]", "authorization is absent, not \"x\""),
        ("real", "saw = [{ request = 4 }]", "request 4 is missing: the services got 1"),
        ("diagnosis", "json_equals = [{ pointer = '/findings/0/name', value = 'clock' }]", "json /findings/0/name is"),
        ("diagnosis", "json_equals = [{ field = 'tags', pointer = '/a' }]", "tags is not JSON"),
        ("diagnosis", "lacks = { json = 'ahead' }", "json has \"ahead\""),
        ("real", "equals = { resource = 'x' }", "resource is"),
        ("real", "json_equals = [{ pointer = '/a' }]", "json is not JSON"),
        ("timeout", "kind = 'timeout', attempts = 2", "attempts is"),
        ("timeout", "kind = 'timeout', hint_contains = ['x']", "hint has no"),
        ("timeout", "", "kind timeout instead of ok: no answer"),
        ("nohint", "kind = 'timeout'", "the error has no hint"),
        ("other", "", "the emulator did not issue this token"),
        ("empty", "", "the answer has no secret"),
        ("leak", "", "a secret was shown"),
        ("leak-stderr", "", "a secret was shown"),
        ("leak-to-imds", "", "request 1 took a secret to IMDS"),
        ("die", "", "last words"),
        ("babble", "", "the driver answered"),
    ] {
        let line = verdict(resource, expect);
        assert!(line.starts_with("FAILED") && line.contains(part), "{resource} {expect}: {line}");
    }
}

#[test]
fn a_driver_that_died_is_started_again_and_what_it_lacks_is_skipped() {
    let all = scenario("die", "") + &scenario("lacking", "") + &scenario("unsayable", "") + &scenario("real", "");
    let (status, text) = run(&all);
    assert_eq!(status, 1);
    assert!(
        text.contains("skipped fake: lacking: this language has no token") && text.contains("ok fake: real"),
        "{text}"
    );
    assert!(text.contains("skipped fake: unsayable: no such text"), "{text}");
    assert!(text.contains("1 passed, 1 failed, 2 skipped"), "{text}");
}

/// A scenario with two cases, whose fields these are.
fn cases(one: &str, other: &str) -> String {
    format!(
        "[[scenario]]\ntopic = \"fake\"\nrule = \"A rule\"\nclient = {{ source = \"imds\" }}\n\
         case = [{{ name = \"one\", {one} }}, {{ name = \"other\", {other} }}]\n\
         [[scenario.call]]\nop = \"token\"\nresource = \"real\"\nexpect = {{ requests = 1 }}\n"
    )
}

#[test]
fn each_case_is_a_scenario_of_its_own() {
    let (status, text) = run(&cases("call.expect.expires_in = [3500, 3601]", "call.expect.requests = 2"));
    assert_eq!(status, 1);
    assert!(text.contains("ok fake: one\nFAILED fake: other: token (2): 1 requests instead of 2"), "{text}");
    assert!(text.contains("1 passed, 1 failed, 0 skipped"), "{text}");
}

#[test]
fn the_list_says_a_rule_once_for_its_cases() {
    let (_, text) = run_with(&["--list"], &cases("isolated = true", "bare = true"));
    assert_eq!(text, "fake: one\nfake: other\n    A rule\n2 scenarios\n");
}

#[test]
fn mistakes_in_cases_are_told() {
    let nothing = "[[scenario]]\ntopic = \"a\"\nrule = \"r\"\n\
        case = [{ name = \"b\", client_expect.kind = \"timeout\" }, { name = \"c\", isolated = true }]\n";
    for (text, part) in [
        (nothing, "a: c: it tests nothing"),
        (&cases("bare = true", "expects = 1"), "fake: other: unknown field `expects`"),
        (&cases("bare = true", "call.expect.reqests = 1"), "fake: other: unknown field `reqests`"),
        (&cases("bare = true", "call.resorce = 'x'"), "fake: other: unknown argument \"resorce\""),
        (&cases("bare = true", "rule = 'x'"), "fake: other: unknown field \"rule\" in a case"),
        (&cases("bare = true", "user = 'app'"), "`link_local` and `prohibited` need"),
        (&cases("bare = true", "isolated = true, user = 'root'"), "fake: other: unknown variant `root`"),
        (&cases("bare = true", "bare = true"), "fake: other: it is the same as fake: one"),
        (&(scenario("one", "") + &cases("bare = true", "isolated = true")), "two scenarios \"fake: one\""),
    ] {
        let (status, printed) = run(text);
        assert!(status == 2 && printed.contains(part), "{part}: {printed}");
    }
}

#[test]
fn mistakes_in_files_are_told() {
    for (text, part) in [
        ("[[scenario]]\nname = \"a: b\"\nrule = \"r\"\n", "it tests nothing"),
        ("[[scenario]]\nname = \"a: b\"\nrule = \"r\"\nfiles = { \"/etc/x\" = \"\" }\n", "need `isolated = true`"),
        ("[[scenario]]\nname = \"a: b\"\nrule = \"r\"\nexpects = 1\n", "unknown field"),
        ("[[scenario]]\nname = \"ab\"\nrule = \"r\"\nclient_expect = { kind = \"timeout\" }\n", "topic: case"),
        (&scenario("real", "reqests = 1"), "unknown field"),
        (&scenario("real", "kind = ['ok', 'timeout']"), "invalid type"),
        (&scenario("real", "requests = [1, 2]"), "invalid type"),
        (&scenario("real", "findings = { clock = 'okay' }"), "Expected"),
        (&scenario("real", "").replace("op = \"token\"", "op = \"tokn\""), "unknown operation \"tokn\""),
        (&scenario("real", "").replace("resource =", "resorce ="), "unknown argument \"resorce\""),
        (&scenario("real", "").replace("source =", "sauce ="), "unknown argument \"sauce\" of \"client\""),
        (&(scenario("real", "") + &scenario("real", "")), "two scenarios"),
        (&(scenario("real", "") + "[[scenario.call.fault]]\nstatsu = 1\n"), "fault"),
    ] {
        let (status, printed) = run(text);
        assert!(status == 2 && printed.contains(part), "{part}: {printed}");
    }
}

#[test]
fn the_real_scenarios_can_be_read() {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    // Git keeps no folder of rules that are to come if there is none to come.
    let pending = Some(all.join("pending")).filter(|folder| folder.is_dir());
    let output =
        Command::new(env!("CARGO_BIN_EXE_himds-scenarios")).arg("--list").arg(&all).args(pending).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).lines().count() > 478);
}
