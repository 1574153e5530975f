//! The C library `libhimds`: a thin layer that turns C's arguments into the core's types and back.
//!
//! The comments on the modules, types and functions that are exported become `include/himds.h`, which is the C
//! programmer's manual, so they are written for C, in at most 100 columns. They follow the header's conventions, which
//! `tools/header/himds.h.in` states once.
//!
//! - [`pointers`] is the one file that follows a caller's pointers: `unsafe` is nowhere else, except for the one system
//!   function that [`thread`] names.
//! - [`guard`] is around every fallible body: it turns errors and panics into a status and an error object.
//! - Handles are plain boxes: made by one function, freed by its `_free`, never consumed by another.
//! - Nothing here waits for another thread: a forked child may inherit any moment of it (`clippy.toml`).

#![allow(unreachable_pub, reason = "exported to C, which sees no modules")]
#![allow(non_camel_case_types, reason = "C's names for C's types")]
#![allow(
    unsafe_code,
    reason = "`#[unsafe(no_mangle)]` counts as unsafe; a test holds the rest inside pointers.rs and thread.rs"
)]

mod cancel;
mod client;
mod counted;
mod error;
mod guard;
mod metadata;
mod options;
mod pointers;
mod request;
mod status;
#[cfg(any(feature = "testing", debug_assertions))]
mod testing;
mod text;
mod thread;
mod token;
