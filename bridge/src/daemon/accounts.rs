//! Names of users and groups.

use std::ffi::CString;

use nix::unistd::{Gid, Group, Uid, User, getgrouplist};

/// Where names are looked up.
pub(crate) trait Accounts {
    /// The number of a user.
    fn uid(&self, name: &str) -> Option<u32>;
    /// The number of a group.
    fn gid(&self, name: &str) -> Option<u32>;
}

/// This system's own, which may be a directory in the network: a look-up blocks.
pub(crate) struct System;

impl Accounts for System {
    fn uid(&self, name: &str) -> Option<u32> {
        Some(User::from_name(name).ok()??.uid.as_raw())
    }

    fn gid(&self, name: &str) -> Option<u32> {
        Some(Group::from_name(name).ok()??.gid.as_raw())
    }
}

/// All groups of a user; none if the user has no name.
pub(crate) fn groups_of(uid: u32) -> Vec<u32> {
    let Ok(Some(user)) = User::from_uid(Uid::from_raw(uid)) else { return Vec::new() };
    let Ok(name) = CString::new(user.name) else { return Vec::new() };
    getgrouplist(&name, user.gid).unwrap_or_default().into_iter().map(Gid::as_raw).collect()
}

/// The users in a group, by the group's own list and by what is their first group, as far as the system lists them.
pub(crate) fn members_of(gid: u32) -> Vec<u32> {
    let Ok(Some(group)) = Group::from_gid(Gid::from_raw(gid)) else { return Vec::new() };
    let mut uids: Vec<u32> = group.mem.iter().filter_map(|name| System.uid(name)).collect();
    if let Ok(passwd) = std::fs::read_to_string("/etc/passwd") {
        uids.extend(first_group_is(&passwd, gid));
    }
    uids.sort_unstable();
    uids.dedup();
    uids
}

fn first_group_is(passwd: &str, gid: u32) -> impl Iterator<Item = u32> {
    passwd.lines().filter_map(move |line| {
        let mut fields = line.split(':').skip(2);
        let (uid, group) = (fields.next()?.parse().ok()?, fields.next()?.parse::<u32>().ok()?);
        (group == gid).then_some(uid)
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A few accounts.
    pub(crate) struct Few;

    impl Accounts for Few {
        fn uid(&self, name: &str) -> Option<u32> {
            [("root", 0), ("backup", 34), ("himds", 998), ("nobody", 65534)]
                .iter()
                .find(|it| it.0 == name)
                .map(|it| it.1)
        }

        fn gid(&self, name: &str) -> Option<u32> {
            [("root", 0), ("backup", 34), ("writers", 500)].iter().find(|it| it.0 == name).map(|it| it.1)
        }
    }

    #[test]
    fn members_by_their_first_group() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nbroken\na:x:100:500::/:\nb:x:101:501::/:\n";
        assert_eq!(first_group_is(passwd, 500).collect::<Vec<_>>(), [100]);
        assert!(groups_of(0).contains(&0), "root is in its own group");
    }
}
