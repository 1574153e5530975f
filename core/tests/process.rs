//! What a process with the library in it does: no thread, no name resolution, no proxy, nothing left open.
#![allow(clippy::disallowed_methods, reason = "a test is the outside world")]
#![cfg(target_os = "linux")]

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{VAULT, agent};

/// The example `token`, which cargo builds along with all tests of the crate, but not with this one alone: what it was
/// built from must be what is there.
fn example() -> PathBuf {
    let test = std::env::current_exe().expect("this program");
    let program = test.ancestors().nth(2).expect("target/debug").join("examples/token");
    let changed = |path: &Path| std::fs::metadata(path).and_then(|metadata| metadata.modified()).expect("a time");
    let sources = std::fs::read_to_string(program.with_extension("d")).expect("cargo's list of its sources");
    let sources = sources.split_once(": ").expect("sources").1.split_whitespace();
    let newer: Vec<&str> = sources.filter(|source| changed(Path::new(source)) > changed(&program)).collect();
    assert!(newer.is_empty(), "run `cargo build -p himds --examples` first: {newer:?} changed since");
    program
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
        .args(["-f", "-e", "trace=process,network,desc", "-o"])
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
    // Built along with the emulator, tokio has its signals, and with them one pair of sockets that stays.
    assert!(lines("socketpair").len() <= 1, "{trace}");
    // A link is not followed, a FIFO is not waited for, a terminal does not become the process's own, and no child gets it.
    let keys: Vec<&str> = lines("openat").into_iter().filter(|line| line.contains(".key\"")).collect();
    let flags = ["O_RDONLY", "O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC"];
    assert!(keys.len() == 1 && flags.iter().all(|flag| keys[0].contains(flag)), "{keys:?}");
    // The example prints the token while it still has the client.
    let printed = trace.find("write(1, \"Authorization: Bearer").expect("the token is printed");
    assert_eq!(left_open(&trace[..printed]), BTreeSet::from([0, 1, 2]), "a descriptor outlived its call: {trace}");
}

/// The descriptors that are open at the end of a trace of one thread, except pairs of sockets.
fn left_open(trace: &str) -> BTreeSet<u32> {
    let mut open = BTreeSet::from([0, 1, 2]);
    // `PID name(arguments) = result`
    for line in trace.lines() {
        let Some((call, result)) = line.rsplit_once(" = ") else { continue };
        let (name, arguments) = call.split_once('(').unwrap_or((call, ""));
        let name = name.rsplit(' ').next().unwrap_or_default();
        // A failed call has the error's name after its number.
        let Ok(result) = result.trim().parse::<u32>() else { continue };
        match name {
            "close" => {
                let closed: u32 = arguments.trim_end().trim_end_matches(')').parse().expect("a number");
                open.remove(&closed);
            }
            "pipe" | "pipe2" => {
                let pair = arguments.split_once('[').and_then(|(_, rest)| rest.split_once(']')).expect("a pair").0;
                open.extend(pair.split(", ").map(|number| number.parse::<u32>().expect("a number")));
            }
            "open" | "openat" | "openat2" | "socket" | "accept" | "accept4" | "dup" | "dup2" | "dup3" | "eventfd2"
            | "epoll_create1" | "timerfd_create" | "inotify_init1" | "memfd_create" | "signalfd4" => {
                open.insert(result);
            }
            "fcntl" if arguments.contains("F_DUPFD") => {
                open.insert(result);
            }
            _ => {}
        }
    }
    open
}

#[test]
fn what_a_trace_leaves_open() {
    let trace = "7 openat(AT_FDCWD, \"/a = 9\", O_RDONLY) = 3\n7 close(3)   = 0\n7 socket(AF_INET, SOCK_STREAM, 0) = 3\n\
        7 connect(3, {sa_family=AF_INET}, 16) = -1 EINPROGRESS (Operation now in progress)\n\
        7 pipe2([4, 5], O_CLOEXEC) = 0\n7 fcntl(5, F_DUPFD_CLOEXEC, 3) = 6\n7 openat(AT_FDCWD, \"/b\", O_RDONLY) = -1 ENOENT\n\
        7 close(4) = 0\n";
    assert_eq!(left_open(trace), BTreeSet::from([0, 1, 2, 3, 5, 6]));
}
