//! The error object.

use std::ffi::c_char;

use himds::Error;

use crate::status::HIMDS_OK;
use crate::testing::Counted;
use crate::text::{CText, LengthOut, give};

/// Why a call failed and what to do about it: owned, with himds_error_free(). It does not change, so any number of
/// threads may read it. No part of it ever shows a token or a key.
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

/// The status's name, as himds_status_name() has it.
///
/// Ownership: borrowed from error. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_kind(error: Option<&himds_error>, length: LengthOut<'_>) -> *const c_char {
    give(error.map(|error| &error.kind), length)
}

/// What happened: one sentence, without a line break at its end.
///
/// Ownership: borrowed from error. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_message(error: Option<&himds_error>, length: LengthOut<'_>) -> *const c_char {
    give(error.map(|error| &error.message), length)
}

/// What to do about it; "" where nothing is known. Show it to the administrator: it is written for that.
///
/// Ownership: borrowed from error. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_hint(error: Option<&himds_error>, length: LengthOut<'_>) -> *const c_char {
    give(error.and_then(|error| error.hint.as_ref()), length)
}

/// The `error` (or `code`) of the service's answer; "" where there is none.
///
/// Ownership: borrowed from error. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_server_error(error: Option<&himds_error>, length: LengthOut<'_>) -> *const c_char {
    give(error.and_then(|error| error.server_error.as_ref()), length)
}

/// The `error_description` (or `message`) of the service's answer; "" where there is none.
///
/// Ownership: borrowed from error. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_server_error_description(
    error: Option<&himds_error>,
    length: LengthOut<'_>,
) -> *const c_char {
    give(error.and_then(|error| error.server_error_description.as_ref()), length)
}

/// The service's correlation id, to quote in a support request; "" where there is none.
///
/// Ownership: borrowed from error. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_correlation_id(error: Option<&himds_error>, length: LengthOut<'_>) -> *const c_char {
    give(error.and_then(|error| error.correlation_id.as_ref()), length)
}

/// The body of the service's last answer, invalid UTF-8 replaced and secrets redacted; "" where there is none. It may
/// hold a NUL of its own: `length` tells.
///
/// Ownership: borrowed from error. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_body(error: Option<&himds_error>, length: LengthOut<'_>) -> *const c_char {
    give(error.and_then(|error| error.body.as_ref()), length)
}

/// The file that the error is about: the key file or its directory; "" where there is none.
///
/// Ownership: borrowed from error. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_file(error: Option<&himds_error>, length: LengthOut<'_>) -> *const c_char {
    give(error.and_then(|error| error.file.as_ref()), length)
}

/// The HTTP status of the service's last answer; 0 where there was none, or for NULL.
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_http_status(error: Option<&himds_error>) -> i32 {
    error.map_or(0, |error| error.http_status)
}

/// How many tries were made, a handshake of two requests being one; 0 where no request was sent, or for NULL.
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_attempts(error: Option<&himds_error>) -> u32 {
    error.map_or(0, |error| error.attempts)
}

/// The milliseconds that the call took; 0 for NULL.
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_elapsed_ms(error: Option<&himds_error>) -> u64 {
    error.map_or(0, |error| error.elapsed_ms)
}

/// The milliseconds that the service asked to wait before the next try; -1 where it did not say, or for NULL.
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_retry_after_ms(error: Option<&himds_error>) -> i64 {
    error.map_or(-1, |error| error.retry_after_ms)
}

/// The operating system's error number (`errno`, or GetLastError() on Windows) that was the cause, such as EACCES for
/// a key file that this process may not read, or ECONNREFUSED where nobody listens; 0 where there is none, or for NULL.
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_os_error(error: Option<&himds_error>) -> i32 {
    error.map_or(0, |error| error.os_error)
}

/// Frees an error. NULL is fine.
///
/// Ownership: error was owned by the caller and is gone. Blocks: never. Threads: any; no other call may use it.
#[unsafe(no_mangle)]
pub extern "C" fn himds_error_free(error: Option<Box<himds_error>>) {
    drop(error);
}
