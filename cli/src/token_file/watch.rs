//! Keeping the file's token fresh.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use himds::{AccessToken, Client};

use super::target::Target;
use crate::failure::Failure;
use crate::format::utc;
use crate::printable::printable;
use crate::streams::Streams;

/// A token is renewed at the latest this long before it expires: as the library does, and Azure's own.
const AHEAD: Duration = Duration::from_secs(5 * 60);
/// After a failure; and a service that hands out the same token to its end is not asked more often.
const SHORTEST_WAIT: Duration = Duration::from_secs(30);
/// After several failures.
const LONGEST_RETRY: Duration = Duration::from_secs(5 * 60);
/// A wait is slept in parts, because the clock that `sleep` counts on stands still while the machine sleeps.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// The outside world of the loop.
pub(super) trait World {
    fn now(&self) -> SystemTime;
    /// Waits until then; `false` ends the watch.
    fn wait_until(&mut self, time: SystemTime) -> bool;
    fn say(&mut self, line: &str);
}

/// The system's clock and the command's stderr.
pub(super) struct System<'a, 'b>(pub(super) &'a mut Streams<'b>);

impl World for System<'_, '_> {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn wait_until(&mut self, time: SystemTime) -> bool {
        let (began, whole) = (Instant::now(), time.duration_since(SystemTime::now()).unwrap_or_default());
        loop {
            let left = left(time, SystemTime::now(), whole.saturating_sub(began.elapsed()));
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(LONGEST_SLEEP));
        }
    }

    fn say(&mut self, line: &str) {
        self.0.say(line);
    }
}

/// What is left of a wait: until that time, but no longer than the wait was to be, should the clock be set back meanwhile.
fn left(time: SystemTime, now: SystemTime, of_wait: Duration) -> Duration {
    time.duration_since(now).unwrap_or_default().min(of_wait)
}

/// Renews the token in the file ahead of need, until the process is ended. A failure leaves the file alone, is told, and
/// tried again.
pub(super) fn watch(
    client: &Client,
    resource: &str,
    target: &Target,
    first: &Arc<AccessToken>,
    world: &mut impl World,
) {
    let mut held = Arc::clone(first);
    let mut due = renewal(first, world.now());
    let mut failures = 0;
    while world.wait_until(due) {
        match renew(client, resource, target) {
            Ok(token) => {
                if failures > 0 {
                    world.say(&format!("himds: {} is renewed", printable(&target.shown())));
                }
                failures = 0;
                due = renewal(&token, world.now());
                held = token;
            }
            Err(failure) => {
                let wait = retry_wait(failures);
                failures += 1;
                due = world.now() + wait;
                let state = if held.expires_on() > world.now() { "expires" } else { "has expired" };
                world.say(&format!(
                    "himds: {} is not renewed: {}. Its token {state} ({}); next try in {} s",
                    printable(&target.shown()),
                    failure.line(),
                    utc(held.expires_on_unix()).unwrap_or_default(),
                    wait.as_secs()
                ));
            }
        }
    }
}

/// Asks the service, whatever this process has cached: a token that is served once more in spite of a failed renewal would
/// hide the failure.
fn renew(client: &Client, resource: &str, target: &Target) -> Result<Arc<AccessToken>, Failure> {
    client.clear_cache();
    let token = client.token(resource)?;
    target.write(&token)?;
    Ok(token)
}

/// When to renew a token that was got now.
fn renewal(token: &AccessToken, now: SystemTime) -> SystemTime {
    let left = token.expires_on().duration_since(now).unwrap_or_default();
    let early = token.refresh_on().and_then(|time| time.duration_since(now).ok());
    now + wait(left, early)
}

/// The wait for a token that is valid for the time `left` and should be renewed after `early`, if that is known: until
/// then, but no later than five minutes before its end, or half of what is left, if that is more; and at least 30 s.
fn wait(left: Duration, early: Option<Duration>) -> Duration {
    let latest = left.saturating_sub(AHEAD).max(left / 2);
    early.map_or(latest, |early| early.min(latest)).max(SHORTEST_WAIT)
}

/// The wait after a failure, doubled each time.
fn retry_wait(failures: u32) -> Duration {
    SHORTEST_WAIT.saturating_mul(1 << failures.min(8)).min(LONGEST_RETRY)
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod loop_tests;

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;

    #[test]
    fn a_token_is_renewed_ahead_of_need() {
        for (left, early, expected) in [
            (24 * HOUR, Some(12 * HOUR), 12 * HOUR),
            (24 * HOUR, None, 24 * HOUR - 5 * MINUTE),
            (HOUR, Some(2 * HOUR), 55 * MINUTE),
            (20 * MINUTE, None, 15 * MINUTE),
            (8 * MINUTE, None, 4 * MINUTE),
            (HOUR, Some(0), 30),
            (45, None, 30),
            (0, None, 30),
        ] {
            let waited = wait(Duration::from_secs(left), early.map(Duration::from_secs));
            assert_eq!(waited.as_secs(), expected, "{left} {early:?}");
        }
    }

    #[test]
    fn a_clock_that_is_set_does_not_prolong_a_wait() {
        let (now, minute, day) = (SystemTime::now(), Duration::from_secs(MINUTE), Duration::from_secs(24 * HOUR));
        let due = now + minute;
        assert_eq!(left(due, now, minute), minute);
        assert_eq!(left(due, now - day, minute), minute, "it was set back");
        assert_eq!(left(due, now + day, minute), Duration::ZERO, "it was set, or the machine slept");
    }

    #[test]
    fn failures_are_tried_again_less_and_less_often() {
        let waits: Vec<_> = (0..6).map(|failures| retry_wait(failures).as_secs()).collect();
        assert_eq!(waits, [30, 60, 120, 240, 300, 300]);
        assert_eq!(retry_wait(u32::MAX).as_secs(), 300);
    }
}
