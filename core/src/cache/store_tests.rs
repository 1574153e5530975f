//! The life of an entry, on a clock of the tests' own.

use super::*;
use crate::protocol::expiry::Expiry;

const S: Duration = Duration::from_secs(1);

fn received(secret: &str, life: u32, refresh_in: Option<u32>) -> ParsedToken {
    ParsedToken {
        secret: Secret::new(secret.to_owned()),
        token_type: "Bearer".to_owned(),
        expiry: Expiry {
            expires_on: 1000 + u64::from(life),
            life: S * life,
            refresh_in: refresh_in.map(|seconds| S * seconds),
        },
        server_time: 1000,
    }
}

fn at(now: Duration, random: f64) -> FetchInfo {
    FetchInfo { attempts: 1, asked: now, now, random }
}

fn state(store: &Store, now: u32) -> &'static str {
    let found = match store.lookup("r", S * now) {
        Lookup::Fresh(_) => "fresh",
        Lookup::Due(_) => "due",
        Lookup::Expiring(_) => "expiring",
        Lookup::Nothing => "nothing",
    };
    assert_eq!(store.fresh("r", S * now).is_some(), found == "fresh");
    assert_eq!(store.served("r", S * now).is_some(), matches!(found, "fresh" | "due"));
    found
}

#[test]
fn the_life_of_an_entry() {
    let store = Store::default();
    assert_eq!(state(&store, 0), "nothing");
    store.keep("r", received("a", 7200, Some(3600)), at(S * 10, 0.0));
    for (now, expected) in [
        (10, "fresh"),
        (3609, "fresh"),
        (3610, "due"),
        (6909, "due"),
        (6910, "expiring"),
        (7209, "expiring"),
        (7210, "nothing"),
    ] {
        assert_eq!(state(&store, now), expected, "{now}");
    }
    store.clear();
    assert_eq!(state(&store, 20), "nothing");
}

#[test]
fn the_delay_is_at_most_a_tenth_and_ten_minutes() {
    let store = Store::default();
    store.keep("r", received("a", 7200, Some(3600)), at(Duration::ZERO, 0.999_999));
    assert_eq!((state(&store, 3959), state(&store, 3960)), ("fresh", "due"));
    store.keep("r", received("b", 86400, Some(43200)), at(Duration::ZERO, 0.999_999));
    assert_eq!((state(&store, 43799), state(&store, 43800)), ("fresh", "due"));
}

#[test]
fn the_same_token_is_requested_again_at_half_of_what_remains() {
    let store = Store::default();
    assert_eq!(store.keep("r", received("a", 4000, None), at(Duration::ZERO, 0.0)).refresh_on_unix(), None);
    assert_eq!(store.keep("r", received("a", 2000, Some(100)), at(S * 2000, 0.0)).refresh_on_unix(), Some(2000));
    assert_eq!((state(&store, 2999), state(&store, 3000)), ("fresh", "due"));
}

#[test]
fn failed_refreshes_pause_and_double() {
    let store = Store::default();
    store.keep("r", received("a", 86400, Some(100)), at(Duration::ZERO, 0.0));
    let mut now = 100;
    let mut pauses = Vec::new();
    for _ in 0..6 {
        let Lookup::Due(entry) = store.lookup("r", S * now) else { panic!("due at {now}") };
        entry.pause(S * now);
        let start = now;
        while state(&store, now) == "fresh" {
            now += 1;
        }
        pauses.push(now - start);
    }
    assert_eq!(pauses, [30, 60, 120, 240, 300, 300]);
}

#[test]
fn an_expired_token_is_given_and_not_kept() {
    let store = Store::default();
    assert_eq!(store.keep("r", received("a", 0, None), at(S * 5, 0.0)).secret(), "a");
    assert_eq!(state(&store, 5), "nothing");
    store.keep("r", received("b", 200, None), at(S * 5, 0.0));
    assert_eq!(state(&store, 5), "expiring", "short-lived tokens are a fallback at most");
}

#[test]
fn one_answer_is_not_believed_for_ever() {
    let store = Store::default();
    let token = store.keep("r", received("a", 200_000, None), at(Duration::ZERO, 0.0));
    assert_eq!(token.expires_on_unix(), 201_000, "as the service said");
    assert_eq!((state(&store, 100_499), state(&store, 100_500)), ("fresh", "expiring"));
    assert_eq!(state(&store, 100_800), "nothing");
}

#[test]
fn a_service_that_gives_the_same_token_in_its_last_minutes_is_paced() {
    let store = Store::default();
    store.keep("r", received("a", 200, None), at(Duration::ZERO, 0.0));
    assert!(matches!(store.lookup("r", S * 1), Lookup::Expiring(_)));
    store.keep("r", received("a", 199, None), at(S * 1, 0.0));
    assert!(matches!(store.lookup("r", S * 5), Lookup::Fresh(_)));
    assert!(matches!(store.lookup("r", S * 6), Lookup::Expiring(_)));
    store.keep("r", received("b", 194, None), at(S * 6, 0.0));
    assert!(matches!(store.lookup("r", S * 7), Lookup::Expiring(_)), "another token is not paced");
}

#[test]
fn the_oldest_of_too_many_makes_room() {
    let store = Store::default();
    let kept = |number: usize| store.served(&format!("r{number}"), S * 2000).is_some();
    for number in 0..MOST_ENTRIES {
        store.keep(&format!("r{number}"), received("a", 86400, None), at(S * number as u32, 0.0));
    }
    assert!((0..MOST_ENTRIES).all(kept));
    // Storing it again evicts nothing, and makes it the newest.
    store.keep("r0", received("b", 86400, None), at(S * 1500, 0.0));
    assert!(kept(1));
    store.keep("r1000", received("a", 86400, None), at(S * 1600, 0.0));
    assert!(kept(0) && !kept(1) && kept(2) && kept(1000));
    assert_eq!(store.0.load().len(), MOST_ENTRIES);
}
