//! The manual page, written from the table.

use crate::arguments::Opt;
use crate::command::COMMANDS;
use crate::common;
use crate::help::{DESCRIPTION, ERRORS, STATUSES, capitalised, usage};

/// himds(1), in man's macros. `cli/himds.1` is this text; a test holds the two together.
pub fn manual() -> String {
    let mut page = format!(".TH HIMDS 1 \"\" \"himds {}\" \"User Commands\"\n", env!("CARGO_PKG_VERSION"));
    page += ".SH NAME\nhimds \\- managed\\-identity tokens and instance metadata of this machine\n";
    page +=
        ".SH SYNOPSIS\n.B himds\n.I COMMAND\n.RI [ OPTIONS ]\n.br\n.B himds\n.BR \\-\\-help \" | \" \\-\\-version\n";
    page += &format!(".SH DESCRIPTION\n{}\n.SH COMMANDS\n", escaped(DESCRIPTION));
    for command in COMMANDS {
        let usage = usage(command);
        page += &format!(".SS {}\n", escaped(usage.trim_start_matches("usage: ")));
        page += &format!("{}.\n", escaped(&capitalised(command.about)));
        if !command.details.is_empty() {
            page += &format!("{}\n", escaped(command.details));
        }
        command.options.iter().for_each(|option| page += &tagged(option));
        page += &format!(".PP\n.nf\n.RS\n{}\n.RE\n.fi\n", escaped(command.example));
    }
    page += ".SH COMMON OPTIONS\nEvery command that asks the service takes these, except that\n.B exec\n\
             takes no \\-\\-json, and\n.B bridge\nno identity, which its configuration names.\n";
    common::OPTIONS.iter().for_each(|option| page += &tagged(option));
    page += ".SH EXIT STATUS\n";
    for (status, meaning) in STATUSES {
        page += &format!(".TP\n.B {status}\n{}\n", escaped(meaning));
    }
    page += &format!(".PP\n{}\n", escaped(ERRORS));
    page += ".SH FILES\n.TP\n.I /var/opt/azcmagent/tokens\n";
    page + "The agent's key files, on an Azure Arc\\-enabled server: the process must be able to read them.\n"
}

fn tagged(option: &Opt) -> String {
    let name = escaped(&format!("--{}", option.name));
    let tag = if option.value.is_empty() {
        format!(".B {name}")
    } else {
        format!(".BI {name} \" {}\"", escaped(option.value))
    };
    format!(".TP\n{tag}\n{}\n", escaped(&capitalised(option.help)))
}

/// Backslashes, dashes that may be copied into a shell, and what would be a request at the start of a line.
fn escaped(text: &str) -> String {
    let line = |line: &str| {
        let text = line.replace('\\', "\\e").replace('-', "\\-");
        if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
