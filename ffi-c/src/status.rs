//! # Statuses, and the library's version
//!
//! What a function returns, and whether another call is worth it. The library has already repeated
//! a request that was worth it, up to 5 times in all (himds_options_set_max_attempts()), so wait
//! before you call again: himds_error_retry_after_ms() if it is not -1, otherwise a pause that
//! starts at 1 s and doubles up to 60 s, with some randomness if many machines run your program.
//!
//!   status                     worth a retry
//!   HIMDS_TIMEOUT              yes, or give the call more time
//!   HIMDS_TRANSPORT            yes
//!   HIMDS_THROTTLED            yes, after the wait above
//!   HIMDS_SERVICE              if himds_error_http_status() is 408, 500, 502, 503 or 504, or from
//!                              IMDS 410, or 404 for a token; otherwise the answer stays the same
//!   HIMDS_UNAVAILABLE          yes while the machine starts or the agent restarts; if it persists,
//!                              this machine has no managed identity
//!   HIMDS_KEY_REFUSED          yes, once: the agent may have replaced its key
//!   HIMDS_KEY_FILE_UNREADABLE  once, if himds_error_os_error() is ENOENT (the agent may have
//!                              replaced its key); otherwise an administrator must act, as the
//!                              hint says
//!   HIMDS_IDENTITY_NOT_FOUND   after minutes, if the identity was assigned just now
//!   HIMDS_BUFFER_TOO_SMALL     at once, with a larger buffer
//!   all others                 no: the call, the configuration or the machine must change first

use std::ffi::c_char;

/// The generation of the interface that this header describes; compare with himds_abi_version().
pub const HIMDS_ABI_VERSION: u32 = 1;

/// Success.
pub const HIMDS_OK: i32 = 0;
/// An argument is not usable: NULL, not UTF-8, empty or too long, with control characters, or out
/// of range.
pub const HIMDS_INVALID_ARGUMENT: i32 = 1;
/// An option or the environment names a malformed or forbidden endpoint, or options contradict each
/// other.
pub const HIMDS_CONFIGURATION: i32 = 2;
/// The caller's buffer is too small; the size needed was written.
pub const HIMDS_BUFFER_TOO_SMALL: i32 = 3;
/// A JSON pointer leads nowhere.
pub const HIMDS_NOT_FOUND: i32 = 4;
/// The object was closed before the call. C has no such state; libraries for other languages use
/// the number.
pub const HIMDS_CLOSED: i32 = 5;
/// There is no managed-identity endpoint here, or nothing is listening there.
pub const HIMDS_UNAVAILABLE: i32 = 100;
/// The deadline passed without an answer.
pub const HIMDS_TIMEOUT: i32 = 101;
/// The call was cancelled through its cancel handle.
pub const HIMDS_CANCELLED: i32 = 102;
/// The connection broke before the answer was complete, or the answer was too large.
pub const HIMDS_TRANSPORT: i32 = 103;
/// HIMDS sent no challenge, a malformed or an ambiguous one, or a token without asking for the key.
pub const HIMDS_CHALLENGE_INVALID: i32 = 110;
/// The key file breaks a rule on its path, type, size, mode or content.
pub const HIMDS_KEY_FILE_REJECTED: i32 = 111;
/// The key file or its directory is missing, or this process may not read it.
pub const HIMDS_KEY_FILE_UNREADABLE: i32 = 112;
/// The agent answered 401 again after it received the key.
pub const HIMDS_KEY_REFUSED: i32 = 113;
/// Any other HTTP error.
pub const HIMDS_SERVICE: i32 = 200;
/// The requested identity is not assigned to this machine.
pub const HIMDS_IDENTITY_NOT_FOUND: i32 = 201;
/// The answer does not confirm the requested identity.
pub const HIMDS_IDENTITY_MISMATCH: i32 = 202;
/// The service still answered 429 to the last try.
pub const HIMDS_THROTTLED: i32 = 203;
/// A complete answer with a 2xx status that is not usable.
pub const HIMDS_RESPONSE_INVALID: i32 = 204;
/// Another cloud's metadata service answers at this address.
pub const HIMDS_NOT_AZURE: i32 = 205;
/// A bug in this library, caught; the process goes on.
pub const HIMDS_INTERNAL: i32 = 900;

/// The version of the library, such as "0.1.0".
///
/// Ownership: static. Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// The generation of the library's interface. Within one generation functions are only ever added,
/// so a program that was built with this header runs with every library that returns the same
/// number as HIMDS_ABI_VERSION. Only programs that load the library at run time need to compare:
/// for others the linker does, by the name `libhimds.so.1`.
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_abi_version() -> u32 {
    HIMDS_ABI_VERSION
}

/// The name of a status in snake case: "ok" for 0, "key_file_unreadable" for 112; "unknown" for a
/// number that this version of the library does not know.
///
/// Ownership: static. Blocks: never. Threads: any. See also: himds_error_kind().
#[unsafe(no_mangle)]
pub extern "C" fn himds_status_name(status: i32) -> *const c_char {
    let name = match status {
        HIMDS_OK => c"ok",
        HIMDS_INVALID_ARGUMENT => c"invalid_argument",
        HIMDS_CONFIGURATION => c"configuration",
        HIMDS_BUFFER_TOO_SMALL => c"buffer_too_small",
        HIMDS_NOT_FOUND => c"not_found",
        HIMDS_CLOSED => c"closed",
        HIMDS_UNAVAILABLE => c"unavailable",
        HIMDS_TIMEOUT => c"timeout",
        HIMDS_CANCELLED => c"cancelled",
        HIMDS_TRANSPORT => c"transport",
        HIMDS_CHALLENGE_INVALID => c"challenge_invalid",
        HIMDS_KEY_FILE_REJECTED => c"key_file_rejected",
        HIMDS_KEY_FILE_UNREADABLE => c"key_file_unreadable",
        HIMDS_KEY_REFUSED => c"key_refused",
        HIMDS_SERVICE => c"service",
        HIMDS_IDENTITY_NOT_FOUND => c"identity_not_found",
        HIMDS_IDENTITY_MISMATCH => c"identity_mismatch",
        HIMDS_THROTTLED => c"throttled",
        HIMDS_RESPONSE_INVALID => c"response_invalid",
        HIMDS_NOT_AZURE => c"not_azure",
        HIMDS_INTERNAL => c"internal",
        _ => c"unknown",
    };
    name.as_ptr()
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use himds::Kind;

    use super::*;

    /// This file repeats the numbers and names for the header; the core's are the contract.
    #[test]
    fn agrees_with_the_core() {
        let named: Vec<i32> = (0..1000).filter(|&status| himds_status_name(status) != himds_status_name(-1)).collect();
        let kinds: Vec<i32> = [0].into_iter().chain(Kind::ALL.iter().map(|kind| kind.number())).collect();
        assert_eq!(named, kinds);
        for kind in Kind::ALL {
            // SAFETY: every name is a static C string.
            let name = unsafe { CStr::from_ptr(himds_status_name(kind.number())) };
            assert_eq!(name.to_str(), Ok(kind.name()));
        }
    }
}
