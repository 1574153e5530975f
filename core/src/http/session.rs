//! HTTP by `reqwest`: no TLS, no proxy, no redirect, no cookie, no decompression, no name resolution.

use std::error::Error as StdError;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::header::{AUTHORIZATION, HOST, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use url::{Host, Url};
use zeroize::Zeroizing;

use super::transport::{Request, Response, SendError, Session, Transport, TransportOptions};
use crate::os::cause::Cause;
use crate::secret::SecretBytes;
use crate::{Error, Kind};
use futures_core::future::BoxFuture;

/// The network.
pub(crate) struct HttpTransport;

impl Transport for HttpTransport {
    fn session(&self, options: &TransportOptions) -> Result<Box<dyn Session>, Error> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(options.connect_timeout)
            // Five system calls for each connection, which lives for two requests.
            .tcp_keepalive(None)
            .user_agent(&options.user_agent)
            .http1_only()
            .build()
            .map_err(|error| {
                Error::new(Kind::Internal, format!("the HTTP client cannot be made: {}", cause(&error).text))
            })?;
        Ok(Box::new(HttpSession(client)))
    }
}

struct HttpSession(reqwest::Client);

impl Session for HttpSession {
    fn send<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Result<Response, SendError>> {
        Box::pin(async move {
            let mut refused = None;
            for address in addresses(&request) {
                match self.send_to(&request, address).await {
                    // Only a refusal is worth the other address: it comes at once.
                    Err(Failed::Refused(why)) => refused = refused.or(Some(why)),
                    Err(Failed::Broken(broken)) => return Err(broken),
                    Ok(response) => return Ok(response),
                }
            }
            Err(SendError::NotConnected(refused.unwrap_or_else(|| "it has no address".into())))
        })
    }
}

/// What the HTTP library says of headers over its bounds (400 KiB, 100 of them); it has no other sign for clients.
const HEAD_TOO_LARGE: &str = "message head is too large";

enum Failed {
    Refused(Cause),
    Broken(SendError),
}

impl HttpSession {
    async fn send_to(&self, request: &Request<'_>, address: IpAddr) -> Result<Response, Failed> {
        let mut url = request.url.clone();
        if url.set_ip_host(address).is_err() {
            return Err(Failed::Broken(SendError::NotConnected("its URL has no host".into())));
        }
        let mut response = self.0.get(url).headers(headers(request)).send().await.map_err(|error| failed(&error))?;
        let mut body = SecretBytes::with_capacity(usize::min(
            response.content_length().map_or(4096, |length| usize::try_from(length).unwrap_or(usize::MAX)),
            request.body_limit,
        ));
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
            if body.as_slice().len() + chunk.len() > request.body_limit {
                let limit = format!("its body has more than {} bytes", request.body_limit);
                return Err(Failed::Broken(SendError::TooLarge(limit)));
            }
            body.extend(&chunk);
        }
        Ok(Response {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body,
            address: Some(address),
        })
    }
}

/// `localhost` is 127.0.0.1 first, then ::1, without asking a resolver (which costs a thread).
fn addresses(request: &Request<'_>) -> Vec<IpAddr> {
    match (request.address, request.url.host()) {
        (Some(address), _) => vec![address],
        (None, Some(Host::Ipv4(address))) => vec![address.into()],
        (None, Some(Host::Ipv6(address))) => vec![address.into()],
        (None, Some(Host::Domain(_))) => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        (None, None) => Vec::new(),
    }
}

fn headers(request: &Request<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if request.metadata_header {
        headers.insert("metadata", HeaderValue::from_static("true"));
    }
    if let Some(host) = authority(request.url) {
        headers.insert(HOST, host);
    }
    if let Some(key) = request.key {
        // A key is visible ASCII, so this cannot fail; were it to, the agent would answer 401 to a missing header.
        if let Ok(mut value) = HeaderValue::from_str(&Zeroizing::new(format!("Basic {}", key.expose()))) {
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

fn failed(error: &reqwest::Error) -> Failed {
    let why = cause(error);
    if error.is_connect() {
        return if error.is_timeout() {
            Failed::Broken(SendError::NotConnected("no connection in time".into()))
        } else {
            Failed::Refused(why)
        };
    }
    Failed::Broken(match why.text == HEAD_TOO_LARGE {
        true => SendError::TooLarge("its headers are too large".to_owned()),
        false => SendError::Interrupted(why),
    })
}

/// The innermost cause, the operating system's number apart.
fn cause(error: &(dyn StdError + 'static)) -> Cause {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    match innermost.downcast_ref::<std::io::Error>() {
        Some(error) => error.into(),
        None => Cause { text: innermost.to_string().to_lowercase(), os_error: None },
    }
}
