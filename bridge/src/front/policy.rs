//! Who may request what. `himds exec` and a daemon answer this differently; the front only asks.

use std::net::SocketAddr;
use std::time::Duration;

use himds::Kind;

use super::ask::Ask;

/// What a policy says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Allow,
    /// 403, with the reason.
    Refuse(String),
    /// 404, as if the path were not served.
    NotFound,
    /// 429: allowed, but not so often; again after so many seconds.
    TooMany(u64),
}

/// Decides. Calls are short and do not block for long: they are made on the thread that serves everybody.
pub trait Policy: 'static {
    /// What is known of the process at the other end of a connection.
    type Caller;

    /// Who has connected: asked a moment after that, or when the first bytes have arrived, and for each request. `None`
    /// closes the connection without a word.
    fn caller(&self, peer: SocketAddr, local: SocketAddr) -> Option<Self::Caller>;

    /// Whether this may be answered. Called before the core is asked.
    fn decide(&self, caller: &Self::Caller, ask: &Ask) -> Verdict;

    /// The same, asked again before a token is written: rules may have changed and the peer may have gone meanwhile.
    fn confirm(&self, caller: &Self::Caller, ask: &Ask) -> Verdict {
        self.decide(caller, ask)
    }

    /// Told of every answer, for a log. Nothing in it is secret.
    fn answered(&self, caller: &Self::Caller, report: &Report<'_>);

    /// Told that a connection has ended, whether or not its caller was looked up.
    fn left(&self, _peer: SocketAddr) {}
}

/// One answer, for a log. What the client wrote is not escaped here.
#[derive(Debug)]
pub struct Report<'a> {
    /// The status that was sent.
    pub status: u16,
    /// The method and path; empty where the request was not HTTP.
    pub request: (&'a str, &'a str),
    /// What was asked, where it could be read.
    pub ask: Option<&'a Ask>,
    /// Why it was refused.
    pub refusal: Option<&'a str>,
    /// What kind of error the core had.
    pub kind: Option<Kind>,
    /// The first 8 hexadecimal digits of the SHA-256 of the token that is in the answer.
    pub token: Option<&'a str>,
    /// How long it took.
    pub took: Duration,
}
