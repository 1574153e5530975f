//! What a call keeps from its thread: `pthread_cancel`, whose unwinding ends the process when it reaches a Rust frame.

/// While it lives, a request to cancel this thread waits. It costs a few nanoseconds.
pub(crate) struct Uncancelled {
    #[cfg(target_os = "linux")]
    before: std::ffi::c_int,
}

#[cfg(target_os = "linux")]
mod system {
    use std::ffi::c_int;

    /// `PTHREAD_CANCEL_DISABLE`, of glibc and musl.
    pub(super) const DISABLE: c_int = 1;

    // The `libc` crate has it for other systems only.
    unsafe extern "C" {
        pub(super) safe fn pthread_setcancelstate(state: c_int, before: Option<&mut c_int>) -> c_int;
    }
}

#[cfg(target_os = "linux")]
impl Uncancelled {
    pub(crate) fn new() -> Self {
        let mut before = 0;
        system::pthread_setcancelstate(system::DISABLE, Some(&mut before));
        Uncancelled { before }
    }
}

#[cfg(target_os = "linux")]
impl Drop for Uncancelled {
    fn drop(&mut self) {
        system::pthread_setcancelstate(self.before, None);
    }
}

#[cfg(not(target_os = "linux"))]
impl Uncancelled {
    pub(crate) fn new() -> Self {
        Uncancelled {}
    }
}
