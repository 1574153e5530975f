//! The order of each crate's modules, from the top down. What an order leaves out is for all to use.

use himds_layers::check;

/// From the client down to the operating system: `ARCHITECTURE.md` says what each folder is and must not know.
#[test]
fn core() {
    let order = ["fuzzing", "builder", "client", "diagnose", "cache", "protocol", "http", "discovery", "call", "os"];
    check("core/src", &order);
}

/// ```text
/// conformance  the scenarios for a client in any language
/// emulator     the API's one object: starts and ends everything
/// impostor     what takes the agent's port and relays
/// expectation  how many requests a test expects
/// serve        a connection and the exchanges on it, and the admin path
/// services     what HIMDS, IMDS, OpenID, ARM and Key Vault answer
/// state        what changes while it runs: key files, tokens, the log
/// config       the sections of the configuration file
/// faults       deviations from the normal behaviour
/// http         a listening port, a request, an answer
/// ```
#[test]
fn emulator() {
    let order = [
        "conformance",
        "emulator",
        "impostor",
        "expectation",
        "serve",
        "services",
        "state",
        "config",
        "faults",
        "http",
    ];
    check("emulator/src", &order);
}

#[test]
fn program_of_the_emulator() {
    check("emulator/src/program", &["cli", "command"]);
}

/// The manual page is written from the table of subcommands, which has the subcommands; they do not know it.
#[test]
fn command() {
    check("cli/src", &["manual", "command"]);
}

/// Two programs over one front.
#[test]
fn bridge() {
    check("bridge/src", &["daemon", "exec", "front"]);
}

#[test]
fn c_library() {
    check("ffi-c/src", &["client", "options", "request", "token", "metadata", "cancel", "guard", "error"]);
}

#[test]
fn python() {
    check("py/src", &["credential", "client"]);
}
