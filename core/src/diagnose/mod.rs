//! What is wrong on this machine, and how to fix it. Reads the machine, decides nothing for a call.
//!
//! The steps are functions of what they are given; `run` runs, times and orders them. Local evidence comes first, then
//! the metadata, which needs no key, then the token, for which all the rest is the explanation.

mod agent;
mod answers;
mod container;
mod environment;
mod files;
mod peer;
#[cfg(target_os = "linux")]
mod proc_net;
mod raw_get;
mod report;
mod run;
mod token;
mod token_dir;

pub use report::{Diagnosis, Finding, Status};
pub(crate) use run::Diagnose;
