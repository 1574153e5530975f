//! The agent's token directory: `token_directory`, and `group`, whose members may read the key files in it.

use std::path::Path;

#[cfg(windows)]
pub(super) use windows::token_directory;

#[cfg(unix)]
pub(super) use unix::{group, token_directory};

use super::report::StepResult;

fn missing(directory: &Path, in_container: bool) -> StepResult {
    let fix = match (in_container, cfg!(windows)) {
        (true, _) => format!(
            "Mount the host's directory into the container: `docker run -v {0}:{0}:ro ...`.",
            directory.display()
        ),
        (false, false) => "Is the agent installed and connected (`sudo azcmagent show`)? If its keys are elsewhere, \
                           name that directory in the option token_dir."
            .to_owned(),
        (false, true) => {
            // To a user without the right the directory does not exist.
            "Is the agent connected (`azcmagent show`)? Run as administrator, or join the group that may read the keys \
             (`net localgroup \"Hybrid agent extension applications\" USER /add`), then log in again."
                .to_owned()
        }
    };
    StepResult::failed(format!("{} does not exist", directory.display()), fix)
}

#[cfg(unix)]
mod unix {
    use std::io::ErrorKind;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    use rustix::fs::{Access, access};

    use super::super::files::Files;
    use super::super::report::StepResult;
    use super::missing;
    use crate::os::account::{AGENTS_GROUP, Account, UNMAPPED, name_of};
    use crate::os::cause::words;

    const OTHERS_MAY_WRITE: u32 = 0o002;
    const OWNER_MAY_ENTER: u32 = 0o100;
    const GROUP_MAY_ENTER: u32 = 0o010;

    /// What `stat` says of the directory.
    #[derive(Clone, Copy)]
    pub(super) struct Stat {
        pub(super) uid: u32,
        pub(super) gid: u32,
        pub(super) mode: u32,
    }

    /// `token_directory`
    pub(crate) fn token_directory(
        directory: &Path,
        files: Files<'_>,
        account: &Account,
        in_container: bool,
    ) -> StepResult {
        let shown = directory.display();
        let metadata = match look(directory) {
            Ok(metadata) => metadata,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return missing(directory, in_container);
            }
            Err(error) => {
                let parent = directory.parent().unwrap_or(directory).display();
                return StepResult::failed(
                    format!("{shown} cannot be examined ({}): {}", words(&error), account.describe()),
                    format!("Check the directories above it: `sudo ls -ld {parent} {shown}`."),
                );
            }
        };
        if !metadata.is_dir() {
            return StepResult::failed(
                format!("{shown} is not a directory"),
                format!("Check with `sudo ls -ld {shown}`."),
            );
        }
        let stat = Stat { uid: metadata.uid(), gid: metadata.gid(), mode: metadata.mode() };
        let owner = name_of(&files.text("etc/passwd").unwrap_or_default(), stat.uid);
        let seen = format!(
            "{shown} has mode {:04o}, owner {}, group {}",
            stat.mode & 0o7777,
            owner.unwrap_or_else(|| stat.uid.to_string()),
            account.group_name(stat.gid),
        );
        if stat.mode & OTHERS_MAY_WRITE != 0 {
            return StepResult::failed(
                format!("{seen}: everybody may write to it, so no key in it is trusted"),
                format!("`sudo chmod o-w {shown}`, and find out who changed it."),
            );
        }
        StepResult::ok(seen)
    }

    /// `group`; `None` if nothing tells which group it would be.
    pub(crate) fn group(directory: &Path, account: &Account) -> Option<StepResult> {
        let stat = match look(directory) {
            Ok(metadata) => Some(Stat { uid: metadata.uid(), gid: metadata.gid(), mode: metadata.mode() }),
            Err(_) => None,
        };
        if stat.is_some_and(|stat| account.is_unmapped(stat.gid)) {
            return Some(unmapped(access(directory, Access::EXEC_OK).is_ok(), account));
        }
        membership(stat, account)
    }

    /// One number stands for all groups from outside: only the kernel knows whether this process is in the agent's.
    pub(super) fn unmapped(may_enter: bool, account: &Account) -> StepResult {
        let who = account.describe();
        match may_enter {
            true => StepResult::ok(format!("this process, {who}, is in a user namespace, and may enter the directory")),
            false => StepResult::failed(
                format!("this process, {who}, is in a user namespace that does not map the agent's group"),
                account.how_to_join(UNMAPPED),
            ),
        }
    }

    pub(super) fn membership(stat: Option<Stat>, account: &Account) -> Option<StepResult> {
        let who = account.describe();
        if account.is_root() {
            return Some(StepResult::ok(format!("this process runs as root ({who})")));
        }
        let gid = match stat {
            Some(stat) => stat.gid,
            None => account.gid_of(AGENTS_GROUP)?,
        };
        let group = account.group_name(gid);
        if let Some(stat) = stat.filter(|stat| stat.uid == account.uid) {
            return Some(match stat.mode & OWNER_MAY_ENTER {
                0 => StepResult::failed(
                    format!("this process, {who}, owns the directory but may not enter it"),
                    "`chmod u+x` the directory.",
                ),
                _ => StepResult::ok(format!("this process, {who}, owns the directory")),
            });
        }
        if account.groups.contains(&gid) {
            return Some(match stat {
                Some(stat) if stat.mode & GROUP_MAY_ENTER == 0 => StepResult::failed(
                    format!("this process is in the group {group}, but the directory's mode keeps the group out"),
                    "`sudo chmod g+rx` the directory, or reinstall the agent, which sets it so.",
                ),
                _ => StepResult::ok(format!("this process, {who}, is in the group {group}, which may read the keys")),
            });
        }
        Some(match (account.is_listed_in(gid), gid) {
            (true, _) => StepResult::failed(
                format!(
                    "/etc/group lists this user in {group}, but this process, {who}, was started before and is not in it"
                ),
                account.how_to_join(gid),
            ),
            (false, 0) => StepResult::failed(
                format!("the directory belongs to root alone, and this process runs as {who}"),
                "Run as root, or reinstall the agent, which creates the group himds, whose members may read the keys.",
            ),
            (false, _) => StepResult::failed(
                format!("this process, {who}, is not in the group {group} (gid {gid}), which may read the keys"),
                account.how_to_join(gid),
            ),
        })
    }

    #[allow(clippy::disallowed_methods, reason = "checks the directory that the handshake would open")]
    fn look(directory: &Path) -> std::io::Result<std::fs::Metadata> {
        std::fs::metadata(directory)
    }
}

#[cfg(windows)]
mod windows {
    use std::path::Path;

    use super::super::report::StepResult;
    use super::missing;

    /// `token_directory`
    #[allow(clippy::disallowed_methods, reason = "checks the directory that the handshake would open")]
    pub(crate) fn token_directory(directory: &Path, in_container: bool) -> StepResult {
        let shown = directory.display();
        match std::fs::metadata(directory) {
            Ok(metadata) if metadata.is_dir() => StepResult::ok(format!("{shown} exists")),
            Ok(_) => StepResult::failed(format!("{shown} is not a directory"), "Check the option token_dir."),
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => StepResult::failed(
                format!("this user may not read {shown}"),
                "Run as administrator, or join the group that may read the keys (`net localgroup \"Hybrid agent \
                 extension applications\" USER /add`), then log in again.",
            ),
            Err(_) => missing(directory, in_container),
        }
    }
}

#[cfg(all(test, unix))]
#[path = "token_dir_tests.rs"]
mod tests;
