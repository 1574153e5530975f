//! Status numbers, their names, and the library's version.

use std::ffi::c_char;

/// The generation of the interface that this header describes; compare with `himds_abi_version()`.
pub const HIMDS_ABI_VERSION: u32 = 1;

/// Done.
pub const HIMDS_OK: i32 = 0;
/// An argument is unusable: NULL, not UTF-8, empty or over-long, with control characters, out of range.
pub const HIMDS_INVALID_ARGUMENT: i32 = 1;
/// An option or the environment names a bad or forbidden endpoint, or options contradict each other.
pub const HIMDS_CONFIGURATION: i32 = 2;
/// The caller's buffer is too small; the size needed was written.
pub const HIMDS_BUFFER_TOO_SMALL: i32 = 3;
/// A JSON pointer that leads nowhere.
pub const HIMDS_NOT_FOUND: i32 = 4;
/// Used after it was closed. C has no such state: other languages' libraries use the number.
pub const HIMDS_CLOSED: i32 = 5;
/// There is no managed-identity endpoint here, or nobody listens on it.
pub const HIMDS_UNAVAILABLE: i32 = 100;
/// The deadline passed without an answer.
pub const HIMDS_TIMEOUT: i32 = 101;
/// The call was cancelled through its cancel handle.
pub const HIMDS_CANCELLED: i32 = 102;
/// The connection broke before the answer was complete, or the answer was over the bounds.
pub const HIMDS_TRANSPORT: i32 = 103;
/// HIMDS sent no challenge, a malformed or an ambiguous one, or a token without any.
pub const HIMDS_CHALLENGE_INVALID: i32 = 110;
/// The key file breaks a rule on its path, type, size, mode or content.
pub const HIMDS_KEY_FILE_REJECTED: i32 = 111;
/// The key file or its directory is missing, or this process may not read it.
pub const HIMDS_KEY_FILE_UNREADABLE: i32 = 112;
/// The agent answered 401 again after it was sent the key.
pub const HIMDS_KEY_REFUSED: i32 = 113;
/// Any other HTTP error.
pub const HIMDS_SERVICE: i32 = 200;
/// The identity asked for is not assigned to this machine.
pub const HIMDS_IDENTITY_NOT_FOUND: i32 = 201;
/// The answer does not confirm the identity asked for.
pub const HIMDS_IDENTITY_MISMATCH: i32 = 202;
/// The service answered 429 to the end.
pub const HIMDS_THROTTLED: i32 = 203;
/// A complete answer of status 2xx that cannot be used.
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

/// The generation of the library's interface. Functions are only ever added within one, so a program that was built
/// with this header runs with every library that returns the same number as HIMDS_ABI_VERSION. For programs that load
/// the library at run time: the linker sees to it by the name `libhimds.so.1`.
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_abi_version() -> u32 {
    HIMDS_ABI_VERSION
}

/// The name of a status in snake case: "ok" for 0, "key_file_unreadable" for 112; "unknown" for a number that this
/// version of the library does not know.
///
/// Ownership: static. Blocks: never. Threads: any.
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

    /// The numbers and names are written out again here, for the header; the core's are the contract.
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
