//! Where lines go: to the journal in its native fields, otherwise to stderr.

use std::cell::Cell;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::net::UnixDatagram;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::audit::Record;

/// Where the journal takes entries.
const SOCKET: &str = "/run/systemd/journal/socket";
/// The name under which the journal keeps them, as far as they say it themselves.
const IDENTIFIER: &str = "himds-bridge";
/// The unit of the package, by which the journal knows who wrote a line.
pub const UNIT: &str = "himds-bridge.service";

/// The levels of syslog(3) that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// The administrator must do something.
    Error = 3,
    /// Something may not be as it was meant.
    Warning = 4,
    /// A refusal.
    Notice = 5,
    /// A grant, a start, a reload.
    Info = 6,
}

/// Writes lines, and never waits: a full journal must not stop the thread that serves everybody.
pub(crate) struct Log {
    journal: Option<UnixDatagram>,
    stderr: Option<File>,
    /// Lines that neither took.
    lost: Cell<u64>,
}

impl Log {
    /// The journal if stderr leads there, as systemd says with `JOURNAL_STREAM`; otherwise stderr.
    pub(crate) fn new() -> Self {
        let named = std::env::var("JOURNAL_STREAM").unwrap_or_default();
        let own = rustix::fs::fstat(rustix::stdio::stderr()).map(|stat| format!("{}:{}", stat.st_dev, stat.st_ino));
        let journal = (own.ok() == Some(named)).then(|| {
            let socket = UnixDatagram::unbound().ok()?;
            socket.connect(SOCKET).ok()?;
            socket.set_nonblocking(true).ok()?;
            Some(socket)
        });
        let stderr = rustix::stdio::stderr().try_clone_to_owned().ok();
        Log { journal: journal.flatten(), stderr: stderr.map(File::from), lost: Cell::new(0) }
    }

    /// A line about the daemon itself.
    pub(crate) fn say(&self, level: Level, text: &str) {
        self.write(level, &printable(text), std::iter::empty());
    }

    /// A grant or a refusal.
    pub(crate) fn audit(&self, record: &Record) {
        let level = if record.granted { Level::Info } else { Level::Notice };
        let outcome = if record.granted { "granted" } else { "refused" };
        self.write(level, &record.line(), record.fields().chain([("outcome", outcome)]));
    }

    fn write<'a>(&self, level: Level, line: &str, fields: impl Iterator<Item = (&'static str, &'a str)>) {
        let lost = self.lost.take();
        let told = lost == 0
            || self.take(Level::Warning, &format!("{lost} lines before this one were lost"), std::iter::empty());
        let taken = self.take(level, line, fields);
        self.lost.set(if told { 0 } else { lost } + u64::from(!taken));
    }

    /// Whether the journal or stderr has taken the line.
    fn take<'a>(&self, level: Level, line: &str, fields: impl Iterator<Item = (&'static str, &'a str)>) -> bool {
        if self.journal.as_ref().is_some_and(|journal| journal.send(entry(level, line, fields).as_bytes()).is_ok()) {
            return true;
        }
        let has_room = |stderr: &&File| {
            let mut descriptors = [PollFd::new(stderr, PollFlags::OUT)];
            poll(&mut descriptors, Some(&Timespec::default())).is_ok()
                && descriptors[0].revents().contains(PollFlags::OUT)
        };
        let stderr = self.stderr.as_ref().filter(has_room);
        stderr.is_some_and(|mut stderr| stderr.write_all(format!("himds bridge: {line}\n").as_bytes()).is_ok())
    }
}

/// An entry in the journal's protocol: `NAME=value` lines. No value has a line break in it.
fn entry<'a>(level: Level, line: &str, fields: impl Iterator<Item = (&'static str, &'a str)>) -> String {
    let mut entry = format!("MESSAGE={line}\nPRIORITY={}\nSYSLOG_IDENTIFIER={IDENTIFIER}\n", level as u8);
    for (name, value) in fields {
        entry.push_str(&format!("HIMDS_{}={value}\n", name.to_ascii_uppercase()));
    }
    entry
}

/// One line: a file's name or a parser's message may hold anything.
fn printable(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn an_entry_has_the_journals_form() {
        assert_eq!(
            entry(Level::Notice, "refused uid=34", [("uid", "34"), ("token_sha256", "00")].into_iter()),
            "MESSAGE=refused uid=34\nPRIORITY=5\nSYSLOG_IDENTIFIER=himds-bridge\nHIMDS_UID=34\nHIMDS_TOKEN_SHA256=00\n"
        );
        assert_eq!(printable("a\nb\u{1b}"), "a\\nb\\u{1b}");
    }

    /// A journal that stands still, as seen from the thread that serves everybody.
    #[test]
    fn who_does_not_read_is_not_waited_for_and_learns_what_was_lost() {
        let (journal, reader) = UnixDatagram::pair().unwrap();
        let (stderr, mut errors) = UnixStream::pair().unwrap();
        journal.set_nonblocking(true).unwrap();
        reader.set_nonblocking(true).unwrap();
        errors.set_nonblocking(true).unwrap();
        let log = Log { journal: Some(journal), stderr: Some(OwnedFd::from(stderr).into()), lost: Cell::new(0) };
        let line = "x".repeat(1000);
        while log.lost.get() < 3 {
            log.say(Level::Info, &line);
        }
        let mut text = String::new();
        let _ = errors.read_to_string(&mut text);
        assert!(text.starts_with(&format!("himds bridge: {line}\n")), "stderr has what the journal did not take");
        let next = || {
            let mut bytes = [0; 2000];
            reader.recv(&mut bytes).ok().map(|length| String::from_utf8_lossy(&bytes[..length]).into_owned())
        };
        while next().is_some() {}
        log.say(Level::Info, "again");
        assert!(next().is_some_and(|entry| entry.starts_with("MESSAGE=3 lines before this one were lost\n")));
        assert!(next().is_some_and(|entry| entry.starts_with("MESSAGE=again\n")));
        assert_eq!(log.lost.get(), 0);
    }
}
