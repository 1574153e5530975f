//! The tokens of one client, by resource.
//!
//! Reading takes no lock and writes no shared memory but the token's own counter, so it can neither wait for a
//! refresh nor be left locked by a `fork`.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use foldhash::fast::FixedState;

use crate::AccessToken;
use crate::protocol::token_answer::ParsedToken;
use crate::secret::Secret;

/// A token is no longer served from the cache in the last minutes of its life, so that a caller's own request still
/// arrives in time.
const MARGIN: Duration = Duration::from_secs(5 * 60);
/// No token is kept for longer than this, whatever one answer says: the services' own live for 24 hours.
const LONGEST_LIFE: Duration = Duration::from_secs(28 * 60 * 60);
/// In a token's last minutes, a service that gave the same one again is asked at most once in this time.
const PACE: Duration = Duration::from_secs(5);
/// The random delay of a refresh-ahead: at most a tenth of what lies between it and the expiry, and at most this.
const LONGEST_DELAY: Duration = Duration::from_secs(10 * 60);
/// A refresh-ahead that failed is tried again after this, doubling up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);
/// The most resources that are kept: a program has a handful, and adding one copies the map of all. Beyond it, the one
/// that was requested longest ago makes room.
const MOST_ENTRIES: usize = 1_000;
/// There is no early refresh.
const NEVER: u64 = u64::MAX;

/// A cached token and its moments, in nanoseconds of the client's clock.
pub(crate) struct Entry {
    token: Arc<AccessToken>,
    asked_at: u64,
    expires_at: u64,
    served_until: u64,
    /// The same token came again in its last minutes: it is served until then without asking.
    paced_until: u64,
    refresh_at: AtomicU64,
    failures: AtomicU32,
}

impl Entry {
    pub(crate) fn token(&self) -> &Arc<AccessToken> {
        &self.token
    }

    /// Whether the token has not expired yet.
    pub(crate) fn is_valid(&self, now: Duration) -> bool {
        nanoseconds(now) < self.expires_at
    }

    /// Postpones the next early refresh, after one that failed.
    pub(crate) fn pause(&self, now: Duration) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed).min(8);
        let pause = (FIRST_PAUSE * (1 << failures)).min(LONGEST_PAUSE);
        self.refresh_at.store(nanoseconds(now + pause), Ordering::Relaxed);
    }
}

/// What the cache has for a resource.
pub(crate) enum Lookup {
    /// A token to be served.
    Fresh(Arc<AccessToken>),
    /// A token to be served, while one caller requests a newer one.
    Due(Arc<Entry>),
    /// A token in its last minutes: request a newer one, fall back to this.
    Expiring(Arc<Entry>),
    Nothing,
}

/// How a token was fetched: the attempts it took, and when it was requested and received, on the client's clock.
#[derive(Clone, Copy)]
pub(crate) struct FetchInfo {
    pub(crate) attempts: u32,
    pub(crate) asked: Duration,
    pub(crate) now: Duration,
    /// In [0, 1), to spread the refreshes of a fleet.
    pub(crate) random: f64,
}

/// The hash is not seeded: resources are the caller's own, and `os/fork.rs` says why.
type Map = HashMap<Arc<str>, Arc<Entry>, FixedState>;

#[derive(Default)]
pub(crate) struct Store(ArcSwap<Map>);

impl Store {
    /// The token for this resource (without `/.default`), if it can be served without asking anybody.
    #[inline]
    pub(crate) fn served(&self, resource: &str, now: Duration) -> Option<Arc<AccessToken>> {
        let map = self.0.load();
        let entry = map.get(resource)?;
        (nanoseconds(now) < entry.served_until).then(|| Arc::clone(&entry.token))
    }

    /// What `read` makes of the token that [`served`](Self::served) would give.
    #[inline]
    pub(crate) fn with_served<T>(
        &self,
        resource: &str,
        now: Duration,
        read: impl FnOnce(&AccessToken) -> T,
    ) -> Option<T> {
        let map = self.0.load();
        let entry = map.get(resource)?;
        (nanoseconds(now) < entry.served_until).then(|| read(&entry.token))
    }

    /// Like [`served`](Self::served), and not due for a refresh-ahead either.
    #[inline]
    pub(crate) fn fresh(&self, resource: &str, now: Duration) -> Option<Arc<AccessToken>> {
        let map = self.0.load();
        let entry = map.get(resource)?;
        let until = entry.served_until.min(entry.refresh_at.load(Ordering::Relaxed));
        (nanoseconds(now) < until).then(|| Arc::clone(&entry.token))
    }

    pub(crate) fn lookup(&self, resource: &str, now: Duration) -> Lookup {
        let map = self.0.load();
        let Some(entry) = map.get(resource) else { return Lookup::Nothing };
        let now = nanoseconds(now);
        if now >= entry.expires_at {
            Lookup::Nothing
        } else if now >= entry.served_until {
            match now < entry.paced_until {
                true => Lookup::Fresh(Arc::clone(&entry.token)),
                false => Lookup::Expiring(Arc::clone(entry)),
            }
        } else if now >= entry.refresh_at.load(Ordering::Relaxed) {
            Lookup::Due(Arc::clone(entry))
        } else {
            Lookup::Fresh(Arc::clone(&entry.token))
        }
    }

    /// Keeps what was received for this resource and gives it to the caller; if another was requested later and is here
    /// already, as a forced refresh may be, that one. A token that seems expired is given, not kept.
    pub(crate) fn keep(&self, resource: &str, parsed: ParsedToken, info: FetchInfo) -> Arc<AccessToken> {
        let ParsedToken { secret, token_type, expiry, server_time } = parsed;
        let FetchInfo { attempts, asked, now, random } = info;
        let same = self.holds(resource, &secret);
        let life = expiry.life.min(LONGEST_LIFE);
        let refresh_in = match same {
            // The service renews late: the same token is requested again when half of what remains has passed.
            true => Some(life / 2),
            false => expiry.refresh_in.map(|time| time.min(life)),
        };
        let refresh_on = refresh_in.map(|time| server_time + time.as_secs());
        let token = Arc::new(AccessToken::new(
            secret,
            resource.to_owned(),
            token_type,
            expiry.expires_on,
            refresh_on,
            attempts,
        ));
        if life.is_zero() {
            return token;
        }
        let delay = |time: Duration| ((life - time) / 10).min(LONGEST_DELAY).mul_f64(random);
        let entry = Arc::new(Entry {
            token,
            asked_at: nanoseconds(asked),
            expires_at: nanoseconds(now + life),
            served_until: nanoseconds(now + life.saturating_sub(MARGIN)),
            paced_until: if same { nanoseconds(now + PACE) } else { 0 },
            refresh_at: AtomicU64::new(refresh_in.map_or(NEVER, |time| nanoseconds(now + time + delay(time)))),
            failures: AtomicU32::new(0),
        });
        let mut kept = Arc::clone(&entry);
        self.0.rcu(|map| {
            let mut valid: Map = map
                .iter()
                .filter(|(_, entry)| entry.is_valid(now))
                .map(|(resource, entry)| (Arc::clone(resource), Arc::clone(entry)))
                .collect();
            kept = match valid.get(resource) {
                Some(later) if later.asked_at > entry.asked_at => Arc::clone(later),
                _ => Arc::clone(&entry),
            };
            if !valid.contains_key(resource) && valid.len() >= MOST_ENTRIES {
                let oldest = valid.iter().min_by_key(|(_, entry)| entry.asked_at).map(|(oldest, _)| Arc::clone(oldest));
                oldest.and_then(|oldest| valid.remove(&oldest));
            }
            valid.insert(resource.into(), Arc::clone(&kept));
            valid
        });
        Arc::clone(&kept.token)
    }

    /// Whether the resource's token, expired or not, is this one.
    pub(crate) fn holds(&self, resource: &str, secret: &Secret) -> bool {
        self.0.load().get(resource).is_some_and(|entry| entry.token.secret() == secret.expose())
    }

    pub(crate) fn clear(&self) {
        self.0.store(Arc::default());
    }
}

/// A `u64` holds 584 years of them.
#[inline]
fn nanoseconds(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(time.subsec_nanos()))
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
