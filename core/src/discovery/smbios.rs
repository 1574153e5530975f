//! Whether the machine's firmware says that it is an Azure virtual machine.
//!
//! The chassis asset tag of every Azure VM is the same text ("MSFT AZURE VM" as decimal codes); Hyper-V machines elsewhere
//! have another one (canonical/cloud-init's Azure source; Microsoft Learn, Update Management). On Linux all users may read
//! it, in containers too.

use std::path::Path;

const AZURE_VM: &str = "7783-7084-3265-9085-8269-3286-77";

/// Whether the chassis asset tag is that of an Azure VM. What cannot be read is not.
#[cfg(target_os = "linux")]
#[allow(clippy::disallowed_methods, reason = "local evidence below the injected root")]
pub(crate) fn is_azure_vm(root: &Path) -> bool {
    let tag = std::fs::read_to_string(root.join("sys/class/dmi/id/chassis_asset_tag"));
    tag.is_ok_and(|tag| tag.trim() == AZURE_VM)
}

/// Whether the chassis asset tag is that of an Azure VM. What cannot be read is not.
#[cfg(windows)]
pub(crate) fn is_azure_vm(_: &Path) -> bool {
    /// The header of the raw data, before the first structure.
    const HEADER: usize = 8;
    crate::os::windows::smbios().get(HEADER..).and_then(chassis_asset_tag).is_some_and(|tag| tag.trim() == AZURE_VM)
}

/// Azure has no other systems.
#[cfg(not(any(target_os = "linux", windows)))]
pub(crate) fn is_azure_vm(_: &Path) -> bool {
    let _ = AZURE_VM;
    false
}

/// The asset tag of the chassis (structure type 3) in an SMBIOS table: structures of a formatted part, whose second byte
/// is its length, and strings, each ended by a NUL and all of them by another (DMTF DSP0134, 6.1 and 7.4).
#[cfg(any(windows, test))]
fn chassis_asset_tag(mut table: &[u8]) -> Option<&str> {
    const CHASSIS: u8 = 3;
    const ASSET_TAG: usize = 8;
    loop {
        let (&kind, &length) = (table.first()?, table.get(1)?);
        let (formatted, strings) = table.split_at_checked(usize::from(length.max(4)))?;
        let end = strings.windows(2).position(|pair| pair == [0, 0])?;
        if kind == CHASSIS {
            let number = usize::from(*formatted.get(ASSET_TAG)?).checked_sub(1)?;
            return std::str::from_utf8(strings[..end].split(|byte| *byte == 0).nth(number)?).ok();
        }
        table = &strings[end + 2..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_asset_tag_in_a_table() {
        let bios = b"\0\x05\0\0\x01Vendor\0\0";
        let chassis = b"\x03\x09\0\0\x01\0\x02\x03\x03Microsoft\x007.0\x007783-7084-3265-9085-8269-3286-77\0\0";
        let table = [&bios[..], chassis].concat();
        assert_eq!(chassis_asset_tag(&table), Some(AZURE_VM));
        for end in 0..table.len() - 1 {
            assert_eq!(chassis_asset_tag(&table[..end]), None, "{end}");
        }
        assert_eq!(chassis_asset_tag(b"\x03\x09\0\0\0\0\0\0\0\0\0"), None, "without the string");
    }

    #[cfg(target_os = "linux")]
    #[test]
    #[allow(clippy::disallowed_methods, reason = "temporary directories are real")]
    fn the_tag_below_a_root() {
        let root = tempfile::tempdir().unwrap();
        assert!(!is_azure_vm(root.path()));
        let folder = root.path().join("sys/class/dmi/id");
        std::fs::create_dir_all(&folder).unwrap();
        for (tag, expected) in
            [(AZURE_VM, true), ("7783-7084-3265-9085-8269-3286-77\n", true), ("", false), ("x", false)]
        {
            std::fs::write(folder.join("chassis_asset_tag"), tag).unwrap();
            assert_eq!(is_azure_vm(root.path()), expected, "{tag:?}");
        }
    }
}
