//! Whether a request may be answered at all, and what it asks. Pure: a head and a surface in, an [`Ask`] or a
//! [`Refusal`] out.

use std::net::{IpAddr, Ipv6Addr};

use super::address::{ADDRESS, PORT};
use super::ask::{Ask, ask};
use super::head::{Head, LONGEST_REQUEST};
use super::query::Query;
use super::refusal::Refusal;
use super::route::{Route, route};
use super::surface::Surface;

/// Headers that a proxy leaves: the request is on behalf of somebody else.
const FORWARDED: [&str; 4] = ["x-forwarded-for", "forwarded", "via", "x-real-ip"];

/// A request that may be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// This is asked.
    Ask(Ask),
    /// Cloud Shell's POST: the parameters are in a body of so many bytes.
    Form(usize),
}

/// Checks a head against every rule, in the order in which a stranger learns least.
pub fn check(head: &Head, surface: &Surface) -> Result<Checked, Refusal> {
    let post = surface.cloud_shell && head.method == "POST";
    if !post && !matches!(head.method.as_str(), "GET" | "HEAD") {
        return Err(Refusal::bad_request("Only GET and HEAD are answered.").closing());
    }
    let length = body_length(head)?;
    if length > 0 && !post {
        return Err(Refusal::bad_request("The request has a body.").closing());
    }
    let checked = lines(head, surface, post, length);
    // A body that nobody reads would be the next request, with whatever head its writer likes.
    if length > 0 { checked.map_err(Refusal::closing) } else { checked }
}

/// The request line and the header lines.
fn lines(head: &Head, surface: &Surface, post: bool, length: usize) -> Result<Checked, Refusal> {
    if !head.target.starts_with('/') {
        return Err(Refusal::bad_request("The request target must be a path: this is not a proxy."));
    }
    let (path, query) = head.target.split_once('?').unwrap_or((&head.target, ""));
    not_forwarded(head)?;
    host(head, surface.port)?;
    let route = route(path, surface)?;
    if post != (route == Route::CloudShell) {
        return Err(Refusal::bad_request("This path is not answered for this method.").closing());
    }
    authority(head, surface, &route)?;
    if post {
        return Ok(Checked::Form(length));
    }
    ask(route, &Query::parse(query.as_bytes())?, surface).map(Checked::Ask)
}

/// What Cloud Shell's POST asks, from its body.
pub fn form(body: &[u8], surface: &Surface) -> Result<Ask, Refusal> {
    ask(Route::CloudShell, &Query::parse(body)?, surface)
}

/// The length of the body. How a body is framed is what two programs read differently, so only the plain way is taken.
fn body_length(head: &Head) -> Result<usize, Refusal> {
    let bad = || Refusal::bad_request("The length of the body is not given as one Content-Length.").closing();
    if head.values("transfer-encoding").next().is_some() {
        return Err(bad());
    }
    let mut lengths = head.values("content-length");
    let (first, second) = (lengths.next(), lengths.next());
    match (first, second) {
        (None, _) => Ok(0),
        (Some(digits), None) if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {
            let length = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
            let fits = length.filter(|length: &usize| head.length.saturating_add(*length) <= LONGEST_REQUEST);
            fits.ok_or_else(|| Refusal::bad_request("The request is longer than 8 KiB.").closing())
        }
        _ => Err(bad()),
    }
}

fn not_forwarded(head: &Head) -> Result<(), Refusal> {
    for (name, _) in &head.headers {
        if FORWARDED.contains(&name.as_str()) {
            return Err(Refusal::bad_request(format!(
                "The header {name} must not be sent: the request came through a proxy."
            )));
        }
    }
    if from_a_web_page(head) {
        return Err(Refusal::forbidden("Requests from web pages are refused."));
    }
    Ok(())
}

/// A browser sends `Origin`, or `Sec-Fetch-Site` and its kin. Node's `fetch` sends `Sec-Fetch-Mode: cors` and none of the
/// others, which no browser does.
fn from_a_web_page(head: &Head) -> bool {
    let mut fetch = head.headers.iter().filter(|(name, _)| name.starts_with("sec-fetch-"));
    let by_node = |(name, value): &(String, Vec<u8>)| name == "sec-fetch-mode" && value == b"cors";
    let by_browser = match (fetch.next(), fetch.next()) {
        (None, _) => false,
        (Some(only), None) => !by_node(only),
        (Some(_), Some(_)) => true,
    };
    by_browser || head.values("origin").next().is_some()
}

/// A name in `Host` could be anybody's that was made to lead here (DNS rebinding): only addresses are right.
fn host(head: &Head, own_port: u16) -> Result<(), Refusal> {
    let mut hosts = head.values("host");
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(Refusal::bad_request("The header Host must be sent once."));
    };
    let host = std::str::from_utf8(host).unwrap_or_default();
    if right_host(host, own_port) {
        return Ok(());
    }
    Err(Refusal::forbidden("The header Host is not the address of this service."))
}

fn right_host(host: &str, own_port: u16) -> bool {
    let (name, port) = match host.rfind(':') {
        Some(colon) if !host.ends_with(']') => (&host[..colon], host[colon + 1..].parse().ok()),
        _ => (host, Some(PORT)),
    };
    let Some(port) = port else {
        return false;
    };
    let address = match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inside) => inside.parse::<Ipv6Addr>().ok().map(|address| address.to_canonical()),
        None if name.eq_ignore_ascii_case("localhost") => Some(IpAddr::V6(Ipv6Addr::LOCALHOST)),
        None => name.parse().ok().map(IpAddr::V4),
    };
    match address {
        Some(IpAddr::V4(address)) if address == ADDRESS => port == PORT,
        Some(address) => address.is_loopback() && port == own_port,
        None => false,
    }
}

/// The sign that the client means this service: `Metadata: true`, or the secret.
fn authority(head: &Head, surface: &Surface, route: &Route) -> Result<(), Refusal> {
    match &surface.secret {
        // The path of Cloud Shell's endpoint carries the secret itself.
        Some(_) if *route == Route::CloudShell => metadata_header(head),
        Some(secret) => {
            let mut given = head.values("x-identity-header").chain(head.values("secret"));
            match (given.next(), given.next()) {
                (Some(value), None) if same(value, secret.as_bytes()) => Ok(()),
                (None, _) => Err(Refusal::bad_request("The header X-IDENTITY-HEADER is missing.")),
                _ => Err(Refusal::forbidden("The header X-IDENTITY-HEADER is not the value of IDENTITY_HEADER.")),
            }
        }
        None => metadata_header(head),
    }
}

fn metadata_header(head: &Head) -> Result<(), Refusal> {
    let mut values = head.values("metadata");
    match (values.next(), values.next()) {
        (Some(value), None) if value.eq_ignore_ascii_case(b"true") => Ok(()),
        (Some(_), Some(_)) => Err(Refusal::bad_request("The header Metadata must be sent once.")),
        _ => Err(Refusal::new(400, "bad_request_102", "Required metadata header not specified")),
    }
}

/// Compares without telling by the time it takes how much was right.
fn same(given: &[u8], secret: &[u8]) -> bool {
    let differing = given.iter().zip(secret).fold(0, |all, (one, other)| all | (one ^ other));
    std::hint::black_box(differing) == 0 && given.len() == secret.len()
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
