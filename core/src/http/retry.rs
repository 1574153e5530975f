//! Whether and when to ask again.
//!
//! | answer | asked again |
//! |---|---|
//! | 408, 429, 500, 502, 503, 504, a broken connection; 404 from IMDS for a token | after a random wait, or `Retry-After` if that is longer, at most `max_attempts` tries |
//! | 410 from IMDS | likewise, waits of at most 10 s, for 70 s, not counted |
//! | 400 that names api-versions, from HIMDS | once, at once, not counted |
//! | nobody listens | no; with `wait_for_service`, likewise with waits of at most 10 s, for that time, not counted |
//! | everything else | no |
//!
//! All of it inside the call's deadline: if the next wait does not fit, the last error is returned at once.

use std::time::Duration;

use crate::Source;

/// The first wait is a random part of this. IMDS: what its documentation recommends. HIMDS: the agent is on this machine
/// and has no published limits.
const BASE_IMDS: Duration = Duration::from_millis(800);
const BASE_HIMDS: Duration = Duration::from_millis(200);
/// IMDS says that it is ready again within 70 s of its first 410.
const GONE_FOR: Duration = Duration::from_secs(70);
/// Between tries that are not counted: chance alone must not make a busy loop of them, nor a nap too long to notice.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// The exponent stops growing here, so that a large `max_attempts` neither overflows nor waits for hours.
const MOST_DOUBLINGS: u32 = 7;

/// What an error means for the next try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    Never,
    /// Counted, with a growing wait.
    Backoff,
    /// A 410.
    Gone,
    /// Nobody listens: again only if the caller waits for the service.
    Absent,
    /// With this api-version instead.
    ApiVersion(&'static str),
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Decision {
    Stop,
    /// The next wait would end after the deadline.
    StopAtDeadline,
    Wait(Duration),
    Repeat(&'static str),
}

/// The limits of one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    base: Duration,
    max_attempts: u32,
    wait_for_gone: bool,
    /// How long to wait for an absent service.
    wait_for_service: Duration,
}

impl Policy {
    pub(crate) fn full(source: Source, max_attempts: u32, wait_for_service: Duration) -> Self {
        let base = match source {
            Source::Himds => BASE_HIMDS,
            Source::Imds => BASE_IMDS,
        };
        Policy { base, max_attempts, wait_for_gone: true, wait_for_service }
    }

    /// A single attempt, for a refresh ahead of need.
    pub(crate) fn single(source: Source) -> Self {
        Policy { max_attempts: 1, wait_for_gone: false, ..Policy::full(source, 1, Duration::ZERO) }
    }
}

/// What has been tried in this call.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    counted: u32,
    gone: u32,
    first_gone: Option<Duration>,
    absent: u32,
    first_absent: Option<Duration>,
    api_version_repeated: bool,
}

/// Now and the deadline, on the same clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) now: Duration,
    pub(crate) deadline: Duration,
}

/// `random` is in [0, 1).
pub(crate) fn decide(
    policy: &Policy,
    progress: &mut Progress,
    retry: Retry,
    retry_after: Option<Duration>,
    times: Times,
    random: f64,
) -> Decision {
    let backoff = |doublings: u32| policy.base.mul_f64(random * f64::from(1_u32 << doublings.min(MOST_DOUBLINGS)));
    let wait = match retry {
        Retry::Never => return Decision::Stop,
        Retry::ApiVersion(_) if progress.api_version_repeated => return Decision::Stop,
        Retry::ApiVersion(version) => {
            progress.api_version_repeated = true;
            return Decision::Repeat(version);
        }
        Retry::Backoff => {
            progress.counted += 1;
            if progress.counted >= policy.max_attempts {
                return Decision::Stop;
            }
            longer(backoff(progress.counted - 1), retry_after)
        }
        Retry::Gone => {
            let first = *progress.first_gone.get_or_insert(times.now);
            let wait = longer(backoff(progress.gone).max(SHORTEST_WAIT), retry_after).min(LONGEST_WAIT);
            progress.gone += 1;
            if !policy.wait_for_gone || times.now.saturating_add(wait) > first + GONE_FOR {
                return Decision::Stop;
            }
            wait
        }
        Retry::Absent => {
            let first = *progress.first_absent.get_or_insert(times.now);
            let wait = backoff(progress.absent).clamp(SHORTEST_WAIT, LONGEST_WAIT);
            progress.absent += 1;
            if times.now.saturating_add(wait) > first.saturating_add(policy.wait_for_service) {
                return Decision::Stop;
            }
            wait
        }
    };
    if times.now.saturating_add(wait) < times.deadline { Decision::Wait(wait) } else { Decision::StopAtDeadline }
}

/// A server may lengthen our wait, never shorten it.
fn longer(own: Duration, retry_after: Option<Duration>) -> Duration {
    own.max(retry_after.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn at(now: u32, deadline: u32) -> Times {
        Times { now: S * now, deadline: S * deadline }
    }

    #[test]
    fn five_attempts_with_growing_waits() {
        let policy = Policy::full(Source::Imds, 5, Duration::ZERO);
        let mut progress = Progress::default();
        let mut step = || decide(&policy, &mut progress, Retry::Backoff, None, at(0, 30), 0.5);
        let waits: Vec<_> = (0..5).map(|_| step()).collect();
        let wait = |ms| Decision::Wait(Duration::from_millis(ms));
        assert_eq!(waits, [wait(400), wait(800), wait(1600), wait(3200), Decision::Stop]);
    }

    #[test]
    fn retry_after_is_honoured_or_the_error_returned_at_once() {
        let policy = Policy::full(Source::Himds, 5, Duration::ZERO);
        let step = |after, times| decide(&policy, &mut Progress::default(), Retry::Backoff, Some(after), times, 0.0);
        assert_eq!(step(S * 7, at(0, 30)), Decision::Wait(S * 7));
        assert_eq!(step(S * 30, at(0, 30)), Decision::StopAtDeadline);
        let own = |retry| decide(&policy, &mut Progress::default(), retry, Some(Duration::ZERO), at(0, 30), 0.5);
        assert_eq!(own(Retry::Backoff), Decision::Wait(Duration::from_millis(100)), "a server never shortens our wait");
        let gone = decide(&policy, &mut Progress::default(), Retry::Gone, Some(Duration::ZERO), at(0, 30), 0.0);
        assert_eq!(gone, Decision::Wait(SHORTEST_WAIT), "nor does chance");
    }

    #[test]
    fn gone_is_not_counted_and_lasts_70_seconds() {
        let policy = Policy::full(Source::Imds, 2, Duration::ZERO);
        let mut progress = Progress::default();
        let mut now = 0;
        let mut asked = 0;
        while let Decision::Wait(wait) = decide(&policy, &mut progress, Retry::Gone, Some(S * 20), at(now, 500), 0.9) {
            assert_eq!(wait, S * 10);
            now += 10;
            asked += 1;
        }
        assert_eq!(asked, 7);
        assert!(matches!(decide(&policy, &mut progress, Retry::Backoff, None, at(now, 500), 0.9), Decision::Wait(_)));
        let early = decide(&policy, &mut Progress::default(), Retry::Gone, Some(S * 8), at(0, 5), 0.9);
        assert_eq!(early, Decision::StopAtDeadline);
    }

    #[test]
    fn an_absent_service_is_waited_for_as_long_as_the_caller_says() {
        let policy = Policy::full(Source::Himds, 1, S * 30);
        let (mut progress, mut now, mut asked) = (Progress::default(), Duration::ZERO, 0);
        loop {
            let times = Times { now, deadline: S * 500 };
            match decide(&policy, &mut progress, Retry::Absent, None, times, 0.99) {
                Decision::Wait(wait) => now += wait,
                decision => break assert_eq!(decision, Decision::Stop),
            }
            asked += 1;
        }
        assert!(now > S * 15 && now <= S * 30 && asked > 5, "{now:?} {asked}");
        let not_waiting = Policy::full(Source::Himds, 5, Duration::ZERO);
        let decision = decide(&not_waiting, &mut Progress::default(), Retry::Absent, None, at(0, 30), 0.0);
        assert_eq!(decision, Decision::Stop);
    }

    #[test]
    fn an_api_version_is_tried_once() {
        let policy = Policy::single(Source::Himds);
        let mut progress = Progress::default();
        let mut step = |retry| decide(&policy, &mut progress, retry, None, at(0, 30), 0.0);
        assert_eq!(step(Retry::ApiVersion("2019-11-01")), Decision::Repeat("2019-11-01"));
        assert_eq!(step(Retry::ApiVersion("2019-08-15")), Decision::Stop);
        assert_eq!(step(Retry::Backoff), Decision::Stop, "a single attempt");
        assert_eq!(step(Retry::Gone), Decision::Stop);
        assert_eq!(step(Retry::Never), Decision::Stop);
    }

    #[test]
    fn many_attempts_do_not_overflow() {
        let policy = Policy::full(Source::Imds, u32::MAX, Duration::ZERO);
        let mut progress = Progress { counted: 4_000_000, ..Progress::default() };
        let wait = decide(&policy, &mut progress, Retry::Backoff, None, at(0, 9999), 0.999);
        assert!(matches!(wait, Decision::Wait(wait) if wait < S * 103));
    }
}
