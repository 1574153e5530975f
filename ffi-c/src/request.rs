//! # Options of one call
//!
//! For the functions that end in _with, himds_client_get() and himds_client_diagnose().

use std::mem::MaybeUninit;
use std::time::Duration;

use himds::{CallOptions, CancelHandle, Error, Kind, TokenRequest};

use crate::cancel::himds_cancel;
use crate::counted::Counted;
use crate::guard::{ErrorOut, guard};
use crate::pointers::{Slot, TextIn, required_mut};

/// Options for one call: owned, with himds_request_free(). It can serve any number of calls, from
/// several threads at once too, while no thread changes it. Since ABI 1.
pub struct himds_request {
    force_refresh: bool,
    claims: Option<String>,
    deadline: Option<Duration>,
    cancel: Option<CancelHandle>,
    _counted: Counted,
}

impl himds_request {
    pub(crate) fn token(&self, resource: &str) -> TokenRequest {
        TokenRequest::new(resource)
            .force_refresh(self.force_refresh)
            .claims(self.claims.as_deref().unwrap_or_default())
            .call_options(self.call())
    }

    pub(crate) fn call(&self) -> CallOptions {
        let mut call = CallOptions::new();
        if let Some(deadline) = self.deadline {
            call = call.deadline(deadline);
        }
        if let Some(cancel) = &self.cancel {
            call = call.cancel(cancel);
        }
        call
    }
}

/// Creates a request with default options.
///
/// Ownership: request is owned, with himds_request_free(). Blocks: never. Threads: any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if request is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn himds_request_new(request: Option<&mut MaybeUninit<*mut himds_request>>, error: ErrorOut<'_>) -> i32 {
    guard(error, || {
        Slot::new("request", request)?.write(himds_request {
            force_refresh: false,
            claims: None,
            deadline: None,
            cancel: None,
            _counted: Counted::new(),
        });
        Ok(())
    })
}

/// Whether to bypass the client's cache, and the service's own if it can be bypassed (Arc agents
/// from 1.66): 0, the default, or any other number for yes. Calls for metadata, which is not
/// cached, ignore it.
///
/// Ownership: request is used for the call only. Blocks: never. Threads: one at a time for a
/// request.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if request is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn himds_request_set_force_refresh(
    request: Option<&mut himds_request>,
    force_refresh: i32,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        required_mut("request", request)?.force_refresh = force_refresh != 0;
        Ok(())
    })
}

/// The claims challenge that a resource sent with its 401. Neither service accepts the claims
/// themselves: the token is fetched afresh, as with himds_request_set_force_refresh(). NULL or "":
/// none, the default.
///
/// Ownership: claims is copied. Blocks: never. Threads: one at a time for a request.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if request is NULL or claims is not UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn himds_request_set_claims(
    request: Option<&mut himds_request>,
    claims: TextIn<'_>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        required_mut("request", request)?.claims = claims.optional("claims")?.map(str::to_owned);
        Ok(())
    })
}

/// How long a call may take in all, in milliseconds, instead of the client's timeout. A cached
/// token is returned whatever the deadline.
///
/// Ownership: request is used for the call only. Blocks: never. Threads: one at a time for a
/// request.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if request is NULL or deadline_ms is 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_request_set_deadline_ms(
    request: Option<&mut himds_request>,
    deadline_ms: u64,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        let request = required_mut("request", request)?;
        request.deadline = Some(positive_milliseconds("deadline_ms", deadline_ms)?);
        Ok(())
    })
}

/// The handle that ends calls with this request from another thread. NULL: none, the default.
///
/// Ownership: cancel is copied: you may free it at once, but then nobody can cancel any more.
/// Blocks: never. Threads: one at a time for a request.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if request is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn himds_request_set_cancel(
    request: Option<&mut himds_request>,
    cancel: Option<&himds_cancel>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        required_mut("request", request)?.cancel = cancel.map(|cancel| cancel.handle.clone());
        Ok(())
    })
}

/// Frees a request. NULL is allowed.
///
/// Ownership: request was owned by the caller and is gone. Blocks: never. Threads: any; no other
/// call may use it.
#[unsafe(no_mangle)]
pub extern "C" fn himds_request_free(request: Option<Box<himds_request>>) {
    drop(request);
}

pub(crate) fn positive_milliseconds(name: &str, milliseconds: u64) -> Result<Duration, Error> {
    if milliseconds == 0 {
        return Err(Error::new(Kind::InvalidArgument, format!("{name} is 0"))
            .with_hint("Pass at least 1 millisecond, or leave the option alone for its default."));
    }
    Ok(Duration::from_millis(milliseconds))
}
