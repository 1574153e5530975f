//! Runs the scenarios of `tests/scenarios` through a driver, which is a small program in any language, and holds it to
//! everything that they say: `himds-emulator conformance`, for the languages of this project.

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use himds_emulator::conformance::{self, Judge, Options};

/// Runs the scenarios through a driver and says what failed.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    conformance::main(&Arguments::parse().options, Judge::All, &[], Some(scenarios))
}
