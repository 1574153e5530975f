//! Writing to a socket that the agent has closed must not end the caller's process.
//!
//! The HTTP client writes with `writev`, which raises SIGPIPE, as `send` with `MSG_NOSIGNAL` would not, and a
//! process-wide disposition is not ours to change. So the signal is blocked for this thread alone while a call lasts,
//! and one that our own writing made pending is taken off again (as libpq does). These are calls of POSIX that no
//! safe crate wraps, hence the `unsafe` in this file.
#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr;

use libc::{SIGPIPE, sigset_t};

/// While it lives, SIGPIPE is blocked for this thread.
pub(crate) struct SigpipeGuard {
    /// The mask to put back; `None` if the caller had SIGPIPE blocked and pending already: then there is nothing
    /// to do and nothing to take off.
    before: Option<sigset_t>,
    /// A signal mask belongs to a thread.
    _not_send: PhantomData<*const ()>,
}

impl SigpipeGuard {
    pub(crate) fn new() -> Self {
        let before = (!is_pending()).then(|| {
            let mut before = MaybeUninit::<sigset_t>::uninit();
            // SAFETY: both sets are valid for the call, and SIG_BLOCK with a valid set cannot fail, so `before` is
            // written.
            unsafe {
                libc::pthread_sigmask(libc::SIG_BLOCK, &only_sigpipe(), before.as_mut_ptr());
                before.assume_init()
            }
        });
        SigpipeGuard { before, _not_send: PhantomData }
    }
}

impl Drop for SigpipeGuard {
    fn drop(&mut self) {
        let Some(before) = &self.before else { return };
        if is_pending() {
            take_pending();
        }
        // SAFETY: `before` is the mask that this thread had; the old mask is not requested.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, ptr::null_mut()) };
    }
}

fn only_sigpipe() -> sigset_t {
    let mut set = MaybeUninit::<sigset_t>::uninit();
    // SAFETY: `sigemptyset` initialises the set before `sigaddset` and the read; SIGPIPE is a valid signal.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), SIGPIPE);
        set.assume_init()
    }
}

fn is_pending() -> bool {
    let mut pending = MaybeUninit::<sigset_t>::uninit();
    // SAFETY: `sigpending` fails for a bad address only, so the set is written before it is read.
    unsafe {
        libc::sigpending(pending.as_mut_ptr());
        libc::sigismember(pending.as_ptr(), SIGPIPE) == 1
    }
}

#[cfg(not(target_vendor = "apple"))]
fn take_pending() {
    let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: set and time are valid for the call; with a time of zero it does not wait.
    unsafe { libc::sigtimedwait(&only_sigpipe(), ptr::null_mut(), &at_once) };
}

#[cfg(target_vendor = "apple")]
fn take_pending() {
    let mut taken = 0;
    // SAFETY: the signal is pending and blocked here, so this returns at once.
    unsafe { libc::sigwait(&only_sigpipe(), &mut taken) };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raise() {
        // SAFETY: raises a signal that the guard under test has blocked.
        unsafe { libc::raise(SIGPIPE) };
    }

    fn set_disposition(action: libc::sighandler_t) -> libc::sighandler_t {
        // SAFETY: SIG_DFL and a previous disposition are valid.
        unsafe { libc::signal(SIGPIPE, action) }
    }

    #[test]
    fn a_signal_of_ours_is_taken_off_and_an_older_one_left() {
        let before = set_disposition(libc::SIG_DFL);
        {
            let outer = SigpipeGuard::new();
            raise();
            assert!(is_pending());
            drop(outer); // Had it stayed pending, the process would end here.
        }
        assert!(!is_pending());
        let caller = SigpipeGuard::new();
        raise();
        drop(SigpipeGuard::new());
        assert!(is_pending(), "what the caller had pending is the caller's");
        drop(caller);
        set_disposition(before);
    }
}
