//! `himds exec`: what it takes, and how the command ends. What it answers is tested in tests/exec, as an ordinary user.

use std::process::Output;

use crate::common::*;

/// One line, and nothing on stdout.
fn refused(done: &Output, expected: i32, words: &str) {
    assert_eq!((status(done), out(done)), (expected, ""), "{}", err(done));
    assert!(err(done).contains(words), "{}", err(done));
}

#[test]
fn what_cannot_be_meant_is_status_125_and_nothing_runs() {
    let emulator = emulator("");
    for (arguments, words) in [
        (&["exec"][..], "himds exec: no command is given. Write it after `--`"),
        (&["exec", "--"], "no command is given"),
        (&["exec", "--", ""], "no command is given"),
        (&["exec", "--nonsense", "--", "echo"], "himds exec: unknown option --nonsense\nTry `himds exec --help`."),
        (&["exec", "--json", "--", "echo"], "unknown option --json"),
        (&["exec", "--mode", "magic", "--", "echo"], "unknown mode \"magic\"; expected one of auto, connect, env"),
        (&["exec", "--resource", "not one", "--", "echo"], "\"not one\" is not a resource"),
        (&["exec", "--resource", "", "--", "echo"], "\"\" is not a resource"),
        (&["exec", "--set-env", "A", "--", "echo"], "--set-env needs NAME=URL"),
        (&["exec", "--set-env", "A-B=https://a.b", "--", "echo"], "\"A-B\" is not the name of a variable"),
        (&["exec", "--set-env", "A=", "--", "echo"], "\"\" is not a resource"),
        (&["exec", "--client-id", "a", "--object-id", "b", "--", "echo"], "more than one identity is selected"),
        (&["exec", "--client-id", "a", "--client-id", "b", "--", "echo"], "more than one identity is selected"),
        (&["exec", "--endpoint", "http://example.com", "--", "echo"], "himds: configuration: "),
        (&["exec", "--timeout", "never", "--", "echo"], "--timeout needs a number"),
    ] {
        refused(&himds(&emulator, arguments), 125, words);
    }
    assert!(emulator.requests().is_empty(), "nobody was asked");
    let help = himds(&emulator, &["exec", "--help"]);
    assert!(answer(&help).starts_with("usage: himds exec [OPTIONS] -- COMMAND [ARG...]\n"), "{}", out(&help));
    assert!(!out(&help).contains("--json"), "it prints nothing of its own");
}

#[cfg(target_os = "linux")]
mod linux {
    use super::*;

    #[test]
    fn the_commands_status_and_arguments_are_its_own() {
        let emulator = emulator("");
        let done = himds(
            &emulator,
            &["exec", "--mode", "env", "--", "sh", "-c", "echo \"$@\"; exit 7", "sh", "--json", "--", "-x"],
        );
        assert_eq!((status(&done), out(&done), err(&done)), (7, "--json -- -x\n", ""));
        let without_dashes = himds(&emulator, &["exec", "--mode", "env", "echo", "--resource", "x"]);
        assert_eq!(answer(&without_dashes), "--resource x\n");
        refused(&himds(&emulator, &["exec", "--", "no-such-command"]), 127, "no-such-command: command not found");
        refused(
            &himds(&emulator, &["exec", "--", "/no/such"]),
            127,
            "himds exec: /no/such: No such file or directory\n",
        );
        refused(&himds(&emulator, &["exec", "--", "/etc/passwd"]), 126, "himds exec: /etc/passwd: Permission denied\n");
    }

    #[test]
    fn variables_hold_tokens_of_the_identity() {
        let emulator = emulator("");
        let wanted = format!("TOKEN={VAULT}");
        let print = ["--mode", "env", "--set-env", &wanted, "--", "sh", "-c", "printf %s \"$TOKEN\""];
        let done = himds(&emulator, &[&["exec", "--client-id", CLIENT_ID][..], &print].concat());
        let claims = himds_reads(&emulator, &["claims", "--stdin", "--json"], out(&done));
        let claims: serde_json::Value = serde_json::from_str(answer(&claims)).unwrap();
        assert_eq!((&claims["appid"], &claims["aud"]), (&CLIENT_ID.into(), &VAULT.into()), "{}", err(&done));
    }
}

#[cfg(windows)]
mod windows {
    use super::*;

    #[test]
    fn there_is_mode_env_alone() {
        let emulator = emulator("");
        let words = "mode connect needs Linux. Try --mode env";
        refused(&himds(&emulator, &["exec", "--mode", "connect", "--", "cmd"]), 125, words);
        for mode in ["auto", "env"] {
            let done = himds(&emulator, &["exec", "--mode", mode, "--", "cmd", "/c", "echo %IDENTITY_ENDPOINT%"]);
            assert!(answer(&done).starts_with("http://127.0.0.1:"), "{}", out(&done));
        }
    }

    #[test]
    fn the_commands_status_is_its_own_in_all_its_bits() {
        let emulator = emulator("");
        for status in [0, 7, 255, 256, 70_000, -1] {
            let done = himds(&emulator, &["exec", "--", "cmd", "/c", &format!("exit {status}")]);
            assert_eq!((done.status.code(), err(&done)), (Some(status), ""));
        }
    }

    #[test]
    fn a_command_that_is_not_there_and_a_file_that_is_none() {
        let emulator = emulator("");
        refused(&himds(&emulator, &["exec", "--", "no-such-command"]), 127, "no-such-command: command not found");
        refused(
            &himds(&emulator, &["exec", "--", r"C:\no\such.exe"]),
            127,
            r"C:\no\such.exe: No such file or directory",
        );
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("text.exe");
        std::fs::write(&file, "no program").unwrap();
        refused(&himds(&emulator, &["exec", "--", file.to_str().unwrap()]), 126, "text.exe: ");
    }

    #[test]
    fn a_batch_file_is_found_by_its_bare_name() {
        let emulator = emulator("");
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("greet.cmd"), "@echo hello %1 %IDENTITY_ENDPOINT%\r\n@exit /b 3\r\n")
            .unwrap();
        let path = std::env::var("PATH").unwrap();
        let path = format!("{};{path}", directory.path().display());
        let done = command(&emulator, &["exec", "--", "greet", "you"]).env("PATH", path).output().unwrap();
        assert_eq!(status(&done), 3, "{}", err(&done));
        assert!(out(&done).starts_with("hello you http://127.0.0.1:"), "{}", out(&done));
    }
}
