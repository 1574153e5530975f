//! Whether this program has rights that the user who started it does not have. Then the environment, which that user
//! chose, must not say where a key goes.

/// Whether the kernel said so when the program was started (`AT_SECURE`): set-user-id, set-group-id, file capabilities,
/// or a security module that wants it.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[allow(unsafe_code, reason = "no safe crate asks the C library for this value")]
pub(crate) fn is_privileged() -> bool {
    // SAFETY: the function takes any number, and reads what the kernel gave this process.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// Whether the program is set-user-id or set-group-id, and still shows it.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
pub(crate) fn is_privileged() -> bool {
    use rustix::process::{getegid, geteuid, getgid, getuid};

    getuid() != geteuid() || getgid() != getegid()
}

/// Windows has no such programs.
#[cfg(windows)]
pub(crate) fn is_privileged() -> bool {
    false
}
