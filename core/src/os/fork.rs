//! How a child goes on after `fork`, whatever the parent's other threads were doing at that moment.
//!
//! A child inherits memory, not threads: a lock that another thread held stays locked for ever, a request that
//! another thread had begun never ends. Six rules keep that from mattering:
//!
//! 1. **The cached path takes no lock** and asks the system for nothing but the time: `cache/store.rs` reads a map
//!    that is replaced as a whole.
//! 2. **No seeded hash**: the first seeding of a process is a lock. Every map here hashes with a fixed state.
//! 3. **A request under way belongs to a process**: the table in `cache/single_flight.rs` bears the [`generation`] of
//!    the process that made it. A child, whose number is another, leaves that table alone for good and begins its own.
//! 4. **Nothing outlives a call**: no connection, descriptor, runtime or thread that a child could share with its
//!    parent. `call/blocking.rs` makes a runtime for each call.
//! 5. **Random numbers come from the system** each time (`http/seams.rs`), so parent and child do not wait alike.
//! 6. **What is built once is built without a lock**: race cells and atomics, never `Once` or `OnceLock`, on a path
//!    that a child may take.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that a process does not share with those it was forked from. Process ids are not enough: a child in a PID
/// namespace of its own may have its parent's, and they are given again.
pub(crate) fn generation() -> u64 {
    match page::wiped_on_fork() {
        Some(number) => numbered(number),
        None => u64::from(process_id()),
    }
}

/// The number in the page, or the next one if the kernel has wiped it.
fn numbered(number: &AtomicU64) -> u64 {
    /// Inherited as it is, so a child goes on after its parent's number.
    static LAST: AtomicU64 = AtomicU64::new(0);
    match number.load(Ordering::Acquire) {
        0 => {
            let next = LAST.fetch_add(1, Ordering::Relaxed) + 1;
            number.compare_exchange(0, next, Ordering::AcqRel, Ordering::Acquire).map_or_else(|other| other, |_| next)
        }
        known => known,
    }
}

/// The id of this process. About 100 ns on Linux.
#[allow(clippy::disallowed_methods, reason = "the one place that asks")]
fn process_id() -> u32 {
    std::process::id()
}

#[cfg(target_os = "linux")]
mod page {
    #![allow(unsafe_code, reason = "no safe crate gives a page that the kernel wipes")]

    use std::ptr;
    use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

    use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};

    /// The kernel makes whole pages of it.
    const SIZE: usize = size_of::<AtomicU64>();

    /// A number that reads 0 in a forked child (`MADV_WIPEONFORK`, Linux 4.14). One page for the life of the process.
    pub(super) fn wiped_on_fork() -> Option<&'static AtomicU64> {
        static PAGE: AtomicPtr<AtomicU64> = AtomicPtr::new(ptr::null_mut());
        /// What stands there if there is no such page: asked once.
        static NONE: AtomicU64 = AtomicU64::new(0);
        let none = (&raw const NONE).cast_mut();
        let mut page = PAGE.load(Ordering::Acquire);
        if page.is_null() {
            let made = map().unwrap_or(none);
            page = match PAGE.compare_exchange(ptr::null_mut(), made, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => made,
                Err(first) => {
                    if made != none {
                        // SAFETY: nobody else has seen this page.
                        let _ = unsafe { munmap(made.cast(), SIZE) };
                    }
                    first
                }
            };
        }
        // SAFETY: the page is never unmapped; what the kernel wipes is a valid number too.
        (page != none).then(|| unsafe { &*page })
    }

    fn map() -> Option<*mut AtomicU64> {
        // SAFETY: a page of its own, at an address that the kernel chooses.
        unsafe {
            let page =
                mmap_anonymous(ptr::null_mut(), SIZE, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE).ok()?;
            if madvise(page, SIZE, Advice::LinuxWipeOnFork).is_err() {
                let _ = munmap(page, SIZE);
                return None;
            }
            Some(page.cast())
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod page {
    use std::sync::atomic::AtomicU64;

    /// Other systems have no such page.
    pub(super) fn wiped_on_fork() -> Option<&'static AtomicU64> {
        None
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(unsafe_code, reason = "fork itself")]

    use super::*;

    /// In a child: what `check` says, as an exit status.
    fn in_a_child(check: impl FnOnce() -> bool) -> bool {
        // SAFETY: the child reads numbers and leaves by `_exit`.
        unsafe {
            let child = libc::fork();
            if child == 0 {
                libc::_exit(i32::from(!check()));
            }
            let mut status = 0;
            assert_eq!(libc::waitpid(child, &mut status, 0), child);
            status == 0
        }
    }

    #[test]
    fn each_child_has_a_number_of_its_own() {
        let own = generation();
        assert_eq!(generation(), own);
        assert!(page::wiped_on_fork().is_some(), "the kernel has such pages since 4.14");
        assert!(in_a_child(|| {
            let child = generation();
            child != own && generation() == child && in_a_child(|| generation() != own && generation() != child)
        }));
        assert_eq!(generation(), own, "the parent keeps its own");
    }

    #[test]
    fn threads_agree_on_the_number() {
        let fresh = AtomicU64::new(0);
        let numbers: Vec<u64> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| numbered(&fresh))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(numbers.iter().all(|number| *number == numbers[0] && *number != 0), "{numbers:?}");
    }
}
