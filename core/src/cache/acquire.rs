//! Getting a token: cache, early refresh, single flight.

use std::sync::Arc;
use std::time::Duration;

use crate::cache::single_flight::{Flight, Flights, Leader, Outcome, Role, Span};
use crate::cache::store::{Entry, FetchInfo, Lookup, Store};
use crate::call::limits::Call;
use crate::discovery::plan::Service;
use crate::http::attempt::{Attempts, CallError, Http};
use crate::protocol::handshake::TokenOperation;
use crate::{AccessToken, Error, Identity, Kind};

/// An early refresh keeps its caller no longer than this: a good token is at hand.
const REFRESH_LIMIT: Duration = Duration::from_secs(2);
/// A waiter leads after a leader that ran out of time only if it has at least this much more of it: threads that began
/// together would otherwise ask one after another.
const WORTH_LEADING: Duration = Duration::from_millis(100);

/// A client's tokens, and the requests for them that are under way.
#[derive(Default)]
pub(crate) struct Tokens {
    pub(crate) store: Store,
    flights: Flights,
}

/// One call for a token.
pub(crate) struct Acquire<'a> {
    pub(crate) tokens: &'a Tokens,
    pub(crate) http: &'a Http,
    pub(crate) service: &'a Service,
    pub(crate) identity: &'a Identity,
    pub(crate) call: &'a Call,
    pub(crate) resource: &'a str,
    /// Bypasses the cache, the service's own too if it can.
    pub(crate) forced: bool,
}

impl Acquire<'_> {
    /// The token, from the cache or from the service.
    pub(crate) async fn run(&self) -> Result<Arc<AccessToken>, Error> {
        loop {
            let mut fallback = None;
            if !self.forced {
                match self.lookup() {
                    Lookup::Fresh(token) => return Ok(token),
                    Lookup::Due(entry) => return self.refresh_early(&entry).await,
                    Lookup::Expiring(entry) => fallback = Some(entry),
                    Lookup::Nothing => {}
                }
            }
            let result = match self.join(self.forced, self.call) {
                Role::Lead(leader) => self.lead(leader).await,
                Role::Wait(flight) => match self.call.limit(self.outcome(&flight)).await {
                    Ok(Outcome::Token(token)) => Ok(token),
                    Ok(Outcome::Error(error)) => Err(self.call.ended(error)),
                    Ok(Outcome::Nothing) => continue,
                    Ok(Outcome::CutShort { error, deadline }) => match deadline {
                        Some(deadline) if self.call.deadline() < deadline + WORTH_LEADING => {
                            Err(self.call.ended(error))
                        }
                        _ => continue,
                    },
                    Err(error) => Err(error),
                },
            };
            return result.or_else(|error| self.still_valid(fallback, error));
        }
    }

    /// What the cache has if this thread cannot ask; `error` says why it cannot.
    pub(crate) fn cached_instead_of(&self, error: Error) -> Result<Arc<AccessToken>, Error> {
        if self.forced {
            return Err(error);
        }
        match self.lookup() {
            Lookup::Fresh(token) => Ok(token),
            Lookup::Due(entry) => Ok(Arc::clone(entry.token())),
            Lookup::Expiring(entry) => self.still_valid(Some(entry), error),
            Lookup::Nothing => Err(error),
        }
    }

    fn lookup(&self) -> Lookup {
        self.tokens.store.lookup(self.resource, self.http.seams.clock.now())
    }

    fn fresh(&self) -> Option<Arc<AccessToken>> {
        self.tokens.store.fresh(self.resource, self.http.seams.clock.now())
    }

    fn join(&self, forced: bool, call: &Call) -> Role {
        let span = Span { now: self.http.seams.clock.now(), deadline: call.deadline() };
        self.tokens.flights.join(self.resource, forced, span)
    }

    /// The flight's outcome; nothing once its leader is lost.
    async fn outcome(&self, flight: &Flight) -> Outcome {
        let clock = &self.http.seams.clock;
        if self.call.deadline() <= flight.lost_from() {
            return flight.outcome().await;
        }
        let left = flight.lost_from().saturating_sub(clock.now());
        tokio::select! {
            biased;
            outcome = flight.outcome() => outcome,
            () = clock.sleep(left) => Outcome::Nothing,
        }
    }

    async fn lead(&self, leader: Leader) -> Result<Arc<AccessToken>, Error> {
        // Another flight may have brought one between the look into the cache and this one's start.
        if let Some(token) = self.fresh().filter(|_| !self.forced) {
            leader.finish(Outcome::Token(Arc::clone(&token)));
            return Ok(token);
        }
        match self.fetch(self.call, Attempts::Full).await {
            Ok(token) => {
                leader.finish(Outcome::Token(Arc::clone(&token)));
                Ok(token)
            }
            Err(CallError { error, ended_by_caller }) => {
                leader.finish(match (ended_by_caller, error.kind()) {
                    (false, _) => Outcome::Error(error.clone()),
                    (true, Kind::Cancelled) => Outcome::CutShort { error: error.clone(), deadline: None },
                    (true, _) => Outcome::CutShort { error: error.clone(), deadline: Some(self.call.deadline()) },
                });
                Err(error)
            }
        }
    }

    /// One caller asks, once and briefly; all get the cached token if that fails, even the caller that was cancelled:
    /// the token is there.
    async fn refresh_early(&self, entry: &Entry) -> Result<Arc<AccessToken>, Error> {
        let cached = || Arc::clone(entry.token());
        let brief = self.call.within(REFRESH_LIMIT);
        let Role::Lead(leader) = self.join(false, &brief) else { return Ok(cached()) };
        // The flight that this thread saw the need of may have ended meanwhile.
        if let Some(token) = self.fresh() {
            leader.finish(Outcome::Token(Arc::clone(&token)));
            return Ok(token);
        }
        match self.fetch(&brief, Attempts::Once).await {
            Ok(token) => {
                leader.finish(Outcome::Token(Arc::clone(&token)));
                Ok(token)
            }
            Err(_failed) => {
                crate::event!(kind = _failed.error.kind().name(), resource = self.resource, "early refresh failed");
                entry.pause(self.http.seams.clock.now());
                // A waiter has no use for the cached token: it is in its last minutes by now, or was cleared.
                leader.finish(Outcome::Nothing);
                Ok(cached())
            }
        }
    }

    async fn fetch(&self, call: &Call, attempts: Attempts) -> Result<Arc<AccessToken>, CallError> {
        let Acquire { service, identity, resource, forced, .. } = *self;
        let operation = TokenOperation { service, identity, resource, bypass_cache: forced };
        let seams = &self.http.seams;
        let asked = seams.clock.now();
        let (parsed, attempts) = self.http.run(call, attempts, &operation).await?;
        crate::event!(resource, attempts, forced, "token received");
        let info = FetchInfo { attempts, asked, now: seams.clock.now(), random: (seams.random)() };
        Ok(self.tokens.store.keep(resource, parsed, info))
    }

    /// A token in its last minutes is better than none if it is the service that is in trouble.
    fn still_valid(&self, fallback: Option<Arc<Entry>>, error: Error) -> Result<Arc<AccessToken>, Error> {
        let in_trouble = match error.kind() {
            Kind::Unavailable | Kind::Timeout | Kind::Transport | Kind::Throttled => true,
            _ => error.http_status().is_some_and(|status| status >= 500),
        };
        match fallback.filter(|entry| in_trouble && entry.is_valid(self.http.seams.clock.now())) {
            Some(entry) => Ok(Arc::clone(entry.token())),
            None => Err(error),
        }
    }
}
