//! Who may be shown a key: a process that can read its file without us.

/// What the kernel says of the process at the other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It can read the key file anyway; in words, who it is.
    Reader(String),
    /// It cannot.
    Stranger(String),
    /// No process has accepted the connection yet. Who listens proves nothing: a listening socket can be shared.
    NotAccepted,
    /// The connection is not there any more.
    Gone,
    /// The kernel cannot be asked here.
    Unknown,
}

/// The accounts, besides the superuser's, that can read a key file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg(unix)]
pub(crate) struct Readers {
    pub(crate) file_owner: u32,
    /// The owner of its directory, if that is known to be able to read it.
    pub(crate) directory_owner: Option<u32>,
}

#[cfg(unix)]
impl Readers {
    /// In a user namespace every account from outside reads as one number, also the agent's and its files': equal.
    pub(crate) fn include(&self, uid: u32) -> bool {
        uid == 0 || uid == self.file_owner || Some(uid) == self.directory_owner
    }

    /// `uid 0 or uid 998`
    pub(crate) fn describe(&self) -> String {
        let mut uids = vec![0, self.file_owner];
        uids.extend(self.directory_owner);
        uids.dedup();
        uids.iter().map(|uid| format!("uid {uid}")).collect::<Vec<_>>().join(" or ")
    }
}

/// The accounts, besides services and administrators, that can read a key file, as SIDs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg(windows)]
pub(crate) struct Readers {
    pub(crate) owners: Vec<Vec<u8>>,
}

#[cfg(windows)]
impl Readers {
    pub(crate) fn include(&self, sid: &[u8]) -> bool {
        self.owners.iter().any(|owner| owner == sid)
    }

    pub(crate) fn describe(&self) -> String {
        "a service, an administrator or the owner of the key file".to_owned()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn readers() {
        let agents = Readers { file_owner: 998, directory_owner: Some(997) };
        for (uid, expected) in [(0, true), (998, true), (997, true), (996, false), (1000, false)] {
            assert_eq!(agents.include(uid), expected, "{uid}");
        }
        let roots = Readers { file_owner: 0, directory_owner: None };
        assert!(roots.include(0) && !roots.include(1000));
        assert_eq!(agents.describe(), "uid 0 or uid 998 or uid 997");
        assert_eq!(roots.describe(), "uid 0");
        assert_eq!(Readers { file_owner: 998, directory_owner: Some(998) }.describe(), "uid 0 or uid 998");
    }
}
