//! The requests of one call: on one connection if the server keeps it open, to a literal address, past no proxy. Nothing
//! is followed, remembered, decompressed or looked up.
#![allow(clippy::disallowed_types, reason = "a session lives in one call, so no child inherits one that it uses")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use futures_core::future::BoxFuture;
use hyper::header::{ACCEPT, AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use url::{Host, Position, Url};
use zeroize::Zeroizing;

use super::connection::{ConnectError, Connection, Get};
use super::peer_check::{Checked, check, settled};
use super::transport::{Request, Response, SendError, Session, Transport, TransportOptions};
use crate::Error;
use crate::os::cause::Cause;
use crate::os::peer::{Readers, Verdict};

/// The network.
pub(crate) struct HttpTransport;

impl Transport for HttpTransport {
    fn session(&self, options: &TransportOptions) -> Result<Box<dyn Session>, Error> {
        Ok(Box::new(HttpSession { options: options.clone(), kept: Mutex::new(None) }))
    }
}

struct HttpSession {
    options: TransportOptions,
    /// The connection of the last request. A session belongs to one call, so nobody ever waits for this lock.
    kept: Mutex<Option<Connection>>,
}

impl Session for HttpSession {
    fn send<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Result<Response, SendError>> {
        Box::pin(async move {
            let mut refused = None;
            for server in servers(request.url, request.address) {
                match self.send_to(&request, server).await {
                    // Only a refusal is worth the other address: it comes at once.
                    Err(Failed::Refused(why)) => refused = refused.or(Some(why)),
                    Err(Failed::Broken(broken)) => return Err(broken),
                    Ok(response) => return Ok(response),
                }
            }
            Err(SendError::NotConnected(refused.unwrap_or_else(|| "it has no address".into())))
        })
    }

    fn peer<'a>(&'a self, url: &'a Url, readers: &'a Readers) -> BoxFuture<'a, Option<Verdict>> {
        Box::pin(async move {
            for server in servers(url, None) {
                if let Ok(connection) = self.connection(server).await {
                    return Some(settled(&connection, readers, self.options.connect_timeout).await);
                }
            }
            None
        })
    }
}

enum Failed {
    Refused(Cause),
    Broken(SendError),
}

impl From<SendError> for Failed {
    fn from(error: SendError) -> Self {
        Failed::Broken(error)
    }
}

impl From<ConnectError> for Failed {
    fn from(error: ConnectError) -> Self {
        match error {
            // Reset as soon as it was accepted, before the kernel told us that it was.
            ConnectError::Refused(why) if why.is_reset() => Failed::Broken(SendError::Interrupted(why)),
            ConnectError::Refused(why) => Failed::Refused(why),
            ConnectError::Late => Failed::Broken(SendError::NotConnected("no connection in time".into())),
        }
    }
}

impl HttpSession {
    async fn send_to(&self, request: &Request<'_>, server: SocketAddr) -> Result<Response, Failed> {
        let mut connection = self.connection(server).await?;
        if let Some(key) = request.key.filter(|_| self.options.verify_peer) {
            connection = self.checked(connection, key.readers).await?;
        }
        let (head, body) = connection.exchange(self.get(request), request.body_limit).await?;
        self.put(Some(connection));
        Ok(Response { status: head.status.as_u16(), headers: head.headers, body, address: Some(server.ip()) })
    }

    /// The connection if it may carry the key, or a new one that may.
    async fn checked(&self, connection: Connection, readers: &Readers) -> Result<Connection, Failed> {
        let limit = self.options.connect_timeout;
        if let Checked::Fine = check(&connection, readers, limit).await? {
            return Ok(connection);
        }
        let connection = Connection::open(connection.server, limit).await?;
        match check(&connection, readers, limit).await? {
            Checked::Fine => Ok(connection),
            Checked::Gone => Err(Failed::Broken(SendError::Interrupted("nobody accepted the connection".into()))),
        }
    }

    /// The one that is open, or a new one.
    async fn connection(&self, server: SocketAddr) -> Result<Connection, ConnectError> {
        if let Some(mut kept) = self.put(None).filter(|kept| kept.server == server) {
            if kept.is_open().await {
                return Ok(kept);
            }
        }
        Connection::open(server, self.options.connect_timeout).await
    }

    /// Keeps this connection; gives the one that was kept.
    fn put(&self, connection: Option<Connection>) -> Option<Connection> {
        std::mem::replace(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner), connection)
    }

    fn get(&self, request: &Request<'_>) -> Get {
        let mut get = Get::new(String::new());
        // A URL's path and query are an origin form, so this cannot fail; were it to, the request would be for "/".
        *get.uri_mut() = request.url[Position::BeforePath..Position::AfterQuery].parse().unwrap_or_default();
        *get.headers_mut() = headers(request, &self.options.user_agent);
        get
    }
}

/// `localhost` is 127.0.0.1 first, then ::1, without asking a resolver (which costs a thread).
fn servers(url: &Url, decided: Option<IpAddr>) -> Vec<SocketAddr> {
    let addresses: Vec<IpAddr> = match (decided, url.host()) {
        (Some(address), _) => vec![address],
        (None, Some(Host::Ipv4(address))) => vec![address.into()],
        (None, Some(Host::Ipv6(address))) => vec![address.into()],
        (None, Some(Host::Domain(_))) => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        (None, None) => Vec::new(),
    };
    let port = url.port_or_known_default().unwrap_or_default();
    addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect()
}

fn headers(request: &Request<'_>, user_agent: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(host) = authority(request.url) {
        headers.insert(HOST, host);
    }
    if let Ok(user_agent) = HeaderValue::from_str(user_agent) {
        headers.insert(USER_AGENT, user_agent);
    }
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    if request.metadata_header {
        headers.insert(HeaderName::from_static("metadata"), HeaderValue::from_static("true"));
    }
    if let Some(key) = request.key {
        // A key is visible ASCII, so this cannot fail; were it to, the agent would answer 401 to a missing header.
        if let Ok(mut value) = HeaderValue::from_str(&Zeroizing::new(format!("Basic {}", key.secret.expose()))) {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
    }
    headers
}

/// The host as it was configured, not the address that stands for it.
fn authority(url: &Url) -> Option<HeaderValue> {
    let host = url.host_str()?;
    let text = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    HeaderValue::from_str(&text).ok()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// A race that the network decides, so it is shown by what it leads to.
    #[test]
    fn a_reset_while_connecting_is_a_broken_connection() {
        let failed = |number| {
            let why = Cause { text: String::new(), os_error: Some(number) };
            Failed::from(ConnectError::Refused(why))
        };
        assert!(matches!(failed(libc::ECONNRESET), Failed::Broken(SendError::Interrupted(_))));
        assert!(matches!(failed(libc::ECONNREFUSED), Failed::Refused(_)));
    }
}
