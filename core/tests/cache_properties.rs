//! The cache next to a model that keeps a list: tokens kept, time passing, failed refreshes, clearing, in any order.

#![cfg(feature = "fuzzing")]

use std::collections::HashMap;
use std::time::Duration;

use himds::fuzzing::{Cache, Cached};
use proptest::prelude::*;

const RESOURCES: [&str; 3] = ["https://a", "https://b", "https://a/"];
const MARGIN: u64 = 300;
const LONGEST_LIFE: u64 = 28 * 3600;
const PACE: u64 = 5;

#[derive(Clone, Debug)]
enum Step {
    Keep { resource: usize, secret: u8, life: u64, refresh_in: Option<u64>, random: f64 },
    Pass(u64),
    Fail(usize),
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    let life = prop_oneof![0_u64..20, 280_u64..340, 3000_u64..90_000, 100_000_u64..200_000];
    let refresh_in = proptest::option::of(1_u64..90_000);
    let keep = (0..RESOURCES.len(), 0_u8..3, life, refresh_in, 0.0..0.999).prop_map(
        |(resource, secret, life, refresh_in, random)| Step::Keep { resource, secret, life, refresh_in, random },
    );
    let pass = prop_oneof![0_u64..10, 20_u64..400, 1000_u64..50_000].prop_map(Step::Pass);
    prop_oneof![
        4 => keep,
        6 => pass,
        3 => (0..RESOURCES.len()).prop_map(Step::Fail),
        1 => Just(Step::Clear),
    ]
}

/// A token as a person would note it: its moments in seconds.
#[derive(Clone, Debug)]
struct Noted {
    secret: String,
    expires: u64,
    paced_until: u64,
    /// Between these moments the early refresh begins, as chance wants.
    refresh: Option<(u64, u64)>,
    failures: u32,
}

impl Noted {
    fn of(before: Option<&Noted>, secret: String, life: u64, refresh_in: Option<u64>, now: u64) -> Option<Self> {
        let again = before.is_some_and(|noted| noted.secret == secret);
        let life = life.min(LONGEST_LIFE);
        let begins = if again { Some(life / 2) } else { refresh_in.map(|time| time.min(life)) };
        // Half of an odd number of seconds, and the random delay: at most a tenth of the rest, at most ten minutes.
        let refresh = begins.map(|time| (now + time, now + time + ((life - time).div_ceil(10)).min(600) + 1));
        let paced_until = if again { now + PACE } else { 0 };
        (life > 0).then_some(Noted { secret, expires: now + life, paced_until, refresh, failures: 0 })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_cache_does_what_the_list_says(steps in proptest::collection::vec(step(), 1..60)) {
        let (cache, mut notes, mut now) = (Cache::default(), HashMap::<usize, Noted>::new(), 0_u64);
        let seconds = Duration::from_secs;
        for step in steps {
            match step {
                Step::Keep { resource, secret, life, refresh_in, random } => {
                    let secret = format!("secret-{secret}");
                    let lives = [Some(seconds(life)), refresh_in.map(|time| seconds(time.min(life)))];
                    cache.keep(RESOURCES[resource], &secret, lives, seconds(now), random);
                    if let Some(noted) = Noted::of(notes.get(&resource), secret, life, refresh_in, now) {
                        // Whatever is over goes with the next token.
                        notes.retain(|_, noted| now < noted.expires);
                        notes.insert(resource, noted);
                    }
                }
                Step::Pass(time) => now += time,
                Step::Fail(resource) => {
                    let due = matches!(cache.lookup(RESOURCES[resource], seconds(now)), Cached::Due(_));
                    cache.pause(RESOURCES[resource], seconds(now));
                    if let (true, Some(noted)) = (due, notes.get_mut(&resource)) {
                        let pause = (30 << noted.failures.min(8)).min(300);
                        noted.failures += 1;
                        noted.refresh = Some((now + pause, now + pause));
                    }
                }
                Step::Clear => {
                    cache.clear();
                    notes.clear();
                }
            }
            for (index, resource) in RESOURCES.iter().enumerate() {
                check(cache.lookup(resource, seconds(now)), notes.get(&index), now)?;
                let served = cache.served(resource, seconds(now));
                let expected = notes.get(&index).filter(|noted| now + MARGIN < noted.expires);
                prop_assert_eq!(served, expected.map(|noted| noted.secret.clone()), "served at {}", now);
            }
        }
    }
}

/// A valid token is never withheld, an expired one never given, and nobody asks before the time.
fn check(found: Cached, noted: Option<&Noted>, now: u64) -> Result<(), TestCaseError> {
    let Some(noted) = noted.filter(|noted| now < noted.expires) else {
        prop_assert_eq!(found, Cached::Nothing);
        return Ok(());
    };
    let secret = || noted.secret.clone();
    if now + MARGIN >= noted.expires {
        let expected = if now < noted.paced_until { Cached::Fresh(secret()) } else { Cached::Expiring(secret()) };
        prop_assert_eq!(found, expected);
        return Ok(());
    }
    match noted.refresh {
        Some((_, latest)) if now >= latest => prop_assert_eq!(found, Cached::Due(secret())),
        Some((earliest, _)) if now >= earliest => {
            prop_assert!([Cached::Fresh(secret()), Cached::Due(secret())].contains(&found), "{:?} at {}", found, now);
        }
        _ => prop_assert_eq!(found, Cached::Fresh(secret())),
    }
    Ok(())
}
