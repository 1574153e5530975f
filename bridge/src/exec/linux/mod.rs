//! Linux: a foreground process, a supervisor, and the command.

mod connect;
mod control;
mod filter;
mod foreground;
mod replace;
mod spawn;
mod supervisor;
mod sys;

pub(super) use foreground::{has_other_threads, run};
