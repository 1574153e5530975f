//! Which of the standard streams were closed when the program was started.
//!
//! Before `main`, Rust opens /dev/null in their place, so that no other file gets their numbers; from then on a closed
//! stdout looks like one that takes every answer. Hence a look before that.
#![expect(unsafe_code, reason = "the standard library has no hook that runs before its own start")]

use std::sync::atomic::{AtomicBool, Ordering};

static CLOSED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];

/// Whether this descriptor, 0 to 2, was closed.
pub(crate) fn at_start(descriptor: usize) -> bool {
    CLOSED[descriptor].load(Ordering::Relaxed)
}

// SAFETY: the section holds pointers to functions that the C library calls once, before `main`; it passes arguments, which
// a function in C's convention may leave unread.
#[unsafe(link_section = ".init_array")]
#[used]
static BEFORE_MAIN: extern "C" fn() = note;

extern "C" fn note() {
    for (descriptor, closed) in (0..).zip(&CLOSED) {
        // SAFETY: asks for a descriptor's flags, which changes nothing, and fails where it is not open.
        closed.store(unsafe { libc::fcntl(descriptor, libc::F_GETFD) } == -1, Ordering::Relaxed);
    }
}
