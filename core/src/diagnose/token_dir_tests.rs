#![allow(clippy::disallowed_methods, reason = "temporary directories are real")]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::super::files::Files;
use super::super::report::Status;
use super::unix::{Stat, group, membership, token_directory, unmapped};
use crate::os::account::{Account, Place, UNMAPPED};
use tempfile::TempDir;

fn account(uid: u32, groups: &[u32], group_file: &str) -> Account {
    Account {
        uid,
        user: Some("app".to_owned()),
        groups: groups.to_vec(),
        group_file: group_file.to_owned(),
        place: Place::Host,
    }
}

#[test]
fn the_directory() {
    let root = TempDir::new().unwrap();
    let files = Files { root: root.path() };
    let app = account(1000, &[1000], "");
    let directory = root.path().join("tokens");
    let look = |container| token_directory(&directory, files, &app, container);
    assert!(look(false).detail.ends_with("does not exist") && look(false).fix.contains("azcmagent show"));
    assert!(look(true).fix.contains("docker run -v"));
    fs::write(&directory, "").unwrap();
    assert!(look(false).detail.ends_with("is not a directory"));
    fs::remove_file(&directory).unwrap();
    fs::create_dir(&directory).unwrap();
    for (mode, status) in [(0o750, Status::Ok), (0o2770, Status::Ok), (0o757, Status::Failed), (0o1777, Status::Failed)]
    {
        fs::set_permissions(&directory, fs::Permissions::from_mode(mode)).unwrap();
        let found = look(false);
        assert_eq!(found.status, status, "{found:?}");
        assert!(found.detail.contains(&format!("mode {mode:04o}, owner ")), "{found:?}");
        assert_eq!(found.fix.contains("chmod o-w"), status == Status::Failed);
    }
}

#[test]
fn who_may_read_the_keys() {
    const NAMES: &str = "app:x:1000:\nhimds:x:998:\n";
    const LISTED: &str = "app:x:1000:\nhimds:x:998:other,app\n";
    let tokens = Some(Stat { uid: 0, gid: 998, mode: 0o40750 });
    let closed = Some(Stat { uid: 0, gid: 998, mode: 0o40700 });
    let roots = Some(Stat { uid: 0, gid: 0, mode: 0o40700 });
    let own = Some(Stat { uid: 1000, gid: 998, mode: 0o40700 });
    let table = [
        (tokens, account(0, &[0], NAMES), Status::Ok, "root", ""),
        (tokens, account(1000, &[1000, 998], NAMES), Status::Ok, "group himds", ""),
        (
            tokens,
            account(1000, &[1000], NAMES),
            Status::Failed,
            "not in the group himds (gid 998)",
            "usermod -aG himds app",
        ),
        (tokens, account(1000, &[1000], LISTED), Status::Failed, "/etc/group lists", "log in again"),
        (closed, account(1000, &[1000, 998], NAMES), Status::Failed, "keeps the group out", "chmod g+rx"),
        (roots, account(1000, &[1000], NAMES), Status::Failed, "root alone", "Run as root"),
        (own, account(1000, &[1000], NAMES), Status::Ok, "owns", ""),
        (None, account(1000, &[1000], LISTED), Status::Failed, "/etc/group lists", "log in again"),
        (None, account(1000, &[1000, 998], LISTED), Status::Ok, "group himds", ""),
    ];
    for (stat, account, status, detail, fix) in table {
        let found = membership(stat, &account).unwrap();
        assert_eq!(found.status, status, "{found:?}");
        assert!(found.detail.contains(detail), "{found:?}");
        assert_eq!(found.fix.is_empty(), fix.is_empty());
        assert!(found.fix.contains(fix), "{found:?}");
    }
    assert!(membership(None, &account(1000, &[1000], "app:x:1000:\n")).is_none());
}

/// In a namespace without a map this process and the agent seem to be one account.
#[test]
fn only_the_kernel_knows_who_an_unmapped_account_is() {
    let nobody = Account { place: Place::UserNamespace, ..account(UNMAPPED, &[UNMAPPED], "nogroup:x:65534:\n") };
    assert_eq!(unmapped(true, &nobody).status, Status::Ok);
    let refused = unmapped(false, &nobody);
    assert!(refused.status == Status::Failed && refused.fix.contains("keep-groups"), "{refused:?}");

    let directory = TempDir::new().unwrap();
    if rustix::fs::chown(directory.path(), None, Some(rustix::fs::Gid::from_raw(UNMAPPED))).is_err() {
        println!("skipped: the right to give a directory away not found");
        return;
    }
    assert_eq!(group(directory.path(), &nobody).unwrap().status, Status::Ok, "this process may enter it");
}
