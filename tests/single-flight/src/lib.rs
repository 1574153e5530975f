//! The core's single flight under shuttle: threads that meet in every order that chance finds, the same in each run.
//!
//! The file is the core's own. Its neighbours are small stand-ins that let another thread go on, so each thread may be
//! stopped before it joins or ends a flight, and while it replaces the table. What shuttle does not see is the inside of
//! tokio's `Notify` and of `arc-swap`.

#[path = "../../../core/src/cache/single_flight.rs"]
#[allow(dead_code, reason = "not all of it is used here")]
mod single_flight;

mod call {
    pub(crate) mod blocking {
        /// No call of these tests is suspended above another.
        pub(crate) fn is_above_a_suspended_call() -> bool {
            shuttle::thread::yield_now();
            false
        }
    }
}

mod os {
    pub(crate) mod fork {
        /// One process.
        pub(crate) fn generation() -> u64 {
            shuttle::thread::yield_now();
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
