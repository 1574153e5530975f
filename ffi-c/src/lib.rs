//! The C library `libhimds`: a thin layer that turns C's arguments into the core's types and back.
//!
//! The comments on the exported functions and types become `include/himds.h`, which is the C programmer's manual, so
//! they are written for C. They follow the header's conventions, which `tools/header/preamble.h` states once.
//!
//! - [`pointers`] is the one file that follows a caller's pointers: `unsafe` is nowhere else, but for the one system
//!   function that [`thread`] names.
//! - [`guard`] is around every fallible body: it turns errors and panics into a status and an error object.
//! - Handles are plain boxes: made by one function, freed by its `_free`, never consumed by another.

#![allow(unreachable_pub, reason = "exported to C, which sees no modules")]
#![allow(non_camel_case_types, reason = "C's names for C's types")]
#![allow(
    unsafe_code,
    reason = "`#[unsafe(no_mangle)]` counts as unsafe; a test holds the rest inside pointers.rs and thread.rs"
)]

mod cancel;
mod client;
mod error;
mod guard;
mod metadata;
mod options;
mod pointers;
mod request;
mod status;
mod testing;
mod text;
mod thread;
mod token;
