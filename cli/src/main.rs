//! The program `himds`.

#[cfg(target_os = "linux")]
mod started;

use std::io::{IsTerminal, stderr, stdin, stdout};
use std::process::exit;

use himds_cli::{Streams, run};

#[cfg(not(target_os = "linux"))]
mod started {
    pub(crate) fn closed(_descriptor: usize) -> bool {
        false
    }

    pub(crate) fn sigpipe_ignored() -> bool {
        false
    }
}

fn main() {
    // What a panic says may quote data; `run` tells of it in its own words.
    std::panic::set_hook(Box::new(|_| {}));
    let (mut input, mut output, mut errors) = (stdin(), stdout(), stderr());
    let terminal = !started::closed(1) && output.is_terminal();
    let mut streams = Streams::new(
        if started::closed(0) { None } else { Some(&mut input) },
        if started::closed(1) { None } else { Some(&mut output) },
        &mut errors,
    )
    .terminal(terminal)
    .sigpipe_ignored(started::sigpipe_ignored());
    exit(run(std::env::args_os().skip(1), &mut streams))
}
