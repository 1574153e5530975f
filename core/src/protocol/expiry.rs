//! When a token expires, from every shape that servers have sent.
//!
//! Facts and sources: `docs/protocol.md`, "Expiry and metadata".

use std::time::Duration;

use serde_json::Value;

use crate::http::date::date;

/// The last second of the year 9999.
const LATEST: u64 = 253_402_300_799;

/// A life of this much or more is refreshed at its half if the server names no time: what Azure's own libraries
/// do.
const LONG_LIFE: Duration = Duration::from_secs(2 * 60 * 60);

/// What is known of a token's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expiry {
    /// Seconds since 1970, as the server counts.
    pub(crate) expires_on: u64,
    /// What is left of it; nothing if it seems expired.
    pub(crate) life: Duration,
    /// When to request a newer one early, from now.
    pub(crate) refresh_in: Option<Duration>,
}

/// The members of an answer that bear on its expiry.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a> {
    pub(crate) expires_in: Option<&'a Value>,
    pub(crate) expires_on: Option<&'a Value>,
    pub(crate) refresh_in: Option<&'a Value>,
    /// The JWT's `exp`, for when neither of the others is usable.
    pub(crate) jwt_exp: Option<&'a Value>,
}

/// `now` is the server's time (its `Date`, or otherwise the wall clock) in seconds since 1970. Of two usable members the
/// earlier counts. `None` if nothing is usable.
pub(crate) fn parse(fields: &Fields<'_>, now: u64) -> Option<Expiry> {
    let relative = fields.expires_in.and_then(seconds).map(|seconds| now.saturating_add(seconds).min(LATEST));
    let absolute = fields.expires_on.and_then(moment);
    let expires_on = match (relative, absolute) {
        (Some(relative), Some(absolute)) => relative.min(absolute),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => fields.jwt_exp.and_then(seconds)?,
    };
    let life = Duration::from_secs(expires_on.saturating_sub(now));
    let refresh_in = match fields.refresh_in.and_then(seconds) {
        Some(seconds) => Some(Duration::from_secs(seconds).min(life)),
        None if life >= LONG_LIFE => Some(life / 2),
        None => None,
    };
    Some(Expiry { expires_on, life, refresh_in })
}

/// A count of seconds: a number or a numeric string, finite, at most the year 9999; fractions are cut, and 1 at least is
/// left.
fn seconds(value: &Value) -> Option<u64> {
    let seconds = match value {
        Value::Number(number) => number.as_f64()? as u64,
        Value::String(text) => decimal(text.trim())?,
        _ => return None,
    };
    (1..=LATEST).contains(&seconds).then_some(seconds)
}

/// Digits with at most one point, cut at it: not `1e9`, `inf`, `nan` or hexadecimal, which no server writes.
fn decimal(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    (digits(whole) && digits(fraction)).then(|| whole.parse().ok())?
}

/// A moment: seconds since 1970, or a date in one of the formats seen.
fn moment(value: &Value) -> Option<u64> {
    seconds(value).or_else(|| date(value.as_str()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: u64 = 1_560_900_000;

    fn expiry(expires_in: Value, expires_on: Value) -> Option<u64> {
        let fields = Fields { expires_in: Some(&expires_in), expires_on: Some(&expires_on), ..Fields::default() };
        parse(&fields, NOW).map(|expiry| expiry.expires_on)
    }

    #[test]
    fn every_shape_seen() {
        let table = [
            (json!("1560999478"), 1_560_999_478),
            (json!(1_560_999_478), 1_560_999_478),
            (json!(1_560_999_478.9), 1_560_999_478),
            (json!("2024-10-18T19:51:37.0000000+00:00"), 1_729_281_097),
            (json!("2024-10-18T21:51:37+02:00"), 1_729_281_097),
            (json!("3333-11-22T04:05:06.000Z"), 43_040_261_106),
            (json!("06/20/2019 02:57:58 +00:00"), 1_560_999_478),
            (json!("1/16/2020 5:24:12 AM +00:00"), 1_579_152_252),
            (json!("1/16/2020 5:24:12 PM +00:00"), 1_579_195_452),
            (json!("1/16/2020 12:24:12 AM +00:00"), 1_579_134_252),
            (json!("1/16/2020 12:24:12 pm +00:00"), 1_579_177_452),
            (json!("Sun, 22 Nov 3333 04:05:06 GMT"), 43_040_261_106),
            (json!(" 1560999478 "), 1_560_999_478),
        ];
        for (value, expected) in table {
            assert_eq!(expiry(Value::Null, value.clone()), Some(expected), "{value}");
        }
        for value in [json!("3599"), json!(3599), json!("3599.5"), json!(3599.5)] {
            assert_eq!(expiry(value.clone(), Value::Null), Some(NOW + 3599), "{value}");
        }
    }

    #[test]
    fn what_is_not_usable() {
        for value in [
            json!(""),
            json!(null),
            json!(0),
            json!("0"),
            json!(-5),
            json!("-5"),
            json!("soon"),
            json!("NaN"),
            json!("inf"),
            json!("1e9"),
            json!(1e300),
            json!([]),
            json!({}),
            json!(true),
            json!("0x10"),
            json!("99999999999999"),
            json!("13/40/2020 5:24:12 AM +00:00"),
            json!("1/16/2020 13:24:12 PM +00:00"),
            json!("1/16/2020 0:24:12 AM +00:00"),
            json!("1/16/2020 5:24:12 AM"),
            json!("1/16/2020 5:24:12 +00:00 UTC"),
            json!("16/1/2020 5:24:12 +00:00"),
            json!("1/1/16/2020 5:24:12 +00:00"),
            json!("."),
            json!(0.9),
            json!("0.5"),
        ] {
            assert_eq!(expiry(value.clone(), value.clone()), None, "{value}");
        }
    }

    #[test]
    fn the_earlier_of_two_counts() {
        assert_eq!(expiry(json!(100), json!(NOW + 50)), Some(NOW + 50));
        assert_eq!(expiry(json!(100), json!(NOW + 500)), Some(NOW + 100));
        assert_eq!(expiry(json!(100), json!(NOW - 500)), Some(NOW - 500));
        assert_eq!(expiry(json!(""), json!(NOW + 500)), Some(NOW + 500));
    }

    #[test]
    fn the_jwt_is_the_last_resort() {
        let exp = json!(NOW + 7);
        let empty = json!("");
        let fields = Fields { expires_in: Some(&empty), jwt_exp: Some(&exp), ..Fields::default() };
        assert_eq!(parse(&fields, NOW).unwrap().expires_on, NOW + 7);
    }

    #[test]
    fn refresh_ahead() {
        let refresh = |life: u64, refresh_in: Value| {
            let life = json!(life);
            let fields = Fields { expires_in: Some(&life), refresh_in: Some(&refresh_in), ..Fields::default() };
            parse(&fields, NOW).unwrap().refresh_in.map(|time| time.as_secs())
        };
        assert_eq!(refresh(7199, json!(null)), None);
        assert_eq!(refresh(7200, json!(null)), Some(3600));
        assert_eq!(refresh(86400, json!("43200")), Some(43200));
        assert_eq!(refresh(3600, json!(1800)), Some(1800));
        assert_eq!(refresh(3600, json!(7200)), Some(3600));
        assert_eq!(refresh(7200, json!(0)), Some(3600));
    }
}
