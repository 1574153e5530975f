//! Bytes to the head of a request.
//!
//! httparse, and not hyper on top of it: the rules need the target as it was sent (hyper's URI drops a `#` and what
//! follows), every header line in its order, an answer with a body to an oversized head, and one function from bytes to
//! a verdict that can be fuzzed.

use super::refusal::Refusal;

/// A request, body included, has at most so many bytes.
pub(crate) const LONGEST_REQUEST: usize = 8 * 1024;
/// A head has at most so many header lines.
pub(crate) const MOST_HEADERS: usize = 64;

/// A request line and header lines, as they were sent. Its `Debug` shows names only: a value may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Head {
    /// The method, in the case it was sent.
    pub method: String,
    /// The request target, in whatever form it was sent.
    pub target: String,
    /// Whether it is HTTP/1.1, not 1.0.
    pub http_1_1: bool,
    /// Header lines: names in lower case, values as they were sent.
    pub headers: Vec<(String, Vec<u8>)>,
    /// How many bytes it took.
    pub length: usize,
}

/// What the bytes so far are.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed {
    /// A whole head, and how many bytes it took.
    Head(Head, usize),
    /// The beginning of one.
    Partial,
}

/// Parses the head of a request. The error says what to answer; the connection ends after it.
pub fn parse(bytes: &[u8]) -> Result<Parsed, Refusal> {
    let mut lines = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut lines);
    let length = match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length <= LONGEST_REQUEST => length,
        Ok(httparse::Status::Partial) if bytes.len() < LONGEST_REQUEST => return Ok(Parsed::Partial),
        Ok(_) => return Err(Refusal::bad_request("The request is longer than 8 KiB.").closing()),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Refusal::bad_request("The request has more than 64 headers.").closing());
        }
        Err(_) => return Err(Refusal::bad_request("The request is not valid HTTP.").closing()),
    };
    let headers = request.headers.iter();
    let head = Head {
        method: request.method.unwrap_or_default().to_owned(),
        target: request.path.unwrap_or_default().to_owned(),
        http_1_1: request.version == Some(1),
        headers: headers.map(|line| (line.name.to_ascii_lowercase(), line.value.to_vec())).collect(),
        length,
    };
    Ok(Parsed::Head(head, length))
}

impl Head {
    /// The values of a header, its name in lower case.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_slice())
    }

    /// Whether the client keeps the connection open for a next request.
    pub fn keeps_alive(&self) -> bool {
        let asked = |word: &str| {
            let tokens = self.values("connection").flat_map(|value| value.split(|byte| *byte == b','));
            tokens.map(<[u8]>::trim_ascii).any(|token| token.eq_ignore_ascii_case(word.as_bytes()))
        };
        if self.http_1_1 { !asked("close") } else { asked("keep-alive") }
    }
}

impl std::fmt::Debug for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Head").field("method", &self.method).field("headers", &names).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Head {
        match parse(text.as_bytes()) {
            Ok(Parsed::Head(head, length)) => {
                assert_eq!(length, text.len());
                head
            }
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[test]
    fn a_head_is_kept_as_it_was_sent() {
        let head = head("GET /a#b?c HTTP/1.1\r\nMetadata: True\r\nmetadata: x\r\nCookie:\r\n\r\n");
        assert_eq!(head.target, "/a#b?c");
        assert_eq!(head.values("metadata").collect::<Vec<_>>(), [b"True".as_slice(), b"x"]);
        assert_eq!(head.values("cookie").collect::<Vec<_>>(), [b"".as_slice()]);
    }

    #[test]
    fn a_connection_is_kept_as_http_says() {
        for (text, kept) in [
            ("GET / HTTP/1.1\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nConnection: Upgrade, Close\r\n\r\n", false),
            ("GET / HTTP/1.0\r\n\r\n", false),
            ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true),
        ] {
            assert_eq!(head(text).keeps_alive(), kept, "{text:?}");
        }
    }

    #[test]
    fn half_a_head_is_waited_for() {
        assert_eq!(parse(b""), Ok(Parsed::Partial));
        assert_eq!(parse(b"GET / HTTP/1.1\r\nMeta"), Ok(Parsed::Partial));
    }

    #[test]
    fn what_is_too_much_or_not_http_is_refused() {
        let long = format!("GET /{} HTTP/1.1\r\n", "a".repeat(LONGEST_REQUEST));
        let whole = format!("{long}\r\n");
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(MOST_HEADERS + 1));
        let folded = "GET / HTTP/1.1\r\nMetadata: true\r\n x: y\r\n\r\n";
        for text in
            [&long, &whole, &many, folded, "GET / HTTP/2.0\r\n\r\n", "\x16\x03\x01", "GET /\x00 HTTP/1.1\r\n\r\n"]
        {
            let refusal = parse(text.as_bytes()).expect_err(text);
            assert_eq!((refusal.status, refusal.close), (400, true), "{text:?}");
        }
    }
}
