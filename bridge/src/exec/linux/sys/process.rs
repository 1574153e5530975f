//! Signals, children and descriptors of this process, and the memory of another.

#![allow(unsafe_code, reason = "system calls without a safe wrapper in std or rustix")]

use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use tokio::io::unix::AsyncFd;

/// A set of signals.
#[derive(Clone, Copy)]
pub(crate) struct SignalSet(libc::sigset_t);

impl SignalSet {
    /// Every signal but those that tell of this program's own faults.
    pub(crate) fn all_but_faults() -> Self {
        let mut set = MaybeUninit::uninit();
        // SAFETY: sigfillset initialises the set; sigdelset changes it.
        unsafe {
            libc::sigfillset(set.as_mut_ptr());
            for fault in
                [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP, libc::SIGSYS, libc::SIGABRT]
            {
                libc::sigdelset(set.as_mut_ptr(), fault);
            }
            SignalSet(set.assume_init())
        }
    }

    pub(crate) fn only(signal: i32) -> Self {
        let mut set = MaybeUninit::uninit();
        // SAFETY: sigemptyset initialises the set; sigaddset changes it.
        unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            libc::sigaddset(set.as_mut_ptr(), signal);
            SignalSet(set.assume_init())
        }
    }

    /// Makes this the mask of the calling thread, and gives the one before. Async-signal-safe.
    pub(crate) fn set_mask(&self) -> SignalSet {
        let mut before = MaybeUninit::uninit();
        // SAFETY: both sets are valid; the second is initialised by the call, which cannot fail for SIG_SETMASK.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &self.0, before.as_mut_ptr());
            SignalSet(before.assume_init())
        }
    }

    /// A descriptor that is readable when one of these signals, blocked in every thread, is pending.
    pub(crate) fn descriptor(&self) -> io::Result<OwnedFd> {
        // SAFETY: the set is valid; a new descriptor is ours alone.
        unsafe { owned(libc::signalfd(-1, &self.0, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK)) }
    }
}

/// A signal that arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signal {
    pub(crate) number: i32,
    /// Whether a process sent it. Otherwise the kernel did, to the whole foreground of a terminal.
    pub(crate) from_process: bool,
}

/// The next pending signal of a [`SignalSet::descriptor`], if there is one.
pub(crate) fn next_signal(descriptor: BorrowedFd<'_>) -> Option<Signal> {
    let mut info = MaybeUninit::<libc::signalfd_siginfo>::uninit();
    let length = size_of::<libc::signalfd_siginfo>();
    // SAFETY: the buffer has the length that is given; the kernel writes whole structures only.
    let read = unsafe { libc::read(descriptor.as_raw_fd(), info.as_mut_ptr().cast(), length) };
    if usize::try_from(read) != Ok(length) {
        return None;
    }
    // SAFETY: it was read as a whole.
    let info = unsafe { info.assume_init() };
    Some(Signal { number: i32::try_from(info.ssi_signo).ok()?, from_process: info.ssi_code <= 0 })
}

/// The same descriptor, for a runtime to wait on.
pub(crate) fn watched(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an OwnedFd is the same open descriptor for as long as it lives.
    Ok(unsafe { AsyncFd::register(descriptor) }?)
}

/// What a command is to inherit of signals. std and exec change all of it for themselves.
#[derive(Clone, Copy)]
pub(crate) struct InheritedSignals {
    mask: SignalSet,
    sigpipe_ignored: bool,
    sigchld_ignored: bool,
}

impl InheritedSignals {
    /// Blocks these signals and takes SIGCHLD back from an inherited "ignore", which would have the kernel reap our children.
    pub(crate) fn replace(blocked: &SignalSet, sigpipe_ignored: bool) -> Self {
        let mask = blocked.set_mask();
        InheritedSignals {
            mask,
            sigpipe_ignored,
            sigchld_ignored: dispose(libc::SIGCHLD, libc::SIG_DFL) == libc::SIG_IGN,
        }
    }

    /// The mask as it was, for this process.
    pub(crate) fn unblock(&self) {
        self.mask.set_mask();
    }

    /// All of it, for the command. Async-signal-safe.
    pub(crate) fn restore(&self) {
        self.mask.set_mask();
        for (signal, ignored) in [(libc::SIGPIPE, self.sigpipe_ignored), (libc::SIGCHLD, self.sigchld_ignored)] {
            if ignored {
                dispose(signal, libc::SIG_IGN);
            }
        }
    }
}

/// Sets a signal's disposition to the default or to "ignore", and gives the one before.
fn dispose(signal: i32, disposition: libc::sighandler_t) -> libc::sighandler_t {
    // SAFETY: both are valid dispositions; an invalid signal is an error that changes nothing.
    unsafe { libc::signal(signal, disposition) }
}

/// Which of the two processes this is after a fork.
pub(crate) enum Forked {
    Parent,
    Child,
}

/// Forks.
///
/// The child of a process with several threads may find locks taken that nobody will ever release; the caller sees to it
/// that there is one thread.
pub(crate) fn fork() -> io::Result<Forked> {
    // SAFETY: the child goes on with a copy of everything, see above for locks.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Forked::Child),
        _ => Ok(Forked::Parent),
    }
}

/// Ends the process at once: no destructor, no handler of a host program.
pub(crate) fn exit_now(status: i32) -> ! {
    // SAFETY: it does not return.
    unsafe { libc::_exit(status) }
}

/// Sends a signal. One that cannot be sent is lost, as with `kill` to a process that has just ended.
pub(crate) fn kill(pid: i32, signal: i32) {
    // SAFETY: no memory is involved.
    unsafe { libc::kill(pid, signal) };
}

/// What became of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Exited(i32),
    Killed(i32),
    Stopped,
}

/// Whose changes are waited for.
#[derive(Clone, Copy)]
pub(crate) enum Whose {
    Any,
    Child(i32),
}

/// The next change of a child, without waiting. `keep` leaves it for the next call to see, and a dead child's pid taken.
/// `Err` (ECHILD) if there is no such child.
pub(crate) fn next_change(whose: Whose, stops: bool, keep: bool) -> io::Result<Option<(i32, Change)>> {
    let (kind, id) = match whose {
        Whose::Any => (libc::P_ALL, 0),
        Whose::Child(pid) => (libc::P_PID, pid as libc::id_t),
    };
    let mut options = libc::WEXITED | libc::WNOHANG;
    if stops {
        options |= libc::WSTOPPED;
    }
    if keep {
        options |= libc::WNOWAIT;
    }
    // SAFETY: all-zero is a valid siginfo_t, and what the call leaves if nothing has changed.
    let mut info: libc::siginfo_t = unsafe { MaybeUninit::zeroed().assume_init() };
    // SAFETY: info is valid for writing.
    if unsafe { libc::waitid(kind, id, &mut info, options) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: after waitid these two fields are set, or still zero.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    let change = match info.si_code {
        libc::CLD_EXITED => Change::Exited(status),
        libc::CLD_STOPPED => Change::Stopped,
        _ => Change::Killed(status),
    };
    Ok((pid != 0).then_some((pid, change)))
}

/// Ends this process by a signal, without a core of its own. Returns if the signal does not end a process.
pub(crate) fn die_by(signal: i32) {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is valid.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &none) };
    dispose(signal, libc::SIG_DFL);
    let only = SignalSet::only(signal);
    // SAFETY: the set is valid; the old one is not wanted.
    unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &only.0, ptr::null_mut()) };
    // SAFETY: no memory is involved.
    unsafe { libc::raise(signal) };
}

/// Closes descriptors that this process inherited and nobody here owns.
pub(crate) fn close_inherited(descriptors: &[RawFd]) {
    for descriptor in descriptors {
        // SAFETY: the caller listed them before it opened anything itself, and closes them once.
        unsafe { libc::close(*descriptor) };
    }
}

/// Reads another process's memory; how many bytes could be read.
pub(crate) fn read_memory(pid: i32, address: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let address = usize::try_from(address).map_err(|_| io::Error::from_raw_os_error(libc::EFAULT))?;
    let local = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    let remote = libc::iovec { iov_base: ptr::without_provenance_mut(address), iov_len: buffer.len() };
    // SAFETY: the local buffer is valid for writing; the remote one is the kernel's to check.
    let read = unsafe { libc::process_vm_readv(pid, &local, 1, &remote, 1, 0) };
    usize::try_from(read).map_err(|_| io::Error::last_os_error())
}

/// A number that says which network namespace a socket belongs to. Linux 5.14.
pub(crate) fn network_namespace(socket: BorrowedFd<'_>) -> Option<u64> {
    let mut cookie = 0_u64;
    let mut length = libc::socklen_t::try_from(size_of::<u64>()).ok()?;
    // SAFETY: the buffer has the length that is given.
    let done = unsafe {
        let buffer = (&raw mut cookie).cast();
        libc::getsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_NETNS_COOKIE, buffer, &mut length)
    };
    (done == 0).then_some(cookie)
}

/// Whether a socket is bound to a network interface.
pub(crate) fn bound_to_interface(socket: BorrowedFd<'_>) -> bool {
    let mut name = [0_u8; libc::IFNAMSIZ];
    let mut length = libc::IFNAMSIZ as libc::socklen_t;
    // SAFETY: the buffer has the length that is given.
    let done = unsafe {
        let buffer = name.as_mut_ptr().cast();
        libc::getsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_BINDTODEVICE, buffer, &mut length)
    };
    done == 0 && length > 0 && name[0] != 0
}

/// A descriptor that a system call returned, or its error.
///
/// # Safety
/// A descriptor that is not negative is open, and nobody else owns it.
pub(super) unsafe fn owned(descriptor: RawFd) -> io::Result<OwnedFd> {
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: promised by the caller.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}
