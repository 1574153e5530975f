//! How a child goes on after `fork`, whatever the parent's other threads were doing at that moment.
//!
//! A child inherits memory, not threads: a lock that another thread held stays locked for ever, a request that
//! another thread had begun never ends. Six rules keep that from mattering:
//!
//! 1. **The cached path takes no lock** and asks the system for nothing but the time: `cache/store.rs` reads a map
//!    that is replaced as a whole.
//! 2. **No seeded hash**: the first seeding of a process is a lock. Every map here hashes with a fixed state.
//! 3. **A request under way belongs to a process**: the table in `cache/single_flight.rs` bears the id of the process
//!    that made it. A child that finds another id leaves that table alone for good and begins its own.
//! 4. **Nothing outlives a call**: no connection, descriptor, runtime or thread that a child could share with its
//!    parent. `call/blocking.rs` makes a runtime for each call.
//! 5. **Random numbers come from the system** each time (`http/seams.rs`), so parent and child do not wait alike.
//! 6. **What is built once is built without a lock**: race cells and atomics, never `Once` or `OnceLock`, on a path
//!    that a child may take.

/// The id of this process. About 100 ns on Linux, so the cached path does not ask.
#[allow(clippy::disallowed_methods, reason = "the one place that asks")]
pub(crate) fn process_id() -> u32 {
    std::process::id()
}
