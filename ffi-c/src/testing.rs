//! Functions for the tests: how many objects are alive, and a panic on request.

use crate::counted::live;
use crate::guard::{ErrorOut, guard};

/// How many handles of all kinds are alive in this process.
#[unsafe(no_mangle)]
pub extern "C" fn himds_testing_live_objects() -> u64 {
    live()
}

/// Panics, so that a test sees the status 900 and nothing printed.
#[unsafe(no_mangle)]
pub extern "C" fn himds_testing_panic(error: ErrorOut<'_>) -> i32 {
    guard(error, || panic!("himds-testing-panic-payload"))
}
