//! A program that has closed its standard descriptors, while another thread prints: what it prints must not go into a
//! request.
#![allow(unsafe_code, reason = "descriptors by their numbers")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use himds::{Client, Source, TokenRequest};

use crate::people::{MEMBER, Scene};
use crate::relays::agent_of;
use crate::roles::RESOURCE;

const CALLS: usize = 200;

#[test]
fn no_connection_is_a_standard_descriptor() {
    let Some(scene) = Scene::new() else { return };
    let real = agent_of(&scene);
    let endpoint = format!("http://{}", real.address);
    let variables = [("ENDPOINT", &*endpoint), ("TOKEN_DIR", &*real.token_dir)];
    assert_eq!(scene.run(MEMBER, "closed", &variables).says("result"), format!("{CALLS} tokens"));
}

/// The role.
pub(crate) fn closed() {
    let variable = |name: &str| std::env::var(name).expect("the test sets it");
    let client = Client::builder().source(Source::Himds).max_attempts(1);
    let client = client.endpoint(variable("ENDPOINT")).token_dir(variable("TOKEN_DIR")).build().expect("a client");
    // What tokio keeps for good has numbers above by then.
    client.token(RESOURCE).expect("a token");
    // SAFETY: the numbers are this process's own, and nothing else of it uses them.
    let output = unsafe {
        let output = libc::fcntl(1, libc::F_DUPFD, 10);
        (0..3).for_each(|number| assert_eq!(libc::close(number), 0));
        output
    };
    let (done, odd) = (AtomicBool::new(false), AtomicBool::new(false));
    let result = thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                if (0..3).any(becomes_connection) {
                    odd.store(true, Ordering::Relaxed);
                }
            }
        });
        let forced = TokenRequest::new(RESOURCE).force_refresh(true);
        let result = (0..CALLS).try_for_each(|_| client.token_with(&forced).map(|_| ()));
        done.store(true, Ordering::Relaxed);
        result
    });
    let said = match result {
        Err(error) => error.to_string(),
        Ok(()) if odd.into_inner() => "a connection had a standard number".to_owned(),
        Ok(()) => format!("{CALLS} tokens"),
    };
    let said = format!("role says result {said}\n");
    // SAFETY: as above.
    unsafe { libc::write(output, said.as_ptr().cast(), said.len()) };
}

/// Whether what has the number now is a connection, or becomes one within a moment by whatever number: a thread that
/// prints may have looked the number up, and then had to wait.
fn becomes_connection(number: i32) -> bool {
    // SAFETY: the copy is this function's own.
    let copy = unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 10) };
    if copy < 0 {
        return false;
    }
    let moment = Instant::now() + Duration::from_millis(1);
    let connection = is_tcp(copy, libc::getsockname)
        && std::iter::from_fn(|| (Instant::now() < moment).then(|| is_tcp(copy, libc::getpeername))).any(|is| is);
    // SAFETY: as above.
    unsafe { libc::close(copy) };
    connection
}

type Name = unsafe extern "C" fn(i32, *mut libc::sockaddr, *mut libc::socklen_t) -> i32;

/// Whether the descriptor has such a name, and it is an IPv4 one. Tokio may have a pair of Unix sockets among the numbers.
fn is_tcp(number: i32, name: Name) -> bool {
    let mut address = libc::sockaddr { sa_family: 0, sa_data: [0; 14] };
    let mut length = size_of_val(&address) as libc::socklen_t;
    // SAFETY: the output has that size; what does not fit is left out.
    let named = unsafe { name(number, &mut address, &mut length) } == 0;
    named && i32::from(address.sa_family) == libc::AF_INET
}
