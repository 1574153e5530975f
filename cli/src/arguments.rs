//! What a subcommand takes, as data, and the reading of arguments by it.

use std::ffi::{OsStr, OsString};

use crate::failure::{Failure, Outcome};
use crate::streams::Streams;

/// A subcommand: a line of the table in `command.rs`.
pub(crate) struct Command {
    /// As it is typed.
    pub(crate) name: &'static str,
    /// What it does, in the imperative and in lower case, without a full stop.
    pub(crate) about: &'static str,
    /// What else there is to say; may be empty.
    pub(crate) details: &'static str,
    /// What it takes besides options.
    pub(crate) operand: Option<Operand>,
    /// Its own options.
    pub(crate) options: &'static [Opt],
    /// Whether it takes the common options too: it asks the service.
    pub(crate) asks: bool,
    /// Those of the common options that it does not take.
    pub(crate) without: &'static [&'static str],
    /// Whether its answer goes to stdout.
    pub(crate) answers: bool,
    /// A command line, or several.
    pub(crate) example: &'static str,
    /// Does it.
    pub(crate) run: fn(&Matches, &mut Streams<'_>) -> Outcome,
}

/// All subcommands.
pub(crate) type Commands = &'static [&'static Command];

impl Command {
    /// Whether it runs a command of the caller's: from the operand on, arguments are that command's, and so are the exit
    /// status, the standard streams and Ctrl+C.
    pub(crate) fn runs_another(&self) -> bool {
        self.operand.is_some_and(|operand| matches!(operand.values, Values::Command))
    }

    /// Those of the common options that it takes.
    pub(crate) fn common(&self, options: &'static [Opt]) -> impl Iterator<Item = &'static Opt> {
        options.iter().filter(|option| self.asks && !self.without.contains(&option.name))
    }
}

/// The one argument that a subcommand takes besides options.
#[derive(Clone, Copy)]
pub(crate) struct Operand {
    /// In the help, in capital letters.
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) required: bool,
    pub(crate) values: Values,
}

/// An option. All are written in full, `--name VALUE` or `--name=VALUE`.
#[derive(Clone, Copy)]
pub(crate) struct Opt {
    /// Without the dashes.
    pub(crate) name: &'static str,
    /// Its value's name in the help; empty for a switch.
    pub(crate) value: &'static str,
    /// In lower case, without a full stop.
    pub(crate) help: &'static str,
    pub(crate) values: Values,
}

/// What a value may be, for shell completion. It is not checked here.
#[derive(Clone, Copy)]
pub(crate) enum Values {
    Any,
    Of(&'static [&'static str]),
    File,
    Directory,
    /// A program, and its arguments after it.
    Command,
}

impl Opt {
    /// A switch.
    pub(crate) const fn switch(name: &'static str, help: &'static str) -> Self {
        Opt { name, value: "", help, values: Values::Any }
    }

    /// An option with a value.
    pub(crate) const fn with(name: &'static str, value: &'static str, help: &'static str, values: Values) -> Self {
        Opt { name, value, help, values }
    }

    /// `--name VALUE`
    pub(crate) fn usage(&self) -> String {
        if self.value.is_empty() { format!("--{}", self.name) } else { format!("--{} {}", self.name, self.value) }
    }
}

/// The arguments that were given to a subcommand.
pub(crate) struct Matches {
    commands: Commands,
    options: Vec<(&'static str, OsString)>,
    operand: Option<OsString>,
    rest: Vec<OsString>,
}

impl Matches {
    /// All subcommands, of which one was given.
    pub(crate) fn commands(&self) -> Commands {
        self.commands
    }

    /// Whether the switch was given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(option, _)| *option == name)
    }

    /// The value of the option; of several, the last.
    pub(crate) fn os(&self, name: &str) -> Option<&OsStr> {
        self.options.iter().rev().find(|(option, _)| *option == name).map(|(_, value)| value.as_os_str())
    }

    /// The value of the option as text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Failure> {
        self.os(name).map(|value| as_text(value, &format!("--{name}"))).transpose()
    }

    /// The values of an option that may be repeated, as text.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<&str>, Failure> {
        let given = self.options.iter().filter(|(option, _)| *option == name);
        given.map(|(_, value)| as_text(value, &format!("--{name}"))).collect()
    }

    /// The command that is to be run, with its arguments; empty if there is none.
    pub(crate) fn command(&self) -> Vec<OsString> {
        self.operand.iter().chain(&self.rest).cloned().collect()
    }

    /// The argument besides the options, as text.
    pub(crate) fn operand(&self) -> Result<Option<&str>, Failure> {
        self.operand.as_deref().map(|value| as_text(value, "an argument")).transpose()
    }
}

fn as_text<'a>(value: &'a OsStr, name: &str) -> Result<&'a str, Failure> {
    value.to_str().ok_or_else(|| Failure::Usage(format!("{name} is not valid Unicode text")))
}

/// What the first arguments say.
pub(crate) enum Wanted {
    /// Help, for a subcommand or for all.
    Help(Option<&'static Command>),
    Version,
    Run(&'static Command, Matches),
}

/// Reads the arguments after the program's name. An error names the subcommand, if one was recognised.
pub(crate) fn parse(
    commands: Commands,
    common: &'static [Opt],
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Wanted, (Option<&'static Command>, Failure)> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let command = match parser.next().map_err(|error| (None, usage(&error)))? {
        None => return Err((None, Failure::Usage("a COMMAND is missing".into()))),
        Some(lexopt::Arg::Long("help") | lexopt::Arg::Short('h')) => return Ok(Wanted::Help(None)),
        Some(lexopt::Arg::Long("version")) => return Ok(Wanted::Version),
        Some(lexopt::Arg::Value(name)) => {
            let known = commands.iter().find(|command| *command.name == *name);
            *known.ok_or_else(|| (None, Failure::Usage(format!("unknown command {name:?}"))))?
        }
        Some(other) => return Err((None, usage(&other.unexpected()))),
    };
    let matches = Matches { commands, options: Vec::new(), operand: None, rest: Vec::new() };
    parse_command(command, common, matches, &mut parser).map_err(|failure| (Some(command), failure))
}

fn parse_command(
    command: &'static Command,
    common: &'static [Opt],
    mut matches: Matches,
    parser: &mut lexopt::Parser,
) -> Result<Wanted, Failure> {
    while let Some(argument) = parser.next().map_err(|error| usage(&error))? {
        match argument {
            lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => return Ok(Wanted::Help(Some(command))),
            lexopt::Arg::Long(name) => {
                let known = command.options.iter().chain(command.common(common)).find(|option| option.name == name);
                let Some(option) = known else { return Err(Failure::Usage(format!("unknown option --{name}"))) };
                let value = if option.value.is_empty() { Ok(OsString::new()) } else { parser.value() };
                matches.options.push((option.name, value.map_err(|error| usage(&error))?));
            }
            lexopt::Arg::Value(value) if command.operand.is_some() && matches.operand.is_none() => {
                matches.operand = Some(value);
                if command.runs_another() {
                    matches.rest = parser.raw_args().map_err(|error| usage(&error))?.collect();
                }
            }
            other => return Err(usage(&other.unexpected())),
        }
    }
    match command.operand {
        Some(operand) if operand.required && matches.operand.is_none() => {
            Err(Failure::Usage(format!("{} is missing", operand.name)))
        }
        _ => Ok(Wanted::Run(command, matches)),
    }
}

fn usage(error: &lexopt::Error) -> Failure {
    Failure::Usage(error.to_string())
}

#[cfg(test)]
#[path = "arguments_tests.rs"]
mod tests;
