//! What is written from the table: the manual page, and completion tried in real shells.
#![cfg(unix)]

use std::fs;
use std::process::Command;

use crate::common::*;

#[test]
fn the_committed_manual_page_is_up_to_date() {
    let committed = include_str!("../himds.1");
    assert_eq!(committed, himds_cli::manual(), "cargo run -p himds-cli --example manual >cli/himds.1");
}

#[test]
fn the_documentation_names_every_command_and_option() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/command.md")).unwrap();
    let manual = himds_cli::manual().replace("\\-", "-");
    let names = manual.lines().filter_map(|line| {
        let name = line.strip_prefix(".B --").or_else(|| line.strip_prefix(".BI --"));
        let command = line.strip_prefix(".SS ").map(|usage| usage.split(' ').take(2).collect::<Vec<_>>().join(" "));
        name.map(|name| format!("--{}", name.split(' ').next().unwrap())).or(command)
    });
    let names: Vec<_> = names.collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        assert!(page.contains(&name), "{name}");
    }
}

#[test]
fn help_lists_no_option_that_the_command_refuses() {
    let help = |command: &str| answer(&program().args([command, "--help"]).output().unwrap()).to_owned();
    let identities = ["client-id", "object-id", "resource-id"].map(|name| ("bridge", name, 2));
    for (command, refused, status) in identities.into_iter().chain([("exec", "json", 125)]) {
        assert!(!help(command).contains(&format!("--{refused}")), "{command} --{refused}");
        let used = program().args([command, &format!("--{refused}")]).output().unwrap();
        assert_eq!(
            (used.status.code(), err(&used).contains("unknown option")),
            (Some(status), true),
            "{command} --{refused}"
        );
    }
    assert!(help("token").contains("--client-id") && help("bridge").contains("--json"));
}

#[test]
fn the_manual_page_is_well_formed() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/himds.1");
    let Some(lint) = run("mandoc", &["-T", "lint", "-W", "warning", page]) else { return };
    // A page that is written from the source has no date of its own.
    let complaints: Vec<_> = out(&lint).lines().filter(|line| !line.contains("missing date")).collect();
    assert!(complaints.is_empty() && err(&lint).is_empty(), "{complaints:?} {}", err(&lint));
}

/// The output of a tool, or nothing if it is missing.
fn run(tool: &str, arguments: &[&str]) -> Option<std::process::Output> {
    let output = Command::new(tool).args(arguments).env("NO_COLOR", "1").env("TERM", "dumb").output();
    if output.is_err() {
        eprintln!("skipped: {tool} not found: apt-get install {tool}");
    }
    output.ok()
}

fn completion(shell: &str) -> String {
    answer(&program().args(["completion", shell]).output().unwrap()).to_owned()
}

const CASES: &[(&str, &[&str])] = &[
    ("himds tok", &["token", "token-file"]),
    ("himds --v", &["--version"]),
    ("himds token --for", &["--force-refresh", "--format"]),
    ("himds token --format gcp", &["gcp-executable"]),
    ("himds token --source ", &["himds", "imds"]),
    ("himds completion p", &["powershell"]),
    ("himds git-credential e", &["erase"]),
    ("himds source --res", &["--resource-id"]),
];

#[test]
fn bash_completes() {
    for (line, expected) in CASES {
        let words = line.split(' ').map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
        let script = format!(
            "set -eu; {}\nCOMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _himds; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            completion("bash")
        );
        let done = run("bash", &["-c", &script]).unwrap();
        assert_eq!(answer(&done).lines().collect::<Vec<_>>(), *expected, "{line}");
    }
    let script = format!(
        "{}\nCOMP_WORDS=(himds token --resource https://v) COMP_CWORD=3; _himds; echo \"${{COMPREPLY[@]}}\"",
        completion("bash")
    );
    assert_eq!(answer(&run("bash", &["-c", &script]).unwrap()), "//vault.azure.net\n", "up to the colon it is there");
}

#[test]
fn fish_completes() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("himds.fish");
    fs::write(&file, completion("fish")).unwrap();
    for (line, expected) in CASES {
        let script = format!("source {}; complete -C '{line}' | string replace -r '\\t.*' ''; true", file.display());
        let Some(done) = run("fish", &["--no-config", "-c", &script]) else { return };
        let mut found: Vec<_> = answer(&done).lines().collect();
        found.sort_unstable();
        assert_eq!(found, *expected, "{line}");
    }
}

#[test]
fn zsh_takes_the_script() {
    let scratch = tempfile::tempdir().unwrap();
    fs::write(scratch.path().join("_himds"), completion("zsh")).unwrap();
    // zsh completes on a terminal alone: its own tests drive one by zpty.
    let script = format!(
        "fpath=({0} $fpath); zmodload zsh/zpty; zpty z zsh -f; zpty -w z \"PS1=; fpath=({0} \\$fpath); autoload -U compinit; compinit -u -D; zstyle ':completion:*' format ''; unsetopt zle_bracketed_paste; print READY\"; \
         zpty -r -m z l '*READY*READY*' ; zpty -w -n z $'himds token --format gcp\\t --source=hi\\t\\C-a: \\n'; zpty -w z 'print DONE'; zpty -r -m z l '*DONE*DONE*'; print -r -- $l",
        scratch.path().display()
    );
    let Some(done) = run("zsh", &["-f", "-c", &script]) else { return };
    assert!(out(&done).contains("gcp-executable"), "{:?} {:?}", out(&done), err(&done));
}

#[test]
fn powershell_completes() {
    let mut script = completion("powershell");
    for (line, _) in CASES {
        script += &format!(
            "\n((TabExpansion2 -inputScript '{line}' -cursorColumn {}).CompletionMatches.CompletionText | Sort-Object) -join ' '",
            line.len()
        );
    }
    let Some(done) = run("pwsh", &["-NoProfile", "-NonInteractive", "-Command", &script]) else { return };
    let expected: Vec<_> = CASES.iter().map(|(_, expected)| expected.join(" ")).collect();
    assert_eq!(answer(&done).lines().collect::<Vec<_>>(), expected);
}
