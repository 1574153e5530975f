//! Where lines go: to the journal in its native fields, otherwise to stderr.

use std::io::Write as _;
use std::os::unix::net::UnixDatagram;

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

/// Writes lines.
pub(crate) struct Log {
    journal: Option<UnixDatagram>,
}

impl Log {
    /// The journal if stderr leads there, as systemd says with `JOURNAL_STREAM`; otherwise stderr.
    pub(crate) fn new() -> Self {
        let named = std::env::var("JOURNAL_STREAM").unwrap_or_default();
        let own = rustix::fs::fstat(rustix::stdio::stderr()).map(|stat| format!("{}:{}", stat.st_dev, stat.st_ino));
        let journal = (own.ok() == Some(named)).then(|| {
            let socket = UnixDatagram::unbound().ok()?;
            socket.connect(SOCKET).ok()?;
            // A full journal must not stop the thread that serves everybody: then the line goes to stderr.
            socket.set_nonblocking(true).ok()?;
            Some(socket)
        });
        Log { journal: journal.flatten() }
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
        if let Some(journal) = &self.journal {
            if journal.send(entry(level, line, fields).as_bytes()).is_ok() {
                return;
            }
        }
        // A line that cannot be written is lost: there is nowhere to say so.
        let _ = writeln!(std::io::stderr(), "himds bridge: {line}");
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
    use super::*;

    #[test]
    fn an_entry_has_the_journals_form() {
        assert_eq!(
            entry(Level::Notice, "refused uid=34", [("uid", "34"), ("token_sha256", "00")].into_iter()),
            "MESSAGE=refused uid=34\nPRIORITY=5\nSYSLOG_IDENTIFIER=himds-bridge\nHIMDS_UID=34\nHIMDS_TOKEN_SHA256=00\n"
        );
        assert_eq!(printable("a\nb\u{1b}"), "a\\nb\\u{1b}");
    }
}
