//! Ctrl+C ends the process at once, with status 130 and without a word, whatever it is doing: waiting for the service or
//! for stdin, or writing to a pipe that nobody reads.
//!
//! The handler does it itself, so no thread and no polling is needed. Written by hand on the C library's `signal`: that a
//! SIGINT which was ignored (a background job of a script) stays so must be asked of the system in any case, and the rest
//! is one line more.
#![expect(unsafe_code, reason = "signals are set by the C library's calls, which no safe crate wraps in whole")]

use std::sync::atomic::{AtomicBool, Ordering};

use libc::c_int;

/// What a shell reports for a command that SIGINT ended.
const STATUS: c_int = 130;

/// What `signal` gives if it fails; the C library's name for it has another type on Windows.
const FAILED: libc::sighandler_t = !0;

/// Whether the process must not end just now.
static HELD: AtomicBool = AtomicBool::new(false);
/// Whether SIGINT came meanwhile.
static PENDING: AtomicBool = AtomicBool::new(false);

/// While it lives, SIGINT ends the process with status 130.
pub(crate) struct Interrupt {
    before: libc::sighandler_t,
}

impl Interrupt {
    /// Sets the handler, unless SIGINT is ignored.
    pub(crate) fn ends_the_process() -> Self {
        let handler: extern "C" fn(c_int) = on_interrupt;
        // SAFETY: the handler is a function of the right type that makes only async-signal-safe calls.
        let before = unsafe { libc::signal(libc::SIGINT, handler as libc::sighandler_t) };
        if before == libc::SIG_IGN {
            restore(before);
        }
        Interrupt { before }
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        if self.before != libc::SIG_IGN && self.before != FAILED {
            restore(self.before);
        }
    }
}

fn restore(before: libc::sighandler_t) {
    // SAFETY: the disposition is one that `signal` gave.
    unsafe { libc::signal(libc::SIGINT, before) };
}

extern "C" fn on_interrupt(_signal: c_int) {
    if HELD.load(Ordering::SeqCst) {
        PENDING.store(true, Ordering::SeqCst);
    } else {
        // SAFETY: `_exit` is async-signal-safe.
        unsafe { libc::_exit(STATUS) }
    }
}

/// Does what must not be left half done, and ends the process afterwards if SIGINT came meanwhile.
pub(crate) fn held<T>(work: impl FnOnce() -> T) -> T {
    HELD.store(true, Ordering::SeqCst);
    let result = work();
    HELD.store(false, Ordering::SeqCst);
    if PENDING.load(Ordering::SeqCst) {
        // SAFETY: as above.
        unsafe { libc::_exit(STATUS) }
    }
    result
}
