//! Who calls: what the kernel says of the socket at the other end of a connection.
//!
//! `diag` asks, `judge` is pure and knows every trap, `Identify` puts both together with units and groups.

mod diag;
mod identify;
mod judge;
#[cfg(test)]
mod traps;

pub(crate) use diag::Diag;
pub(crate) use identify::{Ends, Identify, Unknown};
pub(crate) use judge::Maker;
