//! The front: answers as a VM's metadata service does.
//!
//! A request's way, each step a file: `head` (bytes to a request), `rules` (may it be answered at all), `route` (which
//! path is it), `ask` (what does it ask), `serve` (policy and core), `answer` and its forms. All of it is pure except
//! `serve`, which asks the core, `machine`, which is the core, and `connection`, which reads and writes.
//!
//! Nothing is ever forwarded: a request leads to a token by [`Core::token`] or to a part of the machine's own document,
//! or to a refusal.

mod address;
mod answer;
mod api_version;
mod ask;
mod connection;
mod core;
mod failure;
mod fresh;
mod head;
mod instance;
mod machine;
mod policy;
mod query;
mod refusal;
mod resource;
mod route;
mod rules;
mod serve;
mod surface;
mod token_answer;

pub use address::{ADDRESS, PORT};
pub use answer::Answer;
pub use ask::{Ask, Form, TokenAsk};
pub use connection::{ConnectionLimits, listen, serve};
pub use core::{Core, Issued};
pub use head::{Head, Parsed, parse};
pub use machine::Machine;
pub use policy::{Policy, Report, Verdict};
pub use refusal::Refusal;
pub use resource::{canonical, is_resource};
pub use rules::{Checked, check, form};
pub use serve::Front;
pub use surface::Surface;
