//! What a process with the library in it does: no thread, no name resolution, no proxy, nothing left open.
#![allow(clippy::disallowed_methods, reason = "a test is the outside world")]
#![cfg(target_os = "linux")]

mod common;

use std::path::PathBuf;
use std::process::Command;

use common::{VAULT, agent};

/// The example `token`, which cargo builds along with the tests.
fn example() -> PathBuf {
    let test = std::env::current_exe().expect("this program");
    test.ancestors().nth(2).expect("target/debug").join("examples/token")
}

#[test]
fn no_thread_no_resolver_no_descriptor() {
    if Command::new("strace").arg("-V").output().is_err() {
        println!("skipped: strace not found (apt-get install strace)");
        return;
    }
    let agent = agent();
    let log = std::env::temp_dir().join(format!("himds-strace-{}", std::process::id()));
    let output = Command::new("strace")
        .args(["-f", "-e", "trace=process,network,openat,epoll_create1,eventfd2", "-o"])
        .arg(&log)
        .arg(example())
        .args([VAULT, &agent.himds_url().replace("127.0.0.1", "localhost")])
        .arg(agent.token_dir())
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("http_proxy", "http://127.0.0.1:1")
        .output()
        .expect("strace runs");
    let trace = std::fs::read_to_string(&log).expect("its log");
    std::fs::remove_file(&log).expect("its log");
    assert!(output.status.success(), "{output:?}");
    let lines = |name: &str| trace.lines().filter(|line| line.contains(&format!(" {name}("))).collect::<Vec<_>>();
    for name in ["clone", "clone3", "fork", "vfork"] {
        assert_eq!(lines(name), Vec::<&str>::new(), "a thread or a process was started");
    }
    let connects = lines("connect");
    assert_eq!(connects.len(), 1, "one connection: {connects:?}");
    assert!(connects[0].contains("127.0.0.1"), "{connects:?}");
    assert!(!trace.contains("resolv.conf") && !trace.contains("/etc/hosts"), "a name was looked up");
    let opened = lines("socket").len() + lines("epoll_create1").len() + lines("eventfd2").len();
    assert!(opened >= 3, "{trace}");
}
