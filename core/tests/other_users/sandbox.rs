//! Sandboxes in which the kernel does not say who is at the other end.
#![allow(unsafe_code, reason = "filters and mounts have no safe calls")]

use std::ptr;

/// `netlink`: no such sockets, as `RestrictAddressFamilies=` makes it; `proc` too: nor `/proc`.
pub(crate) fn deny(what: &str) {
    for what in what.split(' ') {
        match what {
            "netlink" => deny_netlink(),
            "proc" => hide_proc(),
            other => panic!("{other} cannot be denied"),
        }
    }
}

/// A seccomp filter: `socket(AF_NETLINK, ...)` is EAFNOSUPPORT for this process.
fn deny_netlink() {
    const LOAD: u16 = 0x20;
    const EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    const NUMBER: u32 = 0;
    const FIRST_ARGUMENT: u32 = if cfg!(target_endian = "little") { 16 } else { 20 };
    const ALLOW: u32 = 0x7fff_0000;
    const ERRNO: u32 = 0x0005_0000;
    let step = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    let mut steps = [
        step(LOAD, 0, 0, NUMBER),
        step(EQUAL, 0, 3, libc::SYS_socket as u32),
        step(LOAD, 0, 0, FIRST_ARGUMENT),
        step(EQUAL, 0, 1, libc::AF_NETLINK as u32),
        step(RETURN, 0, 0, ERRNO | libc::EAFNOSUPPORT as u32),
        step(RETURN, 0, 0, ALLOW),
    ];
    let program = libc::sock_fprog { len: steps.len() as u16, filter: steps.as_mut_ptr() };
    // SAFETY: the program lives through the call, which copies it.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        assert_eq!(libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program), 0, "a filter");
        assert_eq!(libc::socket(libc::AF_NETLINK, libc::SOCK_RAW, 4), -1, "the filter works");
    }
}

/// An empty file system over `/proc`, for this process alone.
fn hide_proc() {
    // SAFETY: texts with their NUL.
    unsafe {
        assert_eq!(libc::unshare(libc::CLONE_NEWNS), 0, "mounts of its own");
        let (none, root, proc, kind) = (c"none".as_ptr(), c"/".as_ptr(), c"/proc".as_ptr(), c"tmpfs".as_ptr());
        assert_eq!(libc::mount(none, root, ptr::null(), libc::MS_REC | libc::MS_PRIVATE, ptr::null()), 0);
        assert_eq!(libc::mount(none, proc, kind, 0, ptr::null()), 0, "nothing in /proc");
    }
    assert!(std::fs::read("/proc/self/net/tcp").is_err());
}
