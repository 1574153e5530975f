//! What is found of the agent, below a root of the tests' own.
#![allow(clippy::disallowed_methods, reason = "temporary directories are real")]

use std::fs;
use std::os::unix::fs::symlink;

use super::*;
use crate::diagnose::report::Status;
use tempfile::TempDir;

const PROGRAM: &str = "/opt/azcmagent/bin/himds";

fn scene<'a>(root: &'a TempDir, program: bool, in_container: bool, reached: bool) -> Agent<'a> {
    Agent {
        files: Files { root: root.path() },
        source: Source::Himds,
        program: program.then(|| PROGRAM.to_owned()),
        readers: Some(Readers { file_owner: 998, directory_owner: Some(rustix::process::geteuid().as_raw()) }),
        in_container,
        reached,
        has_token: reached,
    }
}

fn put_process(root: &TempDir, comm: &str) {
    let folder = root.path().join("proc/77");
    fs::create_dir_all(folder.join("fd")).unwrap();
    fs::write(folder.join("comm"), comm).unwrap();
    symlink("socket:[4711]", folder.join("fd/3")).unwrap();
}

fn put_listener(root: &TempDir) {
    fs::create_dir_all(root.path().join("proc/net")).unwrap();
    let table = "head\n 0: 0100007F:9D96 00000000:0000 0A 0:0 0:0 0 998 0 4711 1\n";
    fs::write(root.path().join("proc/net/tcp"), table).unwrap();
    fs::create_dir_all(root.path().join("etc")).unwrap();
    fs::write(root.path().join("etc/passwd"), "himds:x:998:998::/:/bin/false\n").unwrap();
}

#[test]
fn installed_and_running() {
    let root = TempDir::new().unwrap();
    assert_eq!(agent(&scene(&root, false, false, false)).status, Status::Failed);
    let stopped = agent(&scene(&root, true, false, false));
    assert_eq!(stopped.status, Status::Failed);
    assert!(stopped.detail.contains("not running") && stopped.fix.contains("systemctl start himdsd"));
    assert_eq!(agent(&scene(&root, true, false, true)).status, Status::Ok, "its process may be hidden");
    assert_eq!(agent(&scene(&root, false, true, false)).status, Status::Warning);
    assert_eq!(agent(&scene(&root, false, true, true)).status, Status::Ok);
    put_process(&root, "himds\n");
    assert!(agent(&scene(&root, true, false, false)).detail.contains("process 77"));
    let on_vm = |has_token| agent(&Agent { source: Source::Imds, has_token, ..scene(&root, false, false, false) });
    assert_eq!((on_vm(true).status, on_vm(false).status), (Status::Ok, Status::Warning));
}

#[test]
fn who_listens() {
    let url: Url = "http://localhost:40342/metadata/identity/oauth2/token".parse().unwrap();
    let root = TempDir::new().unwrap();
    let look = |program, container, reached| port(&url, &scene(&root, program, container, reached), || true);
    assert!(look(true, false, false).detail.ends_with("the agent's service is stopped"));
    assert_eq!(look(false, false, true).status, Status::Ok, "no tables, and something answered");
    put_listener(&root);
    let hidden = look(true, false, true);
    assert_eq!(hidden.status, Status::Ok);
    assert!(hidden.detail.contains("user himds") && hidden.detail.contains("this user cannot see which one"));
    put_process(&root, "himds\n");
    let agents = look(true, false, true);
    assert_eq!(agents.status, Status::Ok);
    assert!(agents.detail.contains("himds (process 77, user himds)"), "{agents:?}");
    fs::write(root.path().join("proc/77/comm"), "nginx\n").unwrap();
    let other = look(true, false, true);
    assert_eq!(other.status, Status::Warning);
    assert!(other.detail.contains("nginx") && other.fix.contains("ps -fp 77"), "{other:?}");
    fs::write(root.path().join("proc/77/comm"), "himds\n").unwrap();
    let url_of = |readers| port(&url, &Agent { readers, ..scene(&root, true, false, true) }, || true);
    for readers in [None, Some(Readers { file_owner: 997, directory_owner: None })] {
        let taken = url_of(readers);
        assert_eq!(taken.status, Status::Warning, "its name proves nothing");
        assert!(taken.detail.contains("user himds") && taken.fix.contains("ss -ltnpe"), "{taken:?}");
    }
    fs::write(root.path().join("proc/net/tcp"), "head\n").unwrap();
    assert!(look(true, true, false).fix.contains("--network host"));
    assert!(look(false, true, false).fix.contains("systemctl status himdsd"));
    assert!(look(false, false, false).fix.contains("azcmagent connect"));
}
