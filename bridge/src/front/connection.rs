//! The IO: accepting, reading requests, writing answers.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout, timeout_at};
use zeroize::Zeroizing;

use super::answer::Answer;
use super::ask::Ask;
use super::core::Core;
use super::head::{Head, LONGEST_REQUEST, Parsed, parse};
use super::policy::{Policy, Report};
use super::refusal::Refusal;
use super::rules::{Checked, check, form};
use super::serve::Front;

/// Times that a connection may take.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// From a request's first byte, or from the connection's beginning, until the request is complete.
    pub request: Duration,
    /// Between an answer and the next request.
    pub idle: Duration,
    /// Writing an answer to a client that does not read.
    pub write: Duration,
}

/// How long a connection of a stranger may take up to its first request.
const STRANGERS_MOMENT: Duration = Duration::from_millis(200);

impl Default for ConnectionLimits {
    fn default() -> Self {
        // Every client sends its request in one piece; what takes 5 s is broken or an attack.
        let five = Duration::from_secs(5);
        ConnectionLimits { request: five, idle: Duration::from_secs(60), write: five }
    }
}

/// Serves a listener until the future is dropped. Runs on a `LocalSet`: one thread.
pub async fn listen<C: Core, P: Policy>(listener: TcpListener, front: Rc<Front<C, P>>, limits: ConnectionLimits) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let front = Rc::clone(&front);
                tokio::task::spawn_local(async move {
                    // A client that goes away is not an error of anybody's.
                    if let Ok(local) = stream.local_addr() {
                        let _ = stream.set_nodelay(true);
                        serve(stream, (peer, local), front, limits).await;
                    }
                });
            }
            // One lost connection, or no descriptor left: those that are open must end first.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Serves one connection, given with its two ends, until it ends. Runs on a `LocalSet`.
pub async fn serve<S, C, P>(stream: S, ends: (SocketAddr, SocketAddr), front: Rc<Front<C, P>>, limits: ConnectionLimits)
where
    S: AsyncRead + AsyncWrite + Unpin,
    C: Core,
    P: Policy,
{
    let mut connection = Connection { stream, ends, front, limits, buffer: Zeroizing::default() };
    let _ = connection.run().await;
    // Before the socket is closed: until then nobody else can come from this address.
    connection.front.policy.left(ends.0);
}

struct Connection<S, C, P> {
    stream: S,
    /// The peer's and our own.
    ends: (SocketAddr, SocketAddr),
    front: Rc<Front<C, P>>,
    limits: ConnectionLimits,
    /// What has arrived and is not yet used up. A secret may be in it.
    buffer: Zeroizing<Vec<u8>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin, C: Core, P: Policy> Connection<S, C, P> {
    async fn run(&mut self) -> io::Result<()> {
        self.buffer.reserve_exact(LONGEST_REQUEST);
        let (mut deadline, mut begun) = (self.first_deadline().await?, true);
        loop {
            let head = match self.head(deadline, begun).await? {
                None => return Ok(()),
                Some(head) => head,
            };
            // Looked up for each request: the policy may have changed since the last one on this connection.
            let Some(caller) = self.front.policy.caller(self.ends.0, self.ends.1) else {
                return Ok(());
            };
            let started = Instant::now();
            let (answer, kind, ask, refusal) = match self.read(head.as_ref()).await? {
                Err(refusal) => (Answer::from(refusal.clone()), None, None, Some(refusal)),
                Ok(ask) => match self.front.answer(&caller, &ask).await {
                    Ok(answer) => (answer, None, Some(ask), None),
                    Err((refusal, kind)) => (Answer::from(refusal.clone()), kind, Some(ask), Some(refusal)),
                },
            };
            let keep_alive = !answer.closes() && head.as_ref().is_ok_and(Head::keeps_alive);
            let (method, path) = head.as_ref().map_or(("", ""), |head| (head.method.as_str(), path(&head.target)));
            self.front.policy.answered(
                &caller,
                &Report {
                    status: answer.status,
                    request: (method, path),
                    ask: ask.as_ref(),
                    refusal: refusal.as_ref().map(|refusal| refusal.description.as_str()),
                    kind,
                    token: answer.token(),
                    took: started.elapsed(),
                },
            );
            let bytes = answer.to_bytes(method == "HEAD", keep_alive, SystemTime::now());
            timeout(self.limits.write, self.stream.write_all(&bytes)).await??;
            if !keep_alive {
                return self.finish().await;
            }
            (deadline, begun) = (Instant::now() + self.limits.idle, false);
            if !self.buffer.is_empty() {
                // Who sends many requests in one piece takes turns with everybody else.
                tokio::task::yield_now().await;
            }
        }
    }

    /// When the first request must be complete. Whoever cannot be served holds a descriptor and memory until then, so a
    /// stranger has a moment only; whoever is expected is known by the end of it.
    async fn first_deadline(&mut self) -> io::Result<Instant> {
        let connected = Instant::now();
        if let Ok(read) = timeout(STRANGERS_MOMENT, self.stream.read_buf(&mut *self.buffer)).await {
            read?;
        }
        let known = self.front.policy.caller(self.ends.0, self.ends.1).is_some();
        Ok(connected + if known { self.limits.request } else { STRANGERS_MOMENT })
    }

    /// The next head, or what to answer to bytes that are not one. `None` where the client has closed, or has sent
    /// nothing by the deadline. Until a request has begun, that is not its own.
    async fn head(&mut self, mut deadline: Instant, mut begun: bool) -> io::Result<Option<Result<Head, Refusal>>> {
        loop {
            match parse(&self.buffer) {
                Err(refusal) => return Ok(Some(Err(refusal))),
                Ok(Parsed::Head(head, length)) => {
                    self.buffer.drain(..length);
                    return Ok(Some(Ok(head)));
                }
                Ok(Parsed::Partial) => {}
            }
            if !self.buffer.is_empty() && !begun {
                begun = true;
                deadline = Instant::now() + self.limits.request;
            }
            match timeout_at(deadline, self.stream.read_buf(&mut *self.buffer)).await {
                Ok(Ok(0)) => return Ok(None),
                Ok(read) => drop(read?),
                Err(_) if self.buffer.is_empty() => return Ok(None),
                Err(_) => {
                    return Ok(Some(Err(Refusal::bad_request("The request took more than 5 s to arrive.").closing())));
                }
            }
        }
    }

    /// What is asked, with the body of Cloud Shell's POST.
    async fn read(&mut self, head: Result<&Head, &Refusal>) -> io::Result<Result<Ask, Refusal>> {
        let head = match head {
            Ok(head) => head,
            Err(refusal) => return Ok(Err(refusal.clone())),
        };
        let length = match check(head, &self.front.surface) {
            Err(refusal) => return Ok(Err(refusal)),
            Ok(Checked::Ask(ask)) => return Ok(Ok(ask)),
            Ok(Checked::Form(length)) => length,
        };
        let deadline = Instant::now() + self.limits.request;
        while self.buffer.len() < length {
            match timeout_at(deadline, self.stream.read_buf(&mut *self.buffer)).await {
                Ok(Ok(1..)) => {}
                Ok(read) => return Err(read.err().unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into())),
                Err(_) => return Ok(Err(Refusal::bad_request("The body took more than 5 s to arrive.").closing())),
            }
        }
        let body: Zeroizing<Vec<u8>> = Zeroizing::new(self.buffer.drain(..length).collect());
        Ok(form(&body, &self.front.surface))
    }

    /// Closes in order. What the client still sends is read for a moment: if it were left unread, the kernel would send a
    /// reset, which can overtake the answer.
    async fn finish(&mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        let deadline = Instant::now() + self.limits.write;
        let mut rest = [0; 4096];
        for _ in 0..256 {
            match timeout_at(deadline, self.stream.read(&mut rest)).await {
                Ok(Ok(1..)) => {}
                _ => break,
            }
        }
        Ok(())
    }
}

/// The target without its query, which may be long and is told apart anyway.
fn path(target: &str) -> &str {
    target.split_once('?').map_or(target, |(path, _)| path)
}
