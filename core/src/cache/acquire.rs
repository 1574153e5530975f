//! Getting a token: cache, refresh ahead of need, single flight.

use std::sync::Arc;
use std::time::Duration;

use crate::cache::single_flight::{Lead, Outcome, Role};
use crate::cache::store::{Entry, Fetched, Found};
use crate::call::limits::Call;
use crate::client::Inner;
use crate::http::attempt::{self, Effort, Ended};
use crate::protocol::handshake::TokenOperation;
use crate::{AccessToken, Error, Kind};

/// A refresh ahead of need keeps its caller no longer than this: a good token is at hand.
const REFRESH_LIMIT: Duration = Duration::from_secs(2);
/// A waiter leads after a leader that ran out of time only where it has at least this much more of it: threads that
/// began together would else ask one after the other.
const WORTH_LEADING: Duration = Duration::from_millis(100);

/// A token for this key, from the cache or from the service. `forced` passes the cache by.
pub(crate) async fn acquire(client: &Inner, call: &Call, key: &str, forced: bool) -> Result<Arc<AccessToken>, Error> {
    loop {
        let mut fallback = None;
        if !forced {
            match client.cache.find(key, client.seams.clock.now()) {
                Found::Fresh(token) => return Ok(token),
                Found::Due(entry) => return refresh_ahead(client, call, key, &entry).await,
                Found::Expiring(entry) => fallback = Some(entry),
                Found::Nothing => {}
            }
        }
        let result = match client.flights.join(key, forced) {
            Role::Lead(lead) => lead_flight(client, call, key, forced, lead).await,
            Role::Wait(flight) => match call.limit(flight.outcome()).await {
                Ok(Outcome::Landed(token)) => Ok(token),
                Ok(Outcome::Failed(error)) => Err(call.ended(error)),
                Ok(Outcome::Vanished) => continue,
                Ok(Outcome::Abandoned { deadline: None, .. }) => continue,
                Ok(Outcome::Abandoned { deadline: Some(deadline), .. })
                    if call.deadline() >= deadline + WORTH_LEADING =>
                {
                    continue;
                }
                Ok(Outcome::Abandoned { error, .. }) => Err(call.ended(error)),
                Err(error) => Err(error),
            },
        };
        return result.or_else(|error| still_valid(client, fallback, error));
    }
}

/// What the cache has where this thread cannot ask anybody; `error` says why.
pub(crate) fn without_asking(client: &Inner, key: &str, forced: bool, error: Error) -> Result<Arc<AccessToken>, Error> {
    match client.cache.find(key, client.seams.clock.now()) {
        _ if forced => Err(error),
        Found::Fresh(token) => Ok(token),
        Found::Due(entry) => Ok(Arc::clone(entry.token())),
        Found::Expiring(entry) => still_valid(client, Some(entry), error),
        Found::Nothing => Err(error),
    }
}

async fn lead_flight(
    client: &Inner,
    call: &Call,
    key: &str,
    forced: bool,
    lead: Lead,
) -> Result<Arc<AccessToken>, Error> {
    // Somebody may have landed between the look into the cache and this one's start.
    if let Some(token) = client.cache.fresh(key, client.seams.clock.now()).filter(|_| !forced) {
        lead.land(Outcome::Landed(Arc::clone(&token)));
        return Ok(token);
    }
    match fetch(client, call, key, forced, Effort::Full).await {
        Ok(token) => {
            lead.land(Outcome::Landed(Arc::clone(&token)));
            Ok(token)
        }
        Err(Ended { error, cut_short }) => {
            lead.land(match (cut_short, error.kind()) {
                (false, _) => Outcome::Failed(error.clone()),
                (true, Kind::Cancelled) => Outcome::Abandoned { error: error.clone(), deadline: None },
                (true, _) => Outcome::Abandoned { error: error.clone(), deadline: Some(call.deadline()) },
            });
            Err(error)
        }
    }
}

/// One caller asks, once and briefly; all get the cached token where that fails, the caller who was cancelled too: it
/// is there.
async fn refresh_ahead(client: &Inner, call: &Call, key: &str, entry: &Entry) -> Result<Arc<AccessToken>, Error> {
    let cached = || Arc::clone(entry.token());
    let Role::Lead(lead) = client.flights.join(key, false) else { return Ok(cached()) };
    // The flight that this thread saw the need of may have landed meanwhile.
    if let Some(token) = client.cache.fresh(key, client.seams.clock.now()) {
        lead.land(Outcome::Landed(Arc::clone(&token)));
        return Ok(token);
    }
    match fetch(client, &call.within(REFRESH_LIMIT), key, false, Effort::Once).await {
        Ok(token) => {
            lead.land(Outcome::Landed(Arc::clone(&token)));
            Ok(token)
        }
        Err(_ended) => {
            crate::event!(kind = _ended.error.kind().name(), resource = key, "refresh ahead of need failed");
            entry.pause(client.seams.clock.now());
            // Who waits has no use for the cached token: it is in its last minutes by now, or was cleared.
            lead.land(Outcome::Vanished);
            Ok(cached())
        }
    }
}

async fn fetch(
    client: &Inner,
    call: &Call,
    key: &str,
    forced: bool,
    effort: Effort,
) -> Result<Arc<AccessToken>, Ended> {
    let operation = TokenOperation { resource: key, bypass_cache: forced };
    let asked = client.seams.clock.now();
    let (received, attempts) = attempt::run(&client.settings, &client.seams, call, effort, &operation).await?;
    crate::event!(resource = key, attempts, forced, "token received");
    let now = client.seams.clock.now();
    Ok(client.cache.keep(key, received, Fetched { attempts, asked, now, random: (client.seams.random)() }))
}

/// A token in its last minutes is better than none where it is the service that is in trouble.
fn still_valid(client: &Inner, fallback: Option<Arc<Entry>>, error: Error) -> Result<Arc<AccessToken>, Error> {
    let in_trouble = match error.kind() {
        Kind::Unavailable | Kind::Timeout | Kind::Transport | Kind::Throttled => true,
        _ => error.http_status().is_some_and(|status| status >= 500),
    };
    match fallback.filter(|entry| in_trouble && entry.is_valid(client.seams.clock.now())) {
        Some(entry) => Ok(Arc::clone(entry.token())),
        None => Err(error),
    }
}
