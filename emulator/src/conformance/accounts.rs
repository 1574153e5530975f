//! The accounts of the isolated world: the agent's group, and users in and out of it.

use serde::Deserialize;

/// The user that runs the driver. Each has a group of its own as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum User {
    /// Is not in the agent's group.
    App,
    /// Is in the agent's group.
    Member,
    /// Is in the agent's group by `/etc/group`, but its process was started before.
    Listed,
    /// Is not in `/etc/passwd`.
    Unknown,
    /// Is root in a user namespace, as in a rootless container, and a user outside the agent's group on the machine.
    Rootless,
}

/// The agent's group.
const HIMDS: u32 = 64_000;

/// Lines for `/etc/passwd`.
pub(crate) const PASSWD: &str = "app:x:64001:64001::/:/bin/false\nmember:x:64002:64002::/:/bin/false\n\
    listed:x:64003:64003::/:/bin/false\n";

/// Lines for `/etc/group`; an agent's group that is there already is taken out.
pub(crate) const GROUP: &str = "himds:x:64000:member,listed\napp:x:64001:\nmember:x:64002:\nlisted:x:64003:\n";

impl User {
    /// The command that becomes this user.
    pub(crate) fn becoming(self) -> String {
        let (id, groups) = match self {
            Self::App => (64_001, None),
            Self::Member => (64_002, Some(HIMDS)),
            Self::Listed => (64_003, None),
            Self::Unknown => (64_004, None),
            Self::Rootless => (64_005, None),
        };
        let groups = groups.map_or_else(|| "--clear-groups".to_owned(), |group| format!("--groups={group}"));
        let namespace = if self == Self::Rootless { " unshare --user --map-root-user --" } else { "" };
        format!("setpriv --reuid={id} --regid={id} {groups} --{namespace}")
    }
}
