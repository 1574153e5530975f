//! What the supervisor tells the foreground process: fixed messages over a socket pair. The end of the one is seen by the
//! other as the end of the stream.

use std::io;
use std::os::unix::net::UnixStream;

/// A message is a kind and a number.
const LENGTH: usize = 5;

/// What has become of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// It runs, as this process.
    Started(i32),
    /// It was stopped, as by Ctrl+Z.
    Stopped,
    /// It has exited.
    Exited(i32),
    /// A signal has ended it.
    Killed(i32),
}

impl News {
    pub(crate) fn to_bytes(self) -> [u8; LENGTH] {
        let (kind, number) = match self {
            News::Started(pid) => (b'S', pid),
            News::Stopped => (b'T', 0),
            News::Exited(status) => (b'E', status),
            News::Killed(signal) => (b'K', signal),
        };
        let [a, b, c, d] = number.to_le_bytes();
        [kind, a, b, c, d]
    }

    fn from_bytes([kind, a, b, c, d]: [u8; LENGTH]) -> Option<News> {
        let number = i32::from_le_bytes([a, b, c, d]);
        match kind {
            b'S' => Some(News::Started(number)),
            b'T' => Some(News::Stopped),
            b'E' => Some(News::Exited(number)),
            b'K' => Some(News::Killed(number)),
            _ => None,
        }
    }
}

/// The next message; `None` once the supervisor has ended.
pub(crate) fn receive(stream: &mut UnixStream) -> Option<News> {
    use io::Read as _;
    let mut bytes = [0; LENGTH];
    stream.read_exact(&mut bytes).ok()?;
    News::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_arrives_as_it_was_sent() {
        for news in [News::Started(70_000), News::Stopped, News::Exited(255), News::Killed(9)] {
            assert_eq!(News::from_bytes(news.to_bytes()), Some(news));
        }
        assert_eq!(News::from_bytes([0; LENGTH]), None);
    }
}
