//! Help, written from the table.

use crate::arguments::{Command, Commands, Opt};
use crate::common;

/// What the exit statuses mean, for the help and the manual page.
pub(crate) const STATUSES: &[(&str, &str)] = &[
    ("0", "the answer is on stdout; with diagnose, a token is available"),
    ("1", "diagnose: no token is available; bridge check: something is not allowed or amiss"),
    (
        "2",
        "usage or configuration: a bad argument, a forbidden endpoint, conflicting options, a path that does not exist",
    ),
    ("3", "no service here, no answer in time, a broken connection (kinds 100 to 103)"),
    ("4", "the agent's challenge or its key file (kinds 110 to 113)"),
    ("5", "the service's answer: an error, an unknown identity, throttling (kinds 200 to 205)"),
    ("70", "a bug in himds"),
    ("74", "the answer cannot be written to stdout, or the file cannot be written"),
    ("130", "Ctrl+C"),
    ("141", "the reader of stdout is gone"),
];

/// What the command is, for the help and the manual page.
pub(crate) const DESCRIPTION: &str = "\
Managed-identity tokens and instance metadata of this machine: on Azure Arc-enabled servers from the Connected Machine
agent (HIMDS), on Azure VMs from IMDS.";

/// How errors are reported.
pub(crate) const ERRORS: &str = "Errors go to stderr, with a hint; with --json as one JSON object.";

const EXAMPLES: &str = "\
TOKEN=$(himds token https://vault.azure.net)
himds token --resource https://storage.azure.com --client-id CLIENT_ID --json
himds metadata --path /compute/tagsList
himds diagnose";

/// The column in which explanations begin.
const COLUMN: usize = 26;

/// The help for a subcommand, or for all.
pub(crate) fn help(commands: Commands, command: Option<&Command>) -> String {
    command.map_or_else(|| general(commands), of_command)
}

fn general(commands: Commands) -> String {
    let mut text = format!("usage: himds COMMAND [OPTIONS]\n\n{DESCRIPTION}\n\ncommands:\n");
    for command in commands {
        line(&mut text, command.name, command.about);
    }
    text.push_str("\noptions:\n");
    line(&mut text, "-h, --help", "show help, also after a command");
    line(&mut text, "--version", "show the version");
    text.push_str("\nexit status:\n");
    for (status, meaning) in STATUSES {
        text.push_str(&format!("  {status:<5}{meaning}\n"));
    }
    text.push_str(&format!("{ERRORS}\n"));
    examples(&mut text, EXAMPLES);
    text
}

fn of_command(command: &Command) -> String {
    let mut text = format!("{}\n\n{}.\n", usage(command), capitalised(command.about));
    if !command.details.is_empty() {
        text.push_str(&format!("{}\n", command.details));
    }
    if let Some(operand) = command.operand {
        text.push_str("\narguments:\n");
        line(&mut text, operand.name, operand.help);
    }
    if !command.options.is_empty() {
        text.push_str("\noptions:\n");
        command.options.iter().for_each(|option| option_line(&mut text, option));
    }
    if command.asks {
        text.push_str("\ncommon options:\n");
        command.common(common::OPTIONS).for_each(|option| option_line(&mut text, option));
    }
    examples(&mut text, command.example);
    text.push_str("\nSee also: himds --help\n");
    text
}

/// `usage: himds token [OPTIONS] [RESOURCE]`
pub(crate) fn usage(command: &Command) -> String {
    let options = if command.asks || !command.options.is_empty() { " [OPTIONS]" } else { "" };
    let operand = match command.operand {
        Some(operand) if command.runs_another() => format!(" -- {} [ARG...]", operand.name),
        Some(operand) if operand.required => format!(" {}", operand.name),
        Some(operand) => format!(" [{}]", operand.name),
        None => String::new(),
    };
    format!("usage: himds {}{options}{operand}", command.name)
}

/// The text with a capital letter at its start.
pub(crate) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| format!("{}{}", first.to_ascii_uppercase(), chars.as_str()))
}

fn option_line(text: &mut String, option: &Opt) {
    line(text, &option.usage(), option.help);
}

fn line(text: &mut String, left: &str, right: &str) {
    if left.len() + 3 < COLUMN {
        text.push_str(&format!("  {left:<0$}{right}\n", COLUMN - 2));
    } else {
        text.push_str(&format!("  {left}\n{:COLUMN$}{right}\n", ""));
    }
}

fn examples(text: &mut String, lines: &str) {
    text.push_str(if lines.contains('\n') { "\nexamples:\n" } else { "\nexample:\n" });
    lines.lines().for_each(|line| text.push_str(&format!("  {line}\n")));
}
