//! The process that was started: it hands signals on, stops when the command stops, and ends as the command ends.

use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{getpid, set_child_subreaper};

use super::control::{News, receive};
use super::supervisor::supervise;
use super::sys::process::{
    Change, Forked, InheritedSignals, Signal, SignalSet, Whose, die_by, exit_now, fork, kill, next_change, next_signal,
};
use crate::exec::failure::{FAILED, say};
use crate::exec::options::Options;
use crate::words::words;

pub(crate) fn run(options: &Options) -> i32 {
    if has_other_threads() {
        say(
            "cannot start: this process has other threads, and what they hold would stay locked in its child. Use the native \
             program himds",
        );
        return FAILED;
    }
    // Blocked before anything is started: a signal that comes meanwhile is handed on later.
    let all = SignalSet::all_but_faults();
    let signals = InheritedSignals::replace(&all, options.sigpipe_ignored);
    let status = match start(options, &all, signals) {
        Ok(End::Exited(status)) => status,
        Ok(End::Killed(signal)) => {
            die_by(signal);
            // Where the signal ends nobody (as process 1 of a container): what a shell would say.
            128 + signal
        }
        Err(error) => {
            say(&format!("cannot start: {}", words(&error)));
            FAILED
        }
    };
    signals.unblock();
    status
}

fn start(options: &Options, all: &SignalSet, signals: InheritedSignals) -> std::io::Result<End> {
    // If the supervisor is killed, the command becomes our child, and its end is still seen.
    set_child_subreaper(Some(getpid()))?;
    let (ours, theirs) = UnixStream::pair()?;
    if let Forked::Child = fork()? {
        drop(ours);
        // A panic must not unwind into what the parent has still to do.
        let served = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| supervise(options, theirs, signals)));
        exit_now(i32::from(served.is_err()));
    }
    drop(theirs);
    Foreground { signals: all.descriptor()?, news: ours, command: None, waiting: Vec::new() }.wait()
}

/// In an interpreter, a module may have started some. Where /proc is missing nobody can say.
pub(crate) fn has_other_threads() -> bool {
    std::fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() > 1)
}

enum End {
    Exited(i32),
    Killed(i32),
}

struct Foreground {
    signals: std::os::fd::OwnedFd,
    news: UnixStream,
    command: Option<i32>,
    /// Signals that came before there was a command.
    waiting: Vec<i32>,
}

impl Foreground {
    fn wait(mut self) -> std::io::Result<End> {
        loop {
            let mut descriptors = [PollFd::new(&self.news, PollFlags::IN), PollFd::new(&self.signals, PollFlags::IN)];
            // All signals are blocked, so nothing interrupts it.
            poll(&mut descriptors, None)?;
            let (news, signals) = (!descriptors[0].revents().is_empty(), !descriptors[1].revents().is_empty());
            if signals {
                while let Some(signal) = next_signal(self.signals.as_fd()) {
                    self.hand_on(signal);
                }
            }
            if news {
                match receive(&mut self.news) {
                    Some(News::Started(pid)) => self.started(pid),
                    Some(News::Stopped) => self.stop(),
                    Some(News::Exited(status)) => return Ok(End::Exited(status)),
                    Some(News::Killed(signal)) => return Ok(End::Killed(signal)),
                    None => return self.adopt(),
                }
            }
        }
    }

    fn started(&mut self, pid: i32) {
        self.command = Some(pid);
        for signal in std::mem::take(&mut self.waiting) {
            kill(pid, signal);
        }
    }

    /// What another process sent to us is meant for the command. What the kernel sent because of a terminal went to the
    /// whole process group: the command has it already. Its pid cannot be another's: the supervisor leaves the dead
    /// command unreaped until we have ended.
    fn hand_on(&mut self, signal: Signal) {
        if signal.number == libc::SIGCHLD || !signal.from_process {
            return;
        }
        match self.command {
            Some(pid) => kill(pid, signal.number),
            None => self.waiting.push(signal.number),
        }
    }

    /// The command was stopped: so are we, for a shell to see. Once somebody continues us, it goes on.
    fn stop(&self) {
        kill(getpid().as_raw_nonzero().get(), libc::SIGSTOP);
        if let Some(pid) = self.command {
            kill(pid, libc::SIGCONT);
        }
    }

    /// The supervisor was killed. The command is our child now and runs on; its requests fail.
    fn adopt(mut self) -> std::io::Result<End> {
        let Some(pid) = self.command else {
            return Err(std::io::Error::other("the supervisor was killed"));
        };
        say("the supervisor was killed: connecting now fails with ENOSYS (Function not implemented)");
        // The supervisor itself comes first: until it is dead, the command is still its child.
        loop {
            match next_change(Whose::Any, true, false)? {
                Some((child, change)) if child == pid => match change {
                    Change::Exited(status) => return Ok(End::Exited(status)),
                    Change::Killed(signal) => return Ok(End::Killed(signal)),
                    Change::Stopped => self.stop(),
                },
                Some(_) => {}
                None => {
                    poll(&mut [PollFd::new(&self.signals, PollFlags::IN)], None)?;
                    while let Some(signal) = next_signal(self.signals.as_fd()) {
                        self.hand_on(signal);
                    }
                }
            }
        }
    }
}
