//! All subcommands, and the way from arguments to exit status.
//!
//! A new subcommand is a file with a `COMMAND`, and a line here.

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

use himds::{Error, Kind};

use crate::arguments::{Command, Matches, Wanted, parse};
use crate::failure::{Failure, Outcome};
use crate::interrupt::Interrupt;
use crate::report::report;
use crate::streams::Streams;
use crate::{
    bridge, claims, common, completion, diagnose, exec, git_credential, help, metadata, source, token, token_file,
};

/// The subcommands, in the order of the help.
pub(crate) const COMMANDS: &[&Command] = &[
    &token::COMMAND,
    &metadata::COMMAND,
    &claims::COMMAND,
    &source::COMMAND,
    &diagnose::COMMAND,
    &exec::COMMAND,
    &token_file::COMMAND,
    &git_credential::COMMAND,
    &bridge::COMMAND,
    &completion::COMMAND,
];

/// Runs the command with the arguments after the program's name, and gives its exit status. Blocks until it is done;
/// starts no thread.
///
/// Meanwhile Ctrl+C ends the process with status 130, unless SIGINT was ignored before. One call at a time.
///
/// `exec` forks on Linux: before it, no other thread may have been started, see [`needs_process_of_its_own`]. If a signal ends
/// the command that it runs, the same signal ends this process there.
pub fn run(arguments: impl IntoIterator<Item = OsString>, streams: &mut Streams<'_>) -> i32 {
    let wanted = parse(COMMANDS, common::OPTIONS, arguments);
    let ends_by_itself = matches!(&wanted, Ok(Wanted::Run(command, _)) if command.runs_another());
    let _interrupt = (!ends_by_itself).then(Interrupt::ends_the_process);
    match wanted {
        Ok(Wanted::Run(command, matches)) => {
            let outcome = ready(command, streams).and_then(|()| caught(command, &matches, streams));
            let as_json = matches.has("json");
            outcome.unwrap_or_else(|failure| failed(&failure, Some(command), streams, as_json))
        }
        Ok(Wanted::Help(command)) => answer(&help::help(COMMANDS, command), command, streams),
        Ok(Wanted::Version) => answer(concat!("himds ", env!("CARGO_PKG_VERSION"), "\n"), None, streams),
        Err((command, failure)) => failed(&failure, command, streams, false),
    }
}

/// Whether [`run`] would refuse these arguments in this process, because other threads run in it.
pub fn needs_process_of_its_own(arguments: &[OsString]) -> bool {
    arguments.first().is_some_and(|name| *name == *exec::COMMAND.name) && himds_bridge::exec::other_threads_forbid_it()
}

/// Tells of the failure, and gives the exit status: other commands have statuses of their own, so that of `exec` is one
/// that few of them use.
fn failed(failure: &Failure, command: Option<&Command>, streams: &mut Streams<'_>, as_json: bool) -> i32 {
    report(failure, streams, &full_name(command), as_json);
    if command.is_some_and(Command::runs_another) { exec::FAILED } else { failure.status() }
}

fn ready(command: &Command, streams: &Streams<'_>) -> Result<(), Failure> {
    if command.answers { Ok(streams.need_stdout()?) } else { Ok(()) }
}

/// A panic is a bug of ours and becomes an *internal* error. Its own text is not shown, because it may quote data.
fn caught(command: &Command, matches: &Matches, streams: &mut Streams<'_>) -> Outcome {
    catch_unwind(AssertUnwindSafe(|| (command.run)(matches, streams))).unwrap_or_else(|_| {
        Err(Error::new(Kind::Internal, "a bug in himds was caught")
            .with_hint("Please report it with this message, the command line and the version (himds --version).")
            .into())
    })
}

fn answer(text: &str, command: Option<&Command>, streams: &mut Streams<'_>) -> i32 {
    match streams.answer(text) {
        Ok(()) => 0,
        Err(failure) => failed(&failure, command, streams, false),
    }
}

fn full_name(command: Option<&Command>) -> String {
    command.map_or("himds".to_owned(), |command| format!("himds {}", command.name))
}
