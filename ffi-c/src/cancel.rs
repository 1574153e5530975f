//! # Cancel handles
//!
//! End a call from another thread.

use std::mem::MaybeUninit;

use himds::CancelHandle;

use crate::counted::Counted;
use crate::guard::{ErrorOut, guard};
use crate::pointers::{Slot, required};

/// Ends the calls that it was given to, from any thread: owned, with himds_cancel_free(). One-shot:
/// once cancelled it stays cancelled, and a later call with it that would ask the service ends at
/// once. A handle that was made before a fork() belongs to the parent. Since ABI 1.
///
/// It is not async-signal-safe. Let a signal handler wake a thread (self-pipe, signalfd, sigwait),
/// and cancel from there.
pub struct himds_cancel {
    pub(crate) handle: CancelHandle,
    _counted: Counted,
}

/// Creates a cancel handle. Give it to requests with himds_request_set_cancel().
///
/// Ownership: cancel is owned, with himds_cancel_free(). Blocks: never. Threads: any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if cancel is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn himds_cancel_new(cancel: Option<&mut MaybeUninit<*mut himds_cancel>>, error: ErrorOut<'_>) -> i32 {
    guard(error, || {
        Slot::new("cancel", cancel)?.write(himds_cancel { handle: CancelHandle::new(), _counted: Counted::new() });
        Ok(())
    })
}

/// Cancels: calls that hold this handle return HIMDS_CANCELLED within 100 ms, and later calls that
/// would ask the service return it at once. Cancelling again does nothing.
///
/// Ownership: cancel is used for the call only. Blocks: never. Threads: any, also during the calls
/// that are to end.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if cancel is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn himds_cancel_cancel(cancel: Option<&himds_cancel>, error: ErrorOut<'_>) -> i32 {
    guard(error, || {
        required("cancel", cancel)?.handle.cancel();
        Ok(())
    })
}

/// 1 if the handle was cancelled, otherwise 0; 0 for NULL.
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_cancel_is_cancelled(cancel: Option<&himds_cancel>) -> i32 {
    i32::from(cancel.is_some_and(|cancel| cancel.handle.is_cancelled()))
}

/// Frees a cancel handle. Requests that it was given to keep what they need of it. NULL is allowed.
///
/// Ownership: cancel was owned by the caller and is gone. Blocks: never. Threads: any; no other
/// call may use it.
#[unsafe(no_mangle)]
pub extern "C" fn himds_cancel_free(cancel: Option<Box<himds_cancel>>) {
    drop(cancel);
}
