//! What only the tests see: how many objects are alive, and a panic on request.

/// A member of every handle. In test builds it counts the handles that were made and not yet freed.
#[cfg(not(feature = "testing"))]
pub(crate) struct Counted;

#[cfg(not(feature = "testing"))]
impl Counted {
    pub(crate) fn new() -> Self {
        Counted
    }
}

#[cfg(feature = "testing")]
pub(crate) use counting::Counted;

#[cfg(feature = "testing")]
mod counting {
    use std::sync::atomic::{AtomicU64, Ordering};

    use crate::guard::{ErrorOut, guard};

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

    /// How many handles of all kinds are alive in this process.
    #[unsafe(no_mangle)]
    pub extern "C" fn himds_testing_live_objects() -> u64 {
        LIVE.load(Ordering::Relaxed)
    }

    /// Panics, so that a test sees the status 900 and nothing printed.
    #[unsafe(no_mangle)]
    pub extern "C" fn himds_testing_panic(error: ErrorOut<'_>) -> i32 {
        guard(error, || panic!("himds-testing-panic-payload"))
    }
}
