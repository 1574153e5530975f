//! The account of this process and the group that it would need, in words. For hints and findings only, never for a decision.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::process::{getegid, geteuid, getgroups};

/// The account of this process, and names from the passwd and group files below a root. Accounts that come from
/// elsewhere (LDAP) are shown by number.
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) user: Option<String>,
    /// The groups of this process, the effective one first.
    pub(crate) groups: Vec<u32>,
    pub(crate) group_file: String,
}

impl Account {
    #[allow(clippy::disallowed_methods, reason = "two world-readable files, below the injected root")]
    pub(crate) fn current(root: &Path) -> Self {
        let uid = geteuid().as_raw();
        let passwd = std::fs::read_to_string(root.join("etc/passwd")).unwrap_or_default();
        let mut groups = vec![getegid().as_raw()];
        for group in getgroups().unwrap_or_default() {
            if !groups.contains(&group.as_raw()) {
                groups.push(group.as_raw());
            }
        }
        Account {
            uid,
            user: name_of(&passwd, uid),
            groups,
            group_file: std::fs::read_to_string(root.join("etc/group")).unwrap_or_default(),
        }
    }

    /// `uid 1000 (app) with groups app, adm`
    pub(crate) fn describe(&self) -> String {
        let groups: Vec<_> = self.groups.iter().map(|gid| self.group_name(*gid)).collect();
        let user = self.user.as_ref().map_or_else(String::new, |user| format!(" ({user})"));
        format!("uid {}{user} with groups {}", self.uid, groups.join(", "))
    }

    /// The group's name, or its number if it does not have one.
    pub(crate) fn group_name(&self, gid: u32) -> String {
        name_of(&self.group_file, gid).unwrap_or_else(|| gid.to_string())
    }

    /// Whether the group file lists this process's user as a member: true after `usermod -aG`, before the next login.
    pub(crate) fn is_listed_in(&self, gid: u32) -> bool {
        let Some(user) = &self.user else { return false };
        let line = line_of(&self.group_file, gid).unwrap_or_default();
        line.split(':').nth(3).is_some_and(|members| members.split(',').any(|member| member == user))
    }

    /// What to do so that this process is in that group.
    pub(crate) fn how_to_join(&self, gid: u32) -> String {
        let group = self.group_name(gid);
        let user = self.user.clone().unwrap_or_else(|| format!("\\#{}", self.uid));
        if self.is_listed_in(gid) {
            format!(
                "{user} is a member of {group} in /etc/group, but this process was started before: log in again or \
                 restart the service."
            )
        } else {
            format!("Run `sudo usermod -aG {group} {user}`, then log in again or restart the service.")
        }
    }
}

/// The hint for a key file or directory that may not be opened.
#[allow(clippy::disallowed_methods, reason = "reads the group of the path that was refused")]
pub(crate) fn group_hint(path: &Path, directory_group: Option<u32>, root: &Path) -> String {
    let account = Account::current(root);
    let this = format!("This process runs as {}", account.describe());
    // The file's own group if it can be seen, otherwise that of the nearest directory that can.
    let group = std::fs::metadata(path).ok().map(|metadata| metadata.gid()).or(directory_group);
    match group {
        Some(gid) if !account.groups.contains(&gid) && gid != 0 => format!(
            "{this}; the agent's keys are readable by the group {} (gid {gid}). {}",
            account.group_name(gid),
            account.how_to_join(gid),
        ),
        _ => format!(
            "{this}; the agent's keys are readable by root and, as a rule, by the group himds. Check with \
             `sudo ls -la {}`, add this user with `sudo usermod -aG himds {}`, then log in again or restart the service.",
            path.parent().unwrap_or(path).display(),
            account.user.as_deref().unwrap_or("USER"),
        ),
    }
}

/// The line of a passwd or group file whose third field is this id.
fn line_of(file: &str, id: u32) -> Option<&str> {
    file.lines().find(|line| line.split(':').nth(2).and_then(|field| field.parse().ok()) == Some(id))
}

pub(crate) fn name_of(file: &str, id: u32) -> Option<String> {
    line_of(file, id)?.split(':').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(group_file: &str) -> Account {
        Account { uid: 1000, user: Some("app".to_owned()), groups: vec![1000], group_file: group_file.to_owned() }
    }

    #[test]
    fn names_and_membership() {
        let listed = account("app:x:1000:\nhimds:x:998:other,app\n");
        assert_eq!(listed.describe(), "uid 1000 (app) with groups app");
        assert!(listed.is_listed_in(998));
        assert!(listed.how_to_join(998).contains("log in again"));
        let stranger = account("app:x:1000:\nhimds:x:998:apple\n");
        assert!(!stranger.is_listed_in(998));
        assert!(stranger.how_to_join(998).contains("usermod -aG himds app"));
        assert_eq!(stranger.group_name(5), "5");
    }
}
