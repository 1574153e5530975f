//! What the operating system says went wrong, in words and as a number.

use std::io;

use crate::{Error, Kind};

/// The cause of a failure below HTTP.
#[derive(Debug)]
pub(crate) struct Cause {
    pub(crate) text: String,
    pub(crate) os_error: Option<i32>,
}

impl Cause {
    /// Whether this process or machine has no descriptor or memory left: that says nothing about the service.
    pub(crate) fn is_shortage(&self) -> bool {
        #[cfg(unix)]
        const NONE_LEFT: [i32; 4] = [libc::EMFILE, libc::ENFILE, libc::ENOMEM, libc::ENOBUFS];
        #[cfg(windows)]
        const NONE_LEFT: [i32; 2] = [10_024, 10_055]; // WSAEMFILE, WSAENOBUFS
        self.os_error.is_some_and(|number| NONE_LEFT.contains(&number))
    }

    /// Whether somebody was there and broke the connection: that is not a refusal.
    pub(crate) fn is_reset(&self) -> bool {
        #[cfg(unix)]
        const RESET: i32 = libc::ECONNRESET;
        #[cfg(windows)]
        const RESET: i32 = 10_054; // WSAECONNRESET
        self.os_error == Some(RESET)
    }

    /// Whether the kernel refuses this process: by a firewall, a route, a service manager's or sandbox's rule.
    pub(crate) fn is_denied(&self) -> bool {
        #[cfg(unix)]
        // EINVAL: a `blackhole` route; the address itself has been checked. ENOSYS: some sandboxes.
        const DENIED: [i32; 7] = [
            libc::EPERM,
            libc::EACCES,
            libc::EINVAL,
            libc::EAFNOSUPPORT,
            libc::ESOCKTNOSUPPORT,
            libc::EPROTONOSUPPORT,
            libc::ENOSYS,
        ];
        #[cfg(windows)]
        const DENIED: [i32; 2] = [10_013, 10_047]; // WSAEACCES, WSAEAFNOSUPPORT
        self.os_error.is_some_and(|number| DENIED.contains(&number))
    }

    /// Whether the address is unreachable. Loopback never is, unless a rule forbids it.
    pub(crate) fn is_unreachable(&self) -> bool {
        #[cfg(unix)]
        const UNREACHABLE: [i32; 2] = [libc::ENETUNREACH, libc::EHOSTUNREACH];
        #[cfg(windows)]
        const UNREACHABLE: [i32; 2] = [10_051, 10_065]; // WSAENETUNREACH, WSAEHOSTUNREACH
        self.os_error.is_some_and(|number| UNREACHABLE.contains(&number))
    }
}

impl From<&io::Error> for Cause {
    fn from(error: &io::Error) -> Self {
        Cause { text: words(error), os_error: error.raw_os_error() }
    }
}

impl From<&str> for Cause {
    fn from(text: &str) -> Self {
        Cause { text: text.to_owned(), os_error: None }
    }
}

/// The error's words without its number, which stands in an attribute of its own.
pub(crate) fn words(error: &io::Error) -> String {
    error.to_string().split(" (os error").next().unwrap_or_default().to_ascii_lowercase()
}

/// *unavailable*: the kernel does not let this process do that.
pub(crate) fn may_not(what: &str, why: Cause) -> Error {
    let places = if cfg!(windows) {
        "Check the firewall (`Get-NetFirewallRule`) and what confines this process."
    } else {
        "Check what confines it: `IPAddressDeny=` and `RestrictAddressFamilies=` of its systemd unit (`systemctl show \
         UNIT`), a firewall (`sudo nft list ruleset`), a `prohibit` or `blackhole` route (`ip route get ADDRESS`), a sandbox."
    };
    let mut error =
        Error::new(Kind::Unavailable, format!("this process may not {what}: {}", why.text)).with_hint(places);
    error.details_mut().os_error = why.os_error;
    error
}

/// *transport*: the system gives this process no socket. *unavailable*: it is not allowed one.
pub(crate) fn no_socket(why: Cause) -> Error {
    if why.is_denied() {
        return may_not("open a socket", why);
    }
    let mut error = Error::new(Kind::Transport, format!("cannot create a socket: {}", why.text)).with_hint(
        "Check this process's limits (`ulimit -n` for open files, `ulimit -v` for memory) and what it holds open.",
    );
    error.details_mut().os_error = why.os_error;
    error
}
