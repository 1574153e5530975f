//! The native program against an emulator.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use himds_emulator::{Config, Emulator};
use serde_json::Value;

pub(crate) const VAULT: &str = "https://vault.azure.net";
pub(crate) const CLIENT_ID: &str = "11111111-2222-3333-4444-555555555555";

/// What other hosts, and this one, may have set.
const VARIABLES: &[&str] = &[
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "IMDS_ENDPOINT",
    "MSI_ENDPOINT",
    "NOTIFY_SOCKET",
    "GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE",
];

/// An emulator of both services with one user-assigned identity.
pub(crate) fn emulator(config: &str) -> Emulator {
    let identity = format!("[[user_assigned]]\nclient_id = \"{CLIENT_ID}\"\nobject_id = \"o\"\nresource_id = \"/r\"\n");
    Emulator::start(Config::from_toml(&format!("{config}\n{identity}")).unwrap()).unwrap()
}

/// The options that lead to it.
pub(crate) fn options(emulator: &Emulator) -> [String; 6] {
    let token_dir = emulator.token_dir().display().to_string();
    ["--source", "himds", "--endpoint", &emulator.himds_url(), "--token-dir", &token_dir].map(str::to_owned)
}

/// The program, without arguments.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_himds"));
    VARIABLES.iter().for_each(|name| {
        command.env_remove(name);
    });
    command
}

/// The subcommand with these arguments and those that lead to the emulator.
pub(crate) fn command(emulator: &Emulator, arguments: &[&str]) -> Command {
    let mut command = program();
    command.arg(arguments[0]).args(options(emulator)).args(&arguments[1..]);
    command
}

pub(crate) fn himds(emulator: &Emulator, arguments: &[&str]) -> Output {
    command(emulator, arguments).output().unwrap()
}

/// The same with this text on stdin.
pub(crate) fn himds_reads(emulator: &Emulator, arguments: &[&str], input: &str) -> Output {
    let piped = || Stdio::piped();
    let mut child = command(emulator, arguments).stdin(piped()).stdout(piped()).stderr(piped()).spawn().unwrap();
    // It may end without reading.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// A script in which `$himds` is the program and `$options` lead to the emulator.
pub(crate) fn shell(emulator: &Emulator, script: &str) -> Output {
    let mut bash = Command::new("bash");
    VARIABLES.iter().for_each(|name| {
        bash.env_remove(name);
    });
    bash.args(["-c", script]).env("himds", env!("CARGO_BIN_EXE_himds")).env("options", options(emulator).join(" "));
    bash.output().unwrap()
}

pub(crate) fn status(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

pub(crate) fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

pub(crate) fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// The answer, which must be alone.
pub(crate) fn answer(output: &Output) -> &str {
    assert_eq!((status(output), err(output)), (0, ""), "{}", out(output));
    out(output)
}

pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A fault for the next `count` requests (0: all) with this status and body.
pub(crate) fn refuse(emulator: &Emulator, status: u16, body: &str, count: u32) {
    fault(emulator, serde_json::json!({ "status": status, "body": body, "count": count }));
}

pub(crate) fn fault(emulator: &Emulator, fault: Value) {
    emulator.push_fault(serde_json::from_value(fault).unwrap()).unwrap();
}
