//! `himds git-credential` in git's protocol. A real git asks in `cli/tests/real/git.py`.

use crate::common::*;

#[test]
fn an_old_git_gets_a_password_and_a_new_one_a_bearer_token() {
    let emulator = emulator("");
    let old = himds_reads(&emulator, &["git-credential", "get"], "protocol=https\nhost=dev.azure.com\n\n");
    let lines: Vec<_> = answer(&old).lines().map(|line| line.split_once('=').unwrap()).collect();
    assert_eq!(
        lines.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["username", "password", "password_expiry_utc"]
    );
    assert!(emulator.secrets().iter().any(|secret| secret == lines[1].1));
    assert!(emulator.requests()[0].query.iter().any(|(_, value)| value == "499b84ac-1321-427f-aa17-267ca6975798"));
    let named = "protocol=https\nhost=org.visualstudio.com\nusername=me\n\n";
    assert!(answer(&himds_reads(&emulator, &["git-credential", "get"], named)).starts_with("password="));
    let new = "capability[]=authtype\ncapability[]=state\nprotocol=https\nhost=dev.azure.com\n";
    let new = himds_reads(&emulator, &["git-credential", "get"], new);
    let names: Vec<_> = answer(&new).lines().map(|line| line.split_once('=').unwrap().0).collect();
    assert_eq!(names, ["capability[]", "authtype", "credential", "ephemeral", "password_expiry_utc"]);
}

#[test]
fn other_hosts_and_other_operations_get_nothing_and_cost_nothing() {
    let emulator = emulator("");
    for (operation, input) in [
        ("get", "protocol=http\nhost=dev.azure.com\n\n"),
        ("get", "protocol=https\nhost=github.com\n\n"),
        ("get", "protocol=https\nhost=dev.azure.com.evil.example\n\n"),
        ("get", ""),
        ("store", "protocol=https\nhost=dev.azure.com\nusername=x\npassword=y\n\n"),
        ("erase", "protocol=https\nhost=dev.azure.com\n\n"),
        ("later", "protocol=https\nhost=dev.azure.com\n\n"),
    ] {
        assert_eq!(answer(&himds_reads(&emulator, &["git-credential", operation], input)), "", "{operation} {input}");
    }
    assert!(emulator.requests().is_empty());
    let capability = himds_reads(&emulator, &["git-credential", "capability"], "");
    assert_eq!(answer(&capability), "version 0\ncapability authtype\n");
}

#[test]
fn git_goes_on_if_there_is_no_token() {
    let emulator = emulator("");
    refuse(&emulator, 403, "", 0);
    let refused = himds_reads(&emulator, &["git-credential", "get"], "protocol=https\nhost=dev.azure.com\n\n");
    assert_eq!((status(&refused), out(&refused)), (5, ""));
    assert!(err(&refused).starts_with("himds: service: "));
}
