//! The standard streams, as the caller hands them in.

use std::borrow::Cow;
use std::io::{self, Read, Write};

use crate::failure::Failure;
use crate::printable::printable;

/// More than any token or request of git has.
const LONGEST_INPUT: u64 = 1 << 20;

/// How text becomes bytes.
type Encode<'a> = &'a dyn Fn(&str) -> Vec<u8>;

/// Where the command reads and writes.
pub struct Streams<'a> {
    stdin: Option<&'a mut dyn Read>,
    stdout: Option<&'a mut dyn Write>,
    stderr: &'a mut dyn Write,
    terminal: bool,
    sigpipe_ignored: bool,
    encode: Option<Encode<'a>>,
}

impl<'a> Streams<'a> {
    /// `None` stands for a closed stream.
    pub fn new(stdin: Option<&'a mut dyn Read>, stdout: Option<&'a mut dyn Write>, stderr: &'a mut dyn Write) -> Self {
        Streams { stdin, stdout, stderr, terminal: false, sigpipe_ignored: false, encode: None }
    }

    /// Whether stdout is a terminal; `false` by default.
    #[must_use]
    pub fn terminal(mut self, terminal: bool) -> Self {
        self.terminal = terminal;
        self
    }

    /// Whether this process was started with SIGPIPE ignored, so that a command of its own is too; `false` by default.
    #[must_use]
    pub fn sigpipe_ignored(mut self, ignored: bool) -> Self {
        self.sigpipe_ignored = ignored;
        self
    }

    /// How text becomes bytes, if that is not UTF-8.
    #[must_use]
    pub fn encode(mut self, encode: &'a dyn Fn(&str) -> Vec<u8>) -> Self {
        self.encode = Some(encode);
        self
    }

    /// An error if stdout is closed: checked before anything is asked of the service.
    pub(crate) fn need_stdout(&self) -> io::Result<()> {
        if self.stdout.is_some() { Ok(()) } else { Err(closed()) }
    }

    /// Writes the answer, or a part of it.
    pub(crate) fn answer(&mut self, text: &str) -> Result<(), Failure> {
        let bytes = encoded(self.encode, text);
        let stdout = self.stdout.as_mut().ok_or_else(closed)?;
        Ok(stdout.write_all(&bytes).and_then(|()| stdout.flush())?)
    }

    /// Writes a line to stderr. That nobody can read it is not an error: the exit status still tells the first one.
    pub(crate) fn say(&mut self, line: &str) {
        let line = format!("{line}\n");
        let bytes = encoded(self.encode, &line);
        let _ = self.stderr.write_all(&bytes).and_then(|()| self.stderr.flush());
    }

    /// All of stdin. *invalid_argument* if it is closed, cannot be read, is too long or is not UTF-8; `what` is what it
    /// should hold.
    pub(crate) fn input(&mut self, what: &str) -> Result<String, Failure> {
        let unusable = |reason: &str| {
            Failure::invalid(format!("standard input {reason}")).with_hint(format!("Give {what} on standard input."))
        };
        let stdin = self.stdin.as_mut().ok_or_else(|| unusable("is closed"))?;
        let mut bytes = Vec::new();
        match stdin.take(LONGEST_INPUT).read_to_end(&mut bytes) {
            Err(error) => Err(unusable(&format!("cannot be read: {}", himds_bridge::words(&error))).into()),
            Ok(_) if bytes.len() as u64 == LONGEST_INPUT => Err(unusable("has more than 1 MiB").into()),
            Ok(_) => Ok(String::from_utf8(bytes).map_err(|_| unusable("is not UTF-8"))?),
        }
    }

    /// Whether a command is to ignore SIGPIPE.
    pub(crate) fn is_sigpipe_ignored(&self) -> bool {
        self.sigpipe_ignored
    }

    /// Whether the answer goes to a terminal that shows colours.
    pub(crate) fn has_colours(&self) -> bool {
        let variable = |name| std::env::var_os(name).unwrap_or_default();
        self.terminal && variable("NO_COLOR").is_empty() && variable("TERM") != "dumb"
    }

    /// The text as it is shown: what a terminal would obey is escaped if there is one. With lines, because the text is all
    /// there is.
    pub(crate) fn shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.terminal {
            Cow::Owned(text.split('\n').map(printable).collect::<Vec<_>>().join("\n"))
        } else {
            text.into()
        }
    }
}

fn encoded<'t>(encode: Option<Encode<'_>>, text: &'t str) -> Cow<'t, [u8]> {
    match encode {
        Some(encode) => Cow::Owned(encode(text)),
        None => Cow::Borrowed(text.as_bytes()),
    }
}

fn closed() -> io::Error {
    io::Error::other("Bad file descriptor")
}
