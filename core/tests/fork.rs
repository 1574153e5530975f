//! `fork` while threads are in the middle of a handshake.
#![allow(clippy::disallowed_methods, reason = "a test is the outside world")]
#![cfg(unix)]
#![allow(unsafe_code, reason = "fork itself")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use common::{VAULT, agent, client};
use himds::{Client, TokenRequest};

const STORAGE: &str = "https://storage.azure.com";
const FORKS: usize = 200;

/// The child's work: its exit status says which part failed.
fn child(client: &Client, cached: &str) -> i32 {
    match (
        client.peek("cached"),
        client.token(STORAGE),
        client.token_with(&TokenRequest::new(VAULT).force_refresh(true)),
    ) {
        (Some(token), Ok(_), Ok(_)) if token.secret() == cached => 0,
        (None, ..) => 1,
        (_, Err(_), _) => 2,
        (.., Err(_)) => 3,
        _ => 4,
    }
}

#[test]
fn parent_and_child_go_on() {
    let agent = agent();
    let client = client(&agent);
    let cached = client.token("cached").expect("a token").secret().to_owned();
    let stop = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..3)
        .map(|number| {
            let (client, stop) = (client.clone(), Arc::clone(&stop));
            thread::spawn(move || {
                // The resource that the children want is among them: a fork often meets a flight of it.
                let request = TokenRequest::new([VAULT, STORAGE, STORAGE][number]).force_refresh(number < 2);
                while !stop.load(Ordering::Relaxed) {
                    client.token_with(&request).expect("a token");
                }
            })
        })
        .collect();
    for number in 0..FORKS {
        // SAFETY: the child calls nothing but the client, whose promise this is, and leaves by `_exit`; glibc makes
        // its allocator usable after `fork`. An alarm ends a child that hangs.
        let status = unsafe {
            let process = libc::fork();
            if process == 0 {
                libc::alarm(20);
                libc::_exit(child(&client, &cached));
            }
            assert!(process > 0, "fork");
            let mut status = 0;
            assert_eq!(libc::waitpid(process, &mut status, 0), process);
            status
        };
        assert!(libc::WIFEXITED(status), "child {number} hung: {status:#x}");
        assert_eq!(libc::WEXITSTATUS(status), 0, "child {number}");
    }
    stop.store(true, Ordering::Relaxed);
    threads.into_iter().for_each(|thread| thread.join().expect("the parent's threads went on"));
    client.token_with(&TokenRequest::new(STORAGE).force_refresh(true)).expect("the parent goes on");
}
