//! Our client: the library's own cache and its own rule of retries, with a host's time put in.

use std::time::Duration;

use himds::Source;
use himds::fuzzing::Failed;
use himds::fuzzing::{Cache, Cached, Next as Decision, Tries, expiry};

use crate::host_service::Token;
use crate::simulation::{Client, Next, Place, TICK};

const RESOURCE: &str = "https://management.azure.com";
const DEADLINE: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(crate) struct Ours {
    cache: Cache,
    /// A call under way, and its deadline.
    call: Option<(Tries, Duration)>,
}

impl Client for Ours {
    fn wake(&mut self, now: u64, at: &mut Place<'_>) -> Next {
        let time = Duration::from_millis(now);
        let cached = self.cache.lookup(RESOURCE, time);
        let valid = cached != Cached::Nothing;
        let (mut tries, deadline) = self.call.take().unwrap_or_else(|| match cached {
            Cached::Due(_) => (Tries::single(Source::Himds), time + DEADLINE),
            _ => (Tries::full(Source::Himds, himds::DEFAULT_MAX_ATTEMPTS, Duration::ZERO), time + DEADLINE),
        });
        if matches!(cached, Cached::Fresh(_)) {
            return self.done(now, true);
        }
        if let Some(token) = at.host.ask(now, at.service) {
            self.keep(token, now, at.random.fraction());
            return self.done(now, true);
        }
        match tries.decide(Failed::Backoff, None, time, deadline, at.random.fraction()) {
            Decision::Wait(wait) => {
                self.call = Some((tries, deadline));
                Next::Again { after: wait.as_millis() as u64 }
            }
            _ => {
                self.cache.pause(RESOURCE, time);
                self.done(now, valid)
            }
        }
    }
}

impl Ours {
    fn keep(&self, token: Token, now: u64, random: f64) {
        let expires_in = ((token.expires - now) / 1000).into();
        let (_, life, refresh_in) = expiry([Some(&expires_in), None, None, None], now / 1000).expect("an expiry");
        let secret = format!("token-{}", token.number);
        self.cache.keep(RESOURCE, &secret, [Some(life), refresh_in], Duration::from_millis(now), random);
    }

    /// Idle until the cache wants something: found by halving, since it answers for any moment.
    fn done(&self, now: u64, with_token: bool) -> Next {
        let fresh = |at: u64| matches!(self.cache.lookup(RESOURCE, Duration::from_millis(at)), Cached::Fresh(_));
        let (mut from, mut until) = (now, now + 24 * 3600 * 1000);
        if !fresh(now) || !fresh(now + TICK) {
            return Next::Done { idle_until: now, with_token };
        }
        while until - from > 1 {
            let middle = from.midpoint(until);
            if fresh(middle) { from = middle } else { until = middle }
        }
        Next::Done { idle_until: until, with_token }
    }
}
