//! Access lists as they lie in memory. Run on Windows or under Wine (`make test-windows`).

use windows_sys::Win32::Foundation::GENERIC_READ;
use windows_sys::Win32::Security::{
    ACL_REVISION_DS, CreateWellKnownSid, WinBuiltinAdministratorsSid, WinCreatorOwnerSid, WinLocalSystemSid,
};
use windows_sys::Win32::Storage::FileSystem::{FILE_ADD_FILE, FILE_ALL_ACCESS, FILE_GENERIC_READ};

use super::*;

pub(crate) const ALLOWED: u8 = 0;
const DENIED: u8 = 1;
const ALLOWED_COMPOUND: u8 = 4;
const ALLOWED_OBJECT: u8 = 5;
const ALLOWED_CALLBACK: u8 = 9;
const ALLOWED_CALLBACK_OBJECT: u8 = 11;

/// Type, flags, mask and SID of an entry.
pub(crate) type Entry = (u8, u32, u32, WELL_KNOWN_SID_TYPE);

/// An access list in memory, in the words that it consists of.
pub(crate) fn list(entries: &[Entry]) -> Vec<u32> {
    let mut body = Vec::new();
    for &(kind, flags, mask, who) in entries {
        let sid = sid(who);
        let object: &[u32] = match kind {
            // With the second of the two optional GUIDs.
            ALLOWED_OBJECT | ALLOWED_CALLBACK_OBJECT => &[2, 0, 0, 0, 0],
            _ => &[],
        };
        let size = 4 * (2 + object.len() + sid.len()) as u32;
        body.extend([u32::from(kind) | flags << 8 | size << 16, mask]);
        body.extend(object);
        body.extend(sid);
    }
    let size = 4 * (2 + body.len()) as u32;
    [vec![ACL_REVISION_DS | size << 16, entries.len() as u32], body].concat()
}

fn sid(who: WELL_KNOWN_SID_TYPE) -> Vec<u32> {
    let mut words = vec![0_u32; 17];
    let mut size = 4 * words.len() as u32;
    // SAFETY: the buffer has the size that is told, which is the largest that a SID can have.
    assert_ne!(unsafe { CreateWellKnownSid(who, ptr::null_mut(), words.as_mut_ptr().cast(), &mut size) }, 0);
    words.truncate(size as usize / 4);
    words
}

fn writable(entries: &[Entry]) -> bool {
    let list = list(entries);
    // SAFETY: a valid list.
    unsafe { list_lets_write(list.as_ptr().cast()) }
}

#[test]
fn each_right_to_change_something_counts() {
    for right in [
        FILE_WRITE_DATA,
        FILE_ADD_FILE,
        FILE_APPEND_DATA,
        // Enough to make a junction of an empty directory.
        FILE_WRITE_ATTRIBUTES,
        FILE_WRITE_EA,
        FILE_DELETE_CHILD,
        DELETE,
        WRITE_DAC,
        WRITE_OWNER,
        GENERIC_WRITE,
        GENERIC_ALL,
        FILE_ALL_ACCESS,
    ] {
        assert!(writable(&[(ALLOWED, 0, right, WinBuiltinUsersSid)]), "{right:#x}");
        assert!(!writable(&[(DENIED, 0, right, WinBuiltinUsersSid)]), "{right:#x}");
        assert!(!writable(&[(ALLOWED, 0, right, WinLocalSystemSid)]), "{right:#x}");
    }
    assert!(!writable(&[(ALLOWED, 0, FILE_GENERIC_READ | GENERIC_READ, WinWorldSid)]));
    assert!(!writable(&[(ALLOWED, INHERIT_ONLY_ACE, FILE_ALL_ACCESS, WinWorldSid)]), "not for this object");
}

#[test]
fn each_group_that_anybody_may_be_in_counts() {
    for who in [
        WinWorldSid,
        WinAuthenticatedUserSid,
        WinBuiltinUsersSid,
        WinBuiltinGuestsSid,
        WinInteractiveSid,
        WinNetworkSid,
        WinServiceSid,
    ] {
        assert!(writable(&[(ALLOWED, 0, FILE_WRITE_DATA, who)]), "{who}");
    }
    for who in [WinLocalSystemSid, WinBuiltinAdministratorsSid, WinCreatorOwnerSid] {
        assert!(!writable(&[(ALLOWED, 0, FILE_WRITE_DATA, who)]), "{who}");
    }
}

#[test]
fn each_kind_of_entry_that_allows_counts() {
    for entry in [ALLOWED, ALLOWED_OBJECT, ALLOWED_CALLBACK, ALLOWED_CALLBACK_OBJECT] {
        assert!(writable(&[(entry, 0, FILE_WRITE_DATA, WinWorldSid)]), "{entry}");
        assert!(!writable(&[(entry, 0, FILE_GENERIC_READ, WinWorldSid)]), "{entry}");
        assert!(!writable(&[(entry, 0, FILE_WRITE_DATA, WinLocalSystemSid)]), "{entry}");
    }
    assert!(writable(&[(ALLOWED_COMPOUND, 0, FILE_WRITE_DATA, WinLocalSystemSid)]), "nobody knows its layout");
    assert!(writable(&[(200, 0, FILE_WRITE_DATA, WinLocalSystemSid)]), "nobody knows its meaning");
    let readers = (ALLOWED, 0, FILE_GENERIC_READ, WinWorldSid);
    assert!(writable(&[readers, readers, (ALLOWED, 0, FILE_WRITE_DATA, WinWorldSid)]), "the last of several");
    assert!(!writable(&[]), "an empty list allows nothing");
    // SAFETY: no list at all.
    assert!(unsafe { list_lets_write(ptr::null()) }, "no list allows everything");
}
