//! `himds exec`: a command whose requests to 169.254.169.254 are answered, and nobody else's.
//!
//! Two ways lead the command's requests to the [front](crate::front). In mode `connect` (Linux) its calls of `connect`
//! to that address are led to a listener of ours: nothing in the command changes. In mode `env` (every system) variables
//! name a listener on loopback, with a secret.
//!
//! On Linux three processes take part. The one that was started stays in the foreground: it hands signals on, stops when
//! the command stops, and ends as the command ends. Its child, the supervisor, serves, and is the parent of the command;
//! it stays in the background for as long as descendants of the command live. (It must be their ancestor: with Yama's
//! usual setting nobody else may read their memory.)

pub mod address;
mod environment;
mod failure;
#[cfg(target_os = "linux")]
mod linux;
mod options;
mod peers;
#[cfg(not(target_os = "linux"))]
mod plain;
mod run;
mod serving;
mod tree_policy;

pub use failure::{CANNOT_RUN, FAILED, NOT_FOUND};
pub use options::{Mode, Options};
pub use run::{other_threads_forbid_it, run};
