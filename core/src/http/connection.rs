//! One TCP connection that speaks HTTP/1.1: opened, driven and closed by the call that needs it.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::time::Duration;

use hyper::Request;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::http::response::Parts;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpSocket, TcpStream};

use super::transport::SendError;
use crate::os::cause::Cause;
#[cfg(unix)]
use crate::os::descriptor::above_standard;
use crate::secret::SecretBytes;

/// What the HTTP library says of headers over its bounds (400 KiB, 100 of them); it has no other sign for clients.
const HEAD_TOO_LARGE: &str = "message head is too large";

/// A request without a body.
pub(super) type Get = Request<String>;
type Driver = http1::Connection<TokioIo<TcpStream>, String>;

/// An open connection. Its two ends are known, so the kernel can be asked who is at the other one.
pub(super) struct Connection {
    requests: SendRequest<String>,
    /// Reads and writes while a request is awaited: nothing happens between calls. `None` once the connection ended.
    driver: Option<Driver>,
    pub(super) client: SocketAddr,
    pub(super) server: SocketAddr,
}

/// Why there is no connection.
pub(super) enum ConnectError {
    Refused(Cause),
    Late,
}

impl Connection {
    pub(super) async fn open(server: SocketAddr, limit: Duration) -> Result<Self, ConnectError> {
        let connected = tokio::time::timeout(limit, connect(server)).await.map_err(|_| ConnectError::Late)?;
        let refused = |error: io::Error| ConnectError::Refused((&error).into());
        let stream = connected.map_err(refused)?;
        let client = stream.local_addr().map_err(refused)?;
        let handshake = http1::handshake(TokioIo::new(stream)).await;
        let (requests, driver) = handshake.map_err(|error| ConnectError::Refused(cause(&error)))?;
        Ok(Connection { requests, driver: Some(driver), client, server })
    }

    /// Whether another request can be sent. Sees a connection that the server has closed meanwhile.
    pub(super) async fn is_open(&mut self) -> bool {
        let Connection { requests, driver, .. } = self;
        drive(driver, requests.ready()).await.is_ok() && driver.is_some()
    }

    /// Sends the request and reads its answer to the end.
    pub(super) async fn exchange(&mut self, get: Get, limit: usize) -> Result<(Parts, SecretBytes), SendError> {
        let Connection { requests, driver, .. } = self;
        let answer = requests.send_request(get);
        drive(driver, async {
            let (parts, body) = answer.await.map_err(|error| failed(&error))?.into_parts();
            let body = read(body, limit).await?;
            Ok((parts, body))
        })
        .await
    }
}

async fn connect(server: SocketAddr) -> io::Result<TcpStream> {
    let new = || if server.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    #[cfg(unix)]
    let socket = above_standard(new)?;
    #[cfg(not(unix))]
    let socket = new()?;
    let stream = socket.connect(server).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Runs the connection until `work` is done.
async fn drive<T>(driver: &mut Option<Driver>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        // What it ends with, an error too, reaches the request that is under way.
        if driver.as_mut().is_some_and(|driver| Pin::new(driver).poll(context).is_ready()) {
            *driver = None;
        }
        work.as_mut().poll(context)
    })
    .await
}

async fn read(mut body: Incoming, limit: usize) -> Result<SecretBytes, SendError> {
    let announced = body.size_hint().exact().map_or(4096, |length| usize::try_from(length).unwrap_or(usize::MAX));
    let mut bytes = SecretBytes::with_capacity(announced.min(limit));
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame.map_err(|error| failed(&error))?.into_data() else { continue };
        if bytes.as_slice().len() + data.len() > limit {
            return Err(SendError::TooLarge(format!("its body has more than {limit} bytes")));
        }
        bytes.extend(&data);
    }
    Ok(bytes)
}

fn failed(error: &hyper::Error) -> SendError {
    let why = cause(error);
    match why.text == HEAD_TOO_LARGE {
        true => SendError::TooLarge("its headers are too large".to_owned()),
        false => SendError::Interrupted(why),
    }
}

/// The innermost cause, the operating system's number apart.
fn cause(error: &(dyn std::error::Error + 'static)) -> Cause {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    match innermost.downcast_ref::<io::Error>() {
        Some(error) => error.into(),
        None => Cause { text: innermost.to_string().to_ascii_lowercase(), os_error: None },
    }
}
