//! Retries and expiry: for any answers and any times, what a caller may rely on.

#![cfg(feature = "fuzzing")]

use std::time::Duration;

use himds::Source;
use himds::fuzzing::{Failed, Next, Tries, expiry};
use proptest::prelude::*;
use serde_json::{Value, json};

const YEAR_9999: u64 = 253_402_300_799;

fn failed() -> impl Strategy<Value = Failed> {
    use Failed::{Absent, ApiVersion, Backoff, Gone, Never};
    prop_oneof![1 => Just(Never), 8 => Just(Backoff), 4 => Just(Gone), 3 => Just(Absent), 2 => Just(ApiVersion)]
}

fn time() -> impl Strategy<Value = Duration> {
    prop_oneof![
        Just(Duration::ZERO),
        (0_u64..5_000).prop_map(Duration::from_millis),
        (0_u64..200).prop_map(Duration::from_secs)
    ]
}

/// A failed try: why, the server's `Retry-After`, how long the try itself took, and chance.
fn tries() -> impl Strategy<Value = Vec<(Failed, Option<Duration>, Duration, f64)>> {
    let took = (0_u64..2_000).prop_map(Duration::from_millis);
    proptest::collection::vec((failed(), proptest::option::of(time()), took, 0.0..0.999_999), 1..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// A call ends: within its deadline, after its attempts; a server lengthens waits and never shortens them.
    #[test]
    fn a_call_ends(
        imds in any::<bool>(),
        attempts in 1_u32..8,
        wait_for_service in time(),
        deadline in time(),
        tries in tries(),
    ) {
        let source = if imds { Source::Imds } else { Source::Himds };
        let mut call = Tries::full(source, attempts, wait_for_service);
        let (mut now, mut counted, mut repeats) = (Duration::ZERO, 0, 0);
        let (mut first_gone, mut first_absent) = (None, None);
        for (failed, retry_after, took, random) in tries {
            now += took;
            counted += u32::from(failed == Failed::Backoff);
            match call.decide(failed, retry_after, now, deadline, random) {
                Next::Stop => break,
                Next::StopAtDeadline => {
                    prop_assert_ne!(failed, Failed::Never);
                    break;
                }
                Next::Repeat => {
                    prop_assert_eq!(failed, Failed::ApiVersion);
                    repeats += 1;
                    prop_assert_eq!(repeats, 1, "an api-version is repeated once");
                }
                Next::Wait(wait) => {
                    prop_assert!(now + wait < deadline, "a wait ends before the deadline");
                    match failed {
                        Failed::Backoff => {
                            prop_assert!(counted < attempts);
                            prop_assert!(wait >= retry_after.unwrap_or_default(), "Retry-After is honoured");
                        }
                        Failed::Gone => {
                            let first = *first_gone.get_or_insert(now);
                            prop_assert!(now + wait <= first + Duration::from_secs(70));
                            let asked = retry_after.unwrap_or_default().min(Duration::from_secs(10));
                            prop_assert!(wait >= asked && wait >= Duration::from_millis(100), "no busy loop");
                            prop_assert!(wait <= Duration::from_secs(10));
                        }
                        Failed::Absent => {
                            prop_assert!(now + wait <= *first_absent.get_or_insert(now) + wait_for_service);
                        }
                        Failed::Never | Failed::ApiVersion => prop_assert!(false, "{:?} was waited for", failed),
                    }
                    now += wait;
                }
            }
        }
    }

    /// An early refresh is one attempt, whatever happens.
    #[test]
    fn a_single_attempt_is_single(imds in any::<bool>(), failed in failed(), after in proptest::option::of(time())) {
        let mut call = Tries::single(if imds { Source::Imds } else { Source::Himds });
        let next = call.decide(failed, after, Duration::ZERO, Duration::from_secs(1_000), 0.5);
        let expected = if failed == Failed::ApiVersion { Next::Repeat } else { Next::Stop };
        prop_assert_eq!(next, expected);
    }

    /// Whatever the members hold: an expiry that can be used, or none.
    #[test]
    fn an_expiry_can_be_used(fields in proptest::collection::vec(proptest::option::of(member()), 4), now in 0..YEAR_9999) {
        let [a, b, c, d] = [0, 1, 2, 3].map(|at| fields[at].as_ref());
        let Some((expires_on, life, refresh_in)) = expiry([a, b, c, d], now) else { return Ok(()) };
        prop_assert!((1..=YEAR_9999).contains(&expires_on));
        prop_assert_eq!(life, Duration::from_secs(expires_on.saturating_sub(now)));
        prop_assert!(refresh_in.is_none_or(|time| time <= life), "no refresh after the expiry");
        prop_assert!(life < Duration::from_secs(7200) || refresh_in.is_some(), "a long life is renewed ahead of need");
    }

    /// A number says the same as its text, and of two members the earlier counts.
    #[test]
    fn a_number_is_its_text(relative in 1_u64..200_000, absolute in 1_000_000_u64..1_400_000) {
        const NOW: u64 = 1_000_000;
        let on = |expires_in: &Value, expires_on: &Value| {
            expiry([Some(expires_in), Some(expires_on), None, None], NOW).map(|(expires_on, ..)| expires_on)
        };
        let expected = Some((NOW + relative).min(absolute));
        prop_assert_eq!(on(&json!(relative), &json!(absolute)), expected);
        prop_assert_eq!(on(&json!(relative.to_string()), &json!(absolute.to_string())), expected);
        prop_assert_eq!(on(&json!(format!("{relative}.75")), &json!(absolute as f64 + 0.5)), expected);
        prop_assert_eq!(on(&Value::Null, &json!("")), None);
    }

    /// A date says the same as its number, in every notation that servers have sent and from every time zone.
    #[test]
    fn a_date_is_its_number(moment in 100_000_u64..YEAR_9999 - 100_000, zone in -14_i64..=14, pad in any::<bool>()) {
        let expected = Some(moment);
        for text in dates(moment, zone, pad) {
            let said = expiry([None, Some(&json!(text)), None, None], 0).map(|(expires_on, ..)| expires_on);
            prop_assert_eq!(said, expected, "{}", text);
        }
    }
}

/// A moment in words, as it is in a zone so many hours ahead. The calendar is counted here day by day from 1970 on.
fn dates(moment: u64, zone: i64, pad: bool) -> [String; 5] {
    let local = moment.saturating_add_signed(zone * 3600);
    let (days, second) = (local / 86_400, local % 86_400);
    let (year, month, day) = calendar(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let (sign, ahead) = (if zone < 0 { '-' } else { '+' }, zone.abs());
    let name = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][month as usize - 1];
    let week = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][(days % 7) as usize];
    let date = if pad { format!("{month:02}/{day:02}/{year:04}") } else { format!("{month}/{day}/{year:04}") };
    let (half, twelve) = (if hour < 12 { "AM" } else { "PM" }, if hour % 12 == 0 { 12 } else { hour % 12 });
    [
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.0000000{sign}{ahead:02}:00"),
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{sign}{ahead:02}:00"),
        format!("{date} {hour:02}:{minute:02}:{second:02} {sign}{ahead:02}:00"),
        format!("{date} {twelve}:{minute:02}:{second:02} {half} {sign}{ahead:02}:00"),
        format!("{week}, {day:02} {name} {year:04} {hour:02}:{minute:02}:{second:02} {sign}{ahead:02}00"),
    ]
}

/// Year, month and day of so many days after the first of January 1970.
fn calendar(mut days: u64) -> (u64, u64, u64) {
    let leap = |year: u64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

/// What servers have sent as a time, and what they have not.
fn member() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<u64>().prop_map(|number| json!(number)),
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        (0_u64..100_000).prop_map(|number| json!(number.to_string())),
        (0_u64..300_000_000_000).prop_map(|number| json!(format!(" {number}.5 "))),
        "[0-9]{1,2}/[0-9]{1,2}/[0-9]{4} [0-9]{1,2}:[0-9]{2}:[0-9]{2} (AM |PM |)[+-][0-9]{2}:[0-9]{2}"
            .prop_map(Value::from),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})".prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(Value::Null),
        Just(json!([])),
        Just(json!({"a": 1})),
    ]
}
