//! `himds-emulator conformance` with drivers and options that are wrong: what it says, and how it ends.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Command;

/// One scenario, of two calls to the driver.
const ONE: [&str; 2] = ["--only", "handshake: two requests"];

/// The status, and what was printed on stdout and stderr.
fn conformance(driver: &str, options: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_himds-emulator"));
    let output = command.args(["conformance", "--driver", driver]).args(options).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// A driver that answers `client` with `ok`, and goes on with this piece of a shell script at a token.
fn script(directory: &Path, at_token: &str) -> String {
    let file = directory.join("driver.sh");
    let text = format!(
        "while read -r line; do case \"$line\" in client*) echo ok;; token*) {at_token};; exit) exit 0;; esac; done\n"
    );
    fs::write(&file, text).unwrap();
    format!("sh {}", file.display())
}

#[test]
fn a_driver_that_cannot_work_ends_it_before_the_first_scenario() {
    for (driver, part) in [
        ("/no/such/driver", "/no/such/driver: not found"),
        ("/dev/null", "ermission denied"),
        ("sh -c 'echo last words >&2; exit 7'", "the driver died (exit status: 7): last words"),
        ("true", "the driver died (exit status: 0)\n"),
        ("kill -9 $$", "the driver died (signal: 9 (SIGKILL))\n"),
        ("sh -c 'cat >/dev/null'", "the driver did not answer within 1.5 s"),
        ("echo Hello", "the driver answered \"Hello\""),
    ] {
        let (status, stdout, stderr) = conformance(driver, &["--stuck-after", "1.5"]);
        assert_eq!((status, stdout.as_str()), (2, ""), "{driver}: {stderr}");
        assert!(stderr.starts_with("himds-emulator conformance: no scenario was run, because the driver "), "{stderr}");
        assert!(stderr.contains(part) && stderr.lines().count() == 1, "{driver}: {stderr}");
    }
}

#[test]
fn a_driver_that_fails_later_fails_its_scenario() {
    let scratch = tempfile::tempdir().unwrap();
    for (at_token, part) in [
        ("echo last words >&2; exit 3", "token (2): the driver died (exit status: 3): last words"),
        ("echo nonsense", "token (2): the driver answered \"nonsense\""),
        ("while :; do read -r more; done", "token (2): the driver did not answer within 5 s"),
        ("echo error", "token (2): the call failed and should succeed"),
        ("printf 'ok\\tsecret=made-up\\n'", "token (2): request 0 is missing: the services got 0"),
    ] {
        let driver = script(scratch.path(), at_token);
        let (status, stdout, stderr) = conformance(&driver, &[&ONE[..], &["--stuck-after", "5"]].concat());
        assert_eq!((status, stderr.as_str()), (1, ""), "{at_token}: {stdout}");
        assert!(stdout.contains(&format!("FAILED handshake: two requests: {part}")), "{at_token}: {stdout}");
        assert!(stdout.contains("\n       rule: A token takes a request without a key"), "{at_token}: {stdout}");
        assert!(stdout.contains("rules of the protocol: 0 passed, 1 failed, 0 skipped"), "{stdout}");
    }
}

/// An error that is due passes by whatever name, and a success in its place is told without our names for errors.
#[test]
fn an_error_is_compared_as_such() {
    let scratch = tempfile::tempdir().unwrap();
    let of = |at_token| conformance(&script(scratch.path(), at_token), &["--only", "input: NUL in the resource"]);
    let (status, stdout, _) = of("printf 'error\\tmessage=no\\n'");
    assert!(status == 0 && stdout.starts_with("ok input: NUL"), "{stdout}");
    let (status, stdout, _) = of("echo ok");
    assert!(stdout.contains("token (2): the call succeeded and should fail (invalid argument)"), "{stdout}");
    assert_eq!(status, 0, "a choice of this project does not count: {stdout}");
}

#[test]
fn a_choice_of_nothing_is_a_mistake() {
    let only = ["--only", "no such topic"];
    for (options, part) in [
        (&only[..], "no scenario matches --only \"no such topic\"; --list prints all of them"),
        (&[&only[..], &["--list"]].concat(), "no scenario matches"),
        (
            &["--only", "deadlines: ", "--rules", "protocol"],
            "no scenario matches --rules protocol --only \"deadlines: \"",
        ),
        (&["--rules", "mine"], "invalid value 'mine'"),
        (&["no/such/file.toml"], "no/such/file.toml: No such file or directory"),
        (&["--patience", "0"], "it must be greater than 0"),
        (&["--patience", "NaN"], "it must be greater than 0"),
        (&["--patience", "long"], "not a number"),
        (&["--stuck-after", "-1"], "-1"),
        (&["--stuck-after", "0"], "it must be greater than 0"),
        (&["--jobs", "0"], "0 is not in 1.."),
    ] {
        let (status, stdout, stderr) = conformance("true", options);
        assert_eq!((status, stdout.as_str()), (2, ""), "{options:?}: {stderr}");
        assert!(stderr.contains(part), "{options:?}: {stderr}");
    }
}

#[test]
fn a_directory_without_scenarios_is_a_mistake() {
    let scratch = tempfile::tempdir().unwrap();
    let (status, _, stderr) = conformance("true", &[scratch.path().to_str().unwrap()]);
    assert!(status == 2 && stderr.contains("the files contain no scenarios"), "{stderr}");
}

#[test]
fn a_report_that_cannot_be_written_is_told_before_the_first_scenario() {
    let scratch = tempfile::tempdir().unwrap();
    let driver = script(scratch.path(), "echo error");
    for option in ["--junit", "--json"] {
        let (status, stdout, stderr) = conformance(&driver, &[&ONE[..], &[option, "/no/such/report"]].concat());
        assert_eq!((status, stdout.as_str()), (2, ""), "{stderr}");
        assert!(stderr.contains(&format!("{option} /no/such/report: No such file or directory")), "{stderr}");
    }
    let report = scratch.path().join("report.xml");
    fs::write(&report, "the last one, which was longer than a report of one scenario ".repeat(99)).unwrap();
    let (status, ..) = conformance(&driver, &[&ONE[..], &["--junit", report.to_str().unwrap()]].concat());
    let text = fs::read_to_string(&report).unwrap();
    assert_eq!(status, 1);
    assert!(text.contains("tests=\"1\" failures=\"1\"") && text.ends_with("</testsuite>\n"), "{text}");
}

/// The example of the page on conformance, which is a whole client: it follows every rule of the protocol that it is for.
#[test]
fn the_client_of_curl_conforms() {
    for tool in ["bash", "curl", "jq"] {
        if Command::new(tool).arg("--version").output().is_err() {
            println!("skipped: {tool} not found");
            return;
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance/bash/driver.sh");
    let driver = format!("bash '{}'", file.display());
    let (status, stdout, stderr) = conformance(&driver, &["--rules", "protocol", "--jobs", "2", "--patience", "4"]);
    assert_eq!((status, stderr.as_str()), (0, ""), "{stdout}");
    for rule in ["handshake: two requests", "handshake: IMDS takes one request", "key file: a key above the directory"]
    {
        assert!(stdout.contains(&format!("ok {rule}\n")), "{rule}: {stdout}");
    }
}
