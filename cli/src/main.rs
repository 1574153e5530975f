//! The program `himds`.

#[cfg(target_os = "linux")]
mod closed;

use std::io::{IsTerminal, stderr, stdin, stdout};
use std::process::exit;

use himds_cli::{Streams, run};

#[cfg(not(target_os = "linux"))]
mod closed {
    pub(crate) fn at_start(_descriptor: usize) -> bool {
        false
    }
}

fn main() {
    // What a panic says may quote data; `run` tells of it in its own words.
    std::panic::set_hook(Box::new(|_| {}));
    let (mut input, mut output, mut errors) = (stdin(), stdout(), stderr());
    let terminal = !closed::at_start(1) && output.is_terminal();
    let mut streams = Streams::new(
        if closed::at_start(0) { None } else { Some(&mut input) },
        if closed::at_start(1) { None } else { Some(&mut output) },
        &mut errors,
    )
    .terminal(terminal);
    exit(run(std::env::args_os().skip(1), &mut streams))
}
