//! How many handles are alive, which only the tests see.

#[cfg(not(any(feature = "testing", debug_assertions)))]
pub(crate) use absent::Counted;
#[cfg(any(feature = "testing", debug_assertions))]
pub(crate) use counting::{Counted, live};

#[cfg(not(any(feature = "testing", debug_assertions)))]
mod absent {
    /// A member of every handle. In test builds it counts the handles that were made and not yet freed.
    pub(crate) struct Counted;

    impl Counted {
        pub(crate) fn new() -> Self {
            Counted
        }
    }
}

#[cfg(any(feature = "testing", debug_assertions))]
mod counting {
    use std::sync::atomic::{AtomicU64, Ordering};

    static LIVE: AtomicU64 = AtomicU64::new(0);

    pub(crate) struct Counted(());

    impl Counted {
        pub(crate) fn new() -> Self {
            LIVE.fetch_add(1, Ordering::Relaxed);
            Counted(())
        }
    }

    impl Drop for Counted {
        fn drop(&mut self) {
            LIVE.fetch_sub(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn live() -> u64 {
        LIVE.load(Ordering::Relaxed)
    }
}
