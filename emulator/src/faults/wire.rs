//! What a fault does to the bare socket, for answers that a proper HTTP server would never send.

use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::fault::{After, Wire, WireAction};
use crate::http::answer::Answer;

/// What to send on a socket, and what to do to it afterwards.
#[derive(Debug)]
pub(crate) struct Takeover {
    first: Vec<u8>,
    rest: Vec<u8>,
    action: WireAction,
    bytes: usize,
    every: Duration,
}

impl Takeover {
    /// For an answer, or for the `raw` bytes in its place. Without a `wire` the answer is only one that axum would
    /// refuse to send.
    pub(crate) fn new(answer: &Answer, wire: Option<&Wire>, raw: Option<Vec<u8>>) -> Self {
        let is_raw = raw.is_some();
        let (head, body) = raw.map_or_else(|| answer.to_bytes(), |raw| (raw, &[][..]));
        let Some(wire) = wire else {
            return Self {
                first: [&head, body].concat(),
                rest: Vec::new(),
                action: WireAction::Close,
                bytes: 1,
                every: Duration::ZERO,
            };
        };
        let mut first = head;
        // Raw bytes are the whole of what is sent, unless told otherwise.
        let after = if is_raw && wire.after == After::Nothing && wire.action != WireAction::Drip {
            After::All
        } else {
            wire.after
        };
        let length = match after {
            After::Nothing => 0,
            After::HalfHead => first.len() / 2,
            After::Head => first.len(),
            After::HalfBody => first.len() + body.len() / 2,
            After::All => first.len() + body.len(),
        };
        first.extend_from_slice(body);
        let rest = first.split_off(length);
        Self { first, rest, action: wire.action, bytes: wire.bytes.max(1), every: Duration::from_millis(wire.every_ms) }
    }

    /// For a connection on which nothing was read yet.
    pub(crate) fn on_connect(wire: &Wire) -> Self {
        Self {
            first: Vec::new(),
            rest: Vec::new(),
            action: wire.action,
            bytes: 1,
            every: Duration::from_millis(wire.every_ms),
        }
    }

    /// Runs it. A client that has gone away ends it early, which is not an error here.
    pub(crate) async fn run(self, mut stream: TcpStream) {
        let _ = self.try_run(&mut stream).await;
    }

    async fn try_run(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        stream.write_all(&self.first).await?;
        match self.action {
            WireAction::Reset => SockRef::from(&*stream).set_linger(Some(Duration::ZERO)),
            WireAction::Close => finish(stream).await,
            WireAction::Hang => drain(stream).await,
            WireAction::Drip => {
                for piece in self.rest.chunks(self.bytes) {
                    tokio::time::sleep(self.every).await;
                    stream.write_all(piece).await?;
                }
                finish(stream).await
            }
        }
    }
}

/// Closes in order: what the client still sends is read first, otherwise the kernel would send a reset.
async fn finish(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.shutdown().await?;
    drain(stream).await
}

/// Reads and ignores until the client closes.
async fn drain(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer).await? > 0 {}
    Ok(())
}
