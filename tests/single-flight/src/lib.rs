//! The core's single flight under shuttle: threads that meet in every order that chance finds, the same in each run.
//!
//! The file is the core's own. Its lock is shuttle's here, and so every thread may be stopped before and inside it; its
//! neighbours are small stand-ins. What shuttle does not see is the inside of tokio's `Notify` and of `arc-swap`.

#[path = "../../../core/src/cache/single_flight.rs"]
#[allow(dead_code, reason = "not all of it is used here")]
mod single_flight;

mod call {
    pub(crate) mod blocking {
        /// No call of these tests is suspended above another.
        pub(crate) fn is_above_a_suspended_call() -> bool {
            false
        }
    }
}

mod os {
    pub(crate) mod fork {
        pub(crate) fn process_id() -> u32 {
            1
        }
    }
}

/// A token is its number.
#[derive(Debug, PartialEq, Eq)]
pub struct AccessToken(usize);

/// An error is its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(usize);

#[cfg(test)]
mod properties;
