//! How the program was started: which of the standard streams were closed, and whether SIGPIPE was ignored.
//!
//! Before `main`, Rust opens /dev/null in place of closed streams, so that no other file gets their numbers, and ignores
//! SIGPIPE. From then on a closed stdout is like one that takes every answer. So they are checked before that.
#![expect(unsafe_code, reason = "the standard library has no hook that runs before its own start")]

use std::sync::atomic::{AtomicBool, Ordering};

static CLOSED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];
static SIGPIPE_IGNORED: AtomicBool = AtomicBool::new(false);

/// Whether this descriptor, 0 to 2, was closed.
pub(crate) fn closed(descriptor: usize) -> bool {
    CLOSED[descriptor].load(Ordering::Relaxed)
}

/// Whether SIGPIPE was ignored, as in a service of systemd.
pub(crate) fn sigpipe_ignored() -> bool {
    SIGPIPE_IGNORED.load(Ordering::Relaxed)
}

// SAFETY: the section holds pointers to functions that the C library calls once, before `main`; it passes arguments, which
// a function in C's convention may leave unread.
#[unsafe(link_section = ".init_array")]
#[used]
static BEFORE_MAIN: extern "C" fn() = note;

extern "C" fn note() {
    for (descriptor, closed) in (0..).zip(&CLOSED) {
        // SAFETY: reads a descriptor's flags, which changes nothing, and fails if it is not open.
        closed.store(unsafe { libc::fcntl(descriptor, libc::F_GETFD) } == -1, Ordering::Relaxed);
    }
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: without a new action nothing is changed; the old one is written to memory that is large enough, and all zeros
    // are a valid one.
    let ignored = unsafe {
        libc::sigaction(libc::SIGPIPE, std::ptr::null(), action.as_mut_ptr());
        action.assume_init().sa_sigaction == libc::SIG_IGN
    };
    SIGPIPE_IGNORED.store(ignored, Ordering::Relaxed);
}
