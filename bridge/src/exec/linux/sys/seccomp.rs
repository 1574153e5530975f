//! seccomp's user notification.

#![allow(unsafe_code, reason = "system calls without a safe wrapper in std or rustix")]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use super::process::owned;

/// Puts a filter on the calling thread and on what it starts from now on, and gives the descriptor of its
/// notifications. `no_new_privs` must be set.
pub(crate) fn install(program: &mut [libc::sock_filter]) -> io::Result<OwnedFd> {
    let length = u16::try_from(program.len()).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    let program = libc::sock_fprog { len: length, filter: program.as_mut_ptr() };
    let listener = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER;
    // A call that is being answered is not interrupted by signals that have a handler (Linux 5.19).
    for flags in [listener | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, listener] {
        // SAFETY: the program is valid for its length; the descriptor that comes back is new and close-on-exec.
        let installed = unsafe {
            owned(libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const program) as i32)
        };
        match installed {
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) && flags != listener => {}
            other => return other,
        }
    }
    unreachable!("the last attempt returns")
}

/// A call of `connect` that waits for an answer.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    pub(crate) id: u64,
    /// The thread that calls.
    pub(crate) thread: i32,
    pub(crate) descriptor: i32,
    pub(crate) address: u64,
    pub(crate) length: u32,
}

/// What a waiting call gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// It goes on as if nobody had looked.
    Continue,
    /// It has succeeded.
    Done,
    /// It has failed with this error number.
    Failed(i32),
}

/// The descriptor of a filter's notifications.
pub(crate) struct Notifications(OwnedFd);

impl Notifications {
    pub(crate) fn new(descriptor: OwnedFd) -> Self {
        Notifications(descriptor)
    }

    /// Waits for the next call. `Err` with ENOENT if the caller has just ended.
    pub(crate) fn receive(&self) -> io::Result<Call> {
        // SAFETY: all-zero is a valid structure, and what the kernel wants to find.
        let mut call: libc::seccomp_notif = unsafe { MaybeUninit::zeroed().assume_init() };
        // SAFETY: the structure is valid for writing, and has the size that is encoded in the request.
        self.control(unsafe { libc::ioctl(self.0.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_RECV, &raw mut call) })?;
        let [descriptor, address, length, ..] = call.data.args;
        // The kernel takes the lower halves of the registers for the two that are ints.
        Ok(Call { id: call.id, thread: call.pid as i32, descriptor: descriptor as i32, address, length: length as u32 })
    }

    /// Whether the call still waits. What was read of its process before this is of its process, and of no other that
    /// has its number now.
    pub(crate) fn is_waiting(&self, call: &Call) -> bool {
        let id = call.id;
        // SAFETY: the number is valid for reading.
        unsafe { libc::ioctl(self.0.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_ID_VALID, &raw const id) == 0 }
    }

    /// Answers. `Err` with ENOENT if the call was interrupted or its process has ended.
    pub(crate) fn reply(&self, call: &Call, reply: Reply) -> io::Result<()> {
        let (error, flags) = match reply {
            Reply::Continue => (0, libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32),
            Reply::Done => (0, 0),
            Reply::Failed(error) => (-error, 0),
        };
        let mut answer = libc::seccomp_notif_resp { id: call.id, val: 0, error, flags };
        // SAFETY: the structure is valid, and has the size that is encoded in the request.
        self.control(unsafe { libc::ioctl(self.0.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_SEND, &raw mut answer) })
    }

    /// Puts a descriptor of ours in the place of the one that the call is about.
    pub(crate) fn replace(&self, call: &Call, by: BorrowedFd<'_>, close_on_exec: bool) -> io::Result<()> {
        let put = libc::seccomp_notif_addfd {
            id: call.id,
            flags: libc::SECCOMP_ADDFD_FLAG_SETFD as u32,
            srcfd: by.as_raw_fd() as u32,
            newfd: call.descriptor as u32,
            newfd_flags: if close_on_exec { libc::O_CLOEXEC as u32 } else { 0 },
        };
        // SAFETY: the structure is valid, and has the size that is encoded in the request.
        self.control(unsafe { libc::ioctl(self.0.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_ADDFD, &raw const put) })
    }

    fn control(&self, result: libc::c_int) -> io::Result<()> {
        if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

impl AsFd for Notifications {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
