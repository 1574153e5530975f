//! The scenarios of `tests/scenarios` for a client in any language, by a driver: `himds-emulator conformance`.
//!
//! It uses the emulator by its public API alone.

mod accounts;
mod basis;
mod cases;
mod driver;
mod expect;
mod findings;
mod isolation;
mod late;
mod options;
mod packed;
mod ports;
mod protocol;
mod report;
mod run;
mod runner;
mod saw;
mod scenario;
mod shares;
mod verdict;
mod wire;
mod world;

pub use expect::Judge;
pub use options::{Options, Rules};
pub use runner::main;
