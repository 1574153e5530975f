//! Ctrl+C ends the process at once, with status 130 and without a word, whatever it is doing: waiting for the service or
//! for stdin, or writing to a pipe that nobody reads. Only a file that is being written is finished first.
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

/// Does what must not be left half done. If Ctrl+C, or on Unix SIGTERM or SIGHUP, comes meanwhile, it ends the process
/// afterwards.
pub(crate) fn held<T>(work: impl FnOnce() -> T) -> T {
    HELD.store(true, Ordering::SeqCst);
    #[cfg(unix)]
    let blocked = Blocked::new();
    let result = work();
    #[cfg(unix)]
    drop(blocked);
    HELD.store(false, Ordering::SeqCst);
    if PENDING.load(Ordering::SeqCst) {
        // SAFETY: as above.
        unsafe { libc::_exit(STATUS) }
    }
    result
}

/// While it lives, this thread puts off the signals by which a service manager or a terminal ends a process.
#[cfg(unix)]
struct Blocked {
    before: libc::sigset_t,
}

#[cfg(unix)]
impl Blocked {
    fn new() -> Self {
        let mut signals = std::mem::MaybeUninit::uninit();
        let mut before = std::mem::MaybeUninit::uninit();
        // SAFETY: sigemptyset initialises the set, and pthread_sigmask the one before: with valid arguments it cannot fail.
        unsafe {
            libc::sigemptyset(signals.as_mut_ptr());
            libc::sigaddset(signals.as_mut_ptr(), libc::SIGTERM);
            libc::sigaddset(signals.as_mut_ptr(), libc::SIGHUP);
            libc::pthread_sigmask(libc::SIG_BLOCK, signals.as_ptr(), before.as_mut_ptr());
            Blocked { before: before.assume_init() }
        }
    }
}

#[cfg(unix)]
impl Drop for Blocked {
    fn drop(&mut self) {
        // SAFETY: the set is one that pthread_sigmask gave.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, std::ptr::null_mut()) };
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn what_ends_the_process_waits_for_the_end_of_the_work() {
        for signal in [libc::SIGTERM, libc::SIGHUP] {
            let (mut done, work) = UnixStream::pair().unwrap();
            // SAFETY: the child makes system calls only, and is ended by the signal.
            let child = unsafe { libc::fork() };
            if child == 0 {
                // SAFETY: no handler is set: under nohup the signal would be ignored.
                unsafe { libc::signal(signal, libc::SIG_DFL) };
                held(|| {
                    // SAFETY: no memory is involved.
                    unsafe { libc::raise(signal) };
                    let _ = (&work).write_all(b"done");
                });
                // SAFETY: as above.
                unsafe { libc::_exit(0) }
            }
            drop(work);
            let (mut text, mut status) = (String::new(), 0);
            done.read_to_string(&mut text).unwrap();
            // SAFETY: the status is a local.
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            assert_eq!((text.as_str(), libc::WIFSIGNALED(status), libc::WTERMSIG(status)), ("done", true, signal));
        }
    }
}
