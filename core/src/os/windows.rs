//! What only Windows can be asked, beside the key file.

use std::time::Duration;

use windows_sys::Win32::System::SystemInformation::GetTickCount64;

/// The time since the machine started. It runs on in sleep and hibernation; its steps are 10 to 16 ms.
#[allow(unsafe_code, reason = "the system's clock has no safe call that runs on in sleep")]
pub(crate) fn time_since_boot() -> Duration {
    // SAFETY: the function takes nothing and cannot fail.
    Duration::from_millis(unsafe { GetTickCount64() })
}
