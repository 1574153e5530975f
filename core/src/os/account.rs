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
    pub(crate) place: Place,
}

/// What kind of place this process lives in, as far as accounts are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Host,
    /// Its accounts are not the host's.
    Container,
    /// Neither are its numbers: a rootless container.
    UserNamespace,
}

/// The group that the agent creates.
pub(crate) const AGENTS_GROUP: &str = "himds";
/// What a user namespace shows for an id that it does not map.
pub(crate) const UNMAPPED: u32 = 65534;

impl Place {
    #[allow(clippy::disallowed_methods, reason = "local evidence below the injected root")]
    fn current(root: &Path) -> Self {
        // The first namespace maps every id onto itself; one without a map none.
        let map = std::fs::read_to_string(root.join("proc/self/uid_map"));
        if map.is_ok_and(|map| map.split_whitespace().nth(2) != Some("4294967295")) {
            return Place::UserNamespace;
        }
        match [".dockerenv", "run/.containerenv"].iter().any(|file| root.join(file).exists()) {
            true => Place::Container,
            false => Place::Host,
        }
    }
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
            place: Place::current(root),
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

    /// The number of a group in the group file.
    pub(crate) fn gid_of(&self, name: &str) -> Option<u32> {
        let line = self.group_file.lines().find(|line| line.split(':').next() == Some(name))?;
        line.split(':').nth(2)?.parse().ok()
    }

    /// Whether the group file lists this process's user as a member: true after `usermod -aG`, before the next login.
    pub(crate) fn is_listed_in(&self, gid: u32) -> bool {
        let Some(user) = &self.user else { return false };
        let line = line_of(&self.group_file, gid).unwrap_or_default();
        line.split(':').nth(3).is_some_and(|members| members.split(',').any(|member| member == user))
    }

    /// Whether this process is root of the machine, and not of a user namespace alone.
    pub(crate) fn is_root(&self) -> bool {
        self.uid == 0 && self.place != Place::UserNamespace
    }

    /// Whether a number stands for accounts that the user namespace does not map.
    pub(crate) fn is_unmapped(&self, id: u32) -> bool {
        self.place == Place::UserNamespace && id == UNMAPPED
    }

    /// What to do so that this process is in that group: what works for this account, in this place.
    pub(crate) fn how_to_join(&self, gid: u32) -> String {
        let group = self.group_name(gid);
        match (&self.place, &self.user) {
            (Place::UserNamespace, _) => "This is a user namespace, in which root has no special rights and the agent's group is not mapped. Start the container (podman: `--group-add keep-groups`) as a user of the host that is in \
                 the group himds there."
                .to_owned(),
            // A group that the image knows can be joined in it, as on a host.
            (Place::Container, _) if name_of(&self.group_file, gid).is_none() => format!(
                "This is a container: start it with `--group-add {gid}` (docker, podman); in Kubernetes \
                 `supplementalGroups: [{gid}]`."
            ),
            (_, Some(user)) if self.is_listed_in(gid) => format!(
                "{user} is a member of {group} in /etc/group, but this process was started before: log in again or \
                 restart the service."
            ),
            (_, Some(user)) => {
                format!(
                    "Run `sudo usermod -aG {group} {user}`, then log in again or restart the service. In a systemd unit, \
                     `SupplementaryGroups={group}` is enough."
                )
            }
            (_, None) => format!(
                "uid {} is not in /etc/passwd, so it cannot be added to a group there: give the group to the process, in a \
                 systemd unit with `SupplementaryGroups={group}`, otherwise with `setpriv --groups {gid}`, or run it as an \
                 account of this machine.",
                self.uid
            ),
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
        Some(gid) if account.is_unmapped(gid) => format!("{this}. {}", account.how_to_join(gid)),
        Some(gid) if !account.groups.contains(&gid) && gid != 0 => format!(
            "{this}; the agent's keys are readable by the group {} (gid {gid}). {}",
            account.group_name(gid),
            account.how_to_join(gid),
        ),
        _ => {
            let folder = path.parent().unwrap_or(path).display();
            let how = match account.gid_of(AGENTS_GROUP) {
                Some(gid) if !account.groups.contains(&gid) => account.how_to_join(gid),
                _ => "Run as root, or as a member of that group.".to_owned(),
            };
            format!(
                "{this}; the agent's keys are readable by root and, as a rule, by the group {AGENTS_GROUP}. Check with \
                 `sudo ls -la {folder}`. {how}"
            )
        }
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

    fn account(place: Place, user: Option<&str>, group_file: &str) -> Account {
        let (user, group_file) = (user.map(str::to_owned), group_file.to_owned());
        Account { uid: 1000, user, groups: vec![1000], group_file, place }
    }

    #[test]
    fn names_and_membership() {
        let listed = account(Place::Host, Some("app"), "app:x:1000:\nhimds:x:998:other,app\n");
        assert_eq!(listed.describe(), "uid 1000 (app) with groups app");
        assert!(listed.is_listed_in(998));
        let stranger = account(Place::Host, Some("app"), "app:x:1000:\nhimds:x:998:apple\n");
        assert!(!stranger.is_listed_in(998));
        assert_eq!((stranger.group_name(5), stranger.gid_of("himds")), ("5".to_owned(), Some(998)));
    }

    #[test]
    fn advice_works_for_the_account_and_the_place() {
        const GROUPS: &str = "himds:x:998:other\n";
        let table = [
            (Place::Host, Some("app"), "himds:x:998:app\n", "log in again", "usermod"),
            (Place::Host, Some("app"), GROUPS, "usermod -aG himds app", "group-add"),
            (Place::Host, None, GROUPS, "SupplementaryGroups=himds", "usermod"),
            (Place::Container, Some("app"), "", "--group-add 998", "usermod"),
            (Place::Container, Some("app"), GROUPS, "usermod -aG himds app", "group-add"),
            (Place::Container, None, "", "--group-add 998", "usermod"),
            (Place::UserNamespace, Some("root"), "nogroup:x:65534:\n", "keep-groups", "nogroup"),
        ];
        for (place, user, groups, works, does_not) in table {
            let advice = account(place, user, groups).how_to_join(998);
            assert!(advice.contains(works) && !advice.contains(does_not), "{place:?} {user:?}: {advice}");
        }
    }

    #[test]
    fn the_place() {
        let root = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            std::fs::create_dir_all(root.path().join(path).parent().unwrap()).unwrap();
            std::fs::write(root.path().join(path), text).unwrap();
        };
        assert_eq!(Place::current(root.path()), Place::Host);
        put("proc/self/uid_map", "         0          0 4294967295\n");
        assert_eq!(Place::current(root.path()), Place::Host);
        put("run/.containerenv", "");
        assert_eq!(Place::current(root.path()), Place::Container);
        for map in ["         0       1000          1\n         1     100000      65536\n", ""] {
            put("proc/self/uid_map", map);
            assert_eq!(Place::current(root.path()), Place::UserNamespace, "{map:?}");
        }
    }
}
