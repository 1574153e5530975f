//! # Errors
//!
//! Each function that can fail writes an error object to its last parameter.

use std::ffi::c_char;

use himds::Error;

use crate::counted::Counted;
use crate::pointers::LengthOut;
use crate::status::HIMDS_OK;
use crate::text::{CText, return_text};

/// Why a call failed and what to do about it: owned, with himds_error_free(). It does not change,
/// so any number of threads may read it. No part of it ever shows a token or a key. Since ABI 1.
pub struct himds_error {
    status: i32,
    http_status: i32,
    attempts: u32,
    elapsed_ms: u64,
    retry_after_ms: i64,
    os_error: i32,
    kind: CText,
    message: CText,
    hint: Option<CText>,
    server_error: Option<CText>,
    server_error_description: Option<CText>,
    correlation_id: Option<CText>,
    body: Option<CText>,
    file: Option<CText>,
    _counted: Counted,
}

impl himds_error {
    pub(crate) fn new(error: &Error) -> Self {
        himds_error {
            status: error.kind().number(),
            http_status: error.http_status().map_or(0, i32::from),
            attempts: error.attempts(),
            elapsed_ms: milliseconds(error.elapsed()),
            retry_after_ms: error.retry_after().map_or(-1, |wait| milliseconds(wait).try_into().unwrap_or(i64::MAX)),
            os_error: error.os_error().unwrap_or(0),
            kind: CText::new(error.kind().name()),
            message: CText::new(error.message()),
            hint: error.hint().map(CText::new),
            server_error: error.error().map(CText::new),
            server_error_description: error.error_description().map(CText::new),
            correlation_id: error.correlation_id().map(CText::new),
            body: error.body().map(CText::new),
            file: error.file().map(|file| CText::new(&file.to_string_lossy())),
            _counted: Counted::new(),
        }
    }
}

fn milliseconds(duration: std::time::Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}

/// The status that the failed call returned; HIMDS_OK for NULL.
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_status(error: Option<&himds_error>) -> i32 {
    error.map_or(HIMDS_OK, |error| error.status)
}

/// The name of the status, as himds_status_name() returns it.
///
/// Ownership: borrowed from error. length: may be NULL. Given NULL: "" and 0.
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_kind(error: Option<&himds_error>, length: LengthOut<'_>) -> *const c_char {
    return_text(error.map(|error| &error.kind), length)
}

/// What happened: one sentence, without a line break at its end. Log it together with
/// himds_error_hint().
///
/// Ownership: borrowed from error. length: may be NULL. Given NULL: "" and 0.
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_message(error: Option<&himds_error>, length: LengthOut<'_>) -> *const c_char {
    return_text(error.map(|error| &error.message), length)
}

/// What to do about it; "" if nothing is known. It is written for the administrator: show it.
///
/// Ownership: borrowed from error. length: may be NULL. Given NULL: "" and 0.
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_hint(error: Option<&himds_error>, length: LengthOut<'_>) -> *const c_char {
    return_text(error.and_then(|error| error.hint.as_ref()), length)
}

/// The `error` (or `code`) in the service's answer; "" if there is none.
///
/// Ownership: borrowed from error. length: may be NULL. Given NULL: "" and 0.
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_server_error(error: Option<&himds_error>, length: LengthOut<'_>) -> *const c_char {
    return_text(error.and_then(|error| error.server_error.as_ref()), length)
}

/// The `error_description` (or `message`) in the service's answer; "" if there is none.
///
/// Ownership: borrowed from error. length: may be NULL. Given NULL: "" and 0.
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_server_error_description(
    error: Option<&himds_error>,
    length: LengthOut<'_>,
) -> *const c_char {
    return_text(error.and_then(|error| error.server_error_description.as_ref()), length)
}

/// The service's correlation id, to quote in a support request; "" if there is none.
///
/// Ownership: borrowed from error. length: may be NULL. Given NULL: "" and 0.
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_correlation_id(error: Option<&himds_error>, length: LengthOut<'_>) -> *const c_char {
    return_text(error.and_then(|error| error.correlation_id.as_ref()), length)
}

/// The body of the service's last answer, with invalid UTF-8 replaced and secrets redacted; "" if
/// there is none. It may contain a NUL: take its length from `length`.
///
/// Ownership: borrowed from error. length: may be NULL. Given NULL: "" and 0.
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_body(error: Option<&himds_error>, length: LengthOut<'_>) -> *const c_char {
    return_text(error.and_then(|error| error.body.as_ref()), length)
}

/// The file that the error is about, which is the key file or its directory; "" if there is none.
///
/// Ownership: borrowed from error. length: may be NULL. Given NULL: "" and 0.
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_file(error: Option<&himds_error>, length: LengthOut<'_>) -> *const c_char {
    return_text(error.and_then(|error| error.file.as_ref()), length)
}

/// The HTTP status of the service's last answer; 0 if there was none, and for NULL.
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_http_status(error: Option<&himds_error>) -> i32 {
    error.map_or(0, |error| error.http_status)
}

/// How many tries were made; a handshake of two requests is one try. 0 if no request was sent, and
/// for NULL.
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_attempts(error: Option<&himds_error>) -> u32 {
    error.map_or(0, |error| error.attempts)
}

/// How long the call took, in milliseconds; 0 for NULL.
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_elapsed_ms(error: Option<&himds_error>) -> u64 {
    error.map_or(0, |error| error.elapsed_ms)
}

/// How long the service told its clients to wait before the next try, in milliseconds; -1 if it did
/// not say, and for NULL. The number is signed only for this -1.
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_retry_after_ms(error: Option<&himds_error>) -> i64 {
    error.map_or(-1, |error| error.retry_after_ms)
}

/// The operating system's error number that was the cause (`errno`, on Windows GetLastError()),
/// such as EACCES for a key file that this process may not read, or ECONNREFUSED if nothing is
/// listening; 0 if there is none, and for NULL.
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_os_error(error: Option<&himds_error>) -> i32 {
    error.map_or(0, |error| error.os_error)
}

/// Frees an error. NULL is allowed.
///
/// Ownership: error was owned by the caller and is gone. Blocks: never. Threads: any; no other call
/// may use it.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_free(error: Option<Box<himds_error>>) {
    drop(error);
}
