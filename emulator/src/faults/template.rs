//! Placeholders in texts that a fault or a scenario sends: `{now+60}`, `{x*1000}`, `{hex:ff}` and so on.
//!
//! Only the forms below are replaced; every other brace stands for itself, so that JSON needs no escapes.
//!
//! | form | becomes |
//! |---|---|
//! | `{x*1000}` | the text before the star, 1000 times |
//! | `{hex:ff00}` | these bytes, valid UTF-8 or not |
//! | `{now}`, `{now+60}`, `{now-60}` | Unix seconds |
//! | `{rfc3339:+60}` | `2024-10-18T19:51:37.0000000+00:00` |
//! | `{rfc3339z:+60}` | `2024-10-18T19:51:37.000Z` |
//! | `{slashes:+60}` | `06/20/2019 02:57:58 +00:00` |
//! | `{ampm:+60}` | `1/16/2020 5:24:12 AM +00:00` |
//! | `{http:+60}` | `Sun, 22 Nov 3333 04:05:06 GMT` |
//! | `{name}` | what `lookup` knows by that name |

use jiff::Timestamp;
use serde_json::Value;

/// The longest text that a repetition may produce, so that a mistyped number does not exhaust the memory.
const MAX_REPEATED: usize = 64 * 1024 * 1024;

/// Replaces the placeholders in `text`. `now` is in Unix seconds, `lookup` knows the caller's own names.
pub fn expand(text: &str, now: i64, lookup: &dyn Fn(&str) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        out.extend_from_slice(&rest.as_bytes()[..open]);
        let tail = &rest[open + 1..];
        // A brace inside is a document's own: what it opens comes next.
        let close = tail.find(['{', '}']).filter(|&end| tail.as_bytes()[end] == b'}');
        let value = close.and_then(|close| Some((close, placeholder(&tail[..close], now, lookup)?)));
        if let Some((close, value)) = value {
            out.extend_from_slice(&value);
            rest = &tail[close + 1..];
        } else {
            out.push(b'{');
            rest = tail;
        }
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

/// As [`expand`], for places that take only text; bytes that are not UTF-8 become U+FFFD.
pub fn expand_text(text: &str, now: i64, lookup: &dyn Fn(&str) -> Option<Vec<u8>>) -> String {
    String::from_utf8_lossy(&expand(text, now, lookup)).into_owned()
}

/// Raw JSON with placeholders; none if the text is empty. Text that is not JSON is taken as a string.
pub(crate) fn raw_json(text: &str, now: i64) -> Option<Value> {
    let text = expand_text(text, now, &|_| None);
    (!text.is_empty()).then(|| serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn placeholder(name: &str, now: i64, lookup: &dyn Fn(&str) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    if let Some(value) = lookup(name) {
        return Some(value);
    }
    if let Some(digits) = name.strip_prefix("hex:") {
        return hex(digits);
    }
    if let Some((unit, times)) = name.rsplit_once('*') {
        let times: usize = times.parse().ok()?;
        return (unit.len().checked_mul(times)? <= MAX_REPEATED).then(|| unit.repeat(times).into_bytes());
    }
    if let Some(offset) = name.strip_prefix("now") {
        return Some(now.checked_add(seconds(offset)?)?.to_string().into_bytes());
    }
    let (format, offset) = name.split_once(':')?;
    date(format, now.checked_add(seconds(offset)?)?).map(String::into_bytes)
}

fn seconds(text: &str) -> Option<i64> {
    match text {
        "" => Some(0),
        signed if signed.starts_with(['+', '-']) => signed.parse().ok(),
        _ => None,
    }
}

/// A date of the given shape, see the table at the top.
pub(crate) fn date(format: &str, unix: i64) -> Option<String> {
    let pattern = match format {
        "rfc3339" => "%Y-%m-%dT%H:%M:%S.0000000+00:00",
        "rfc3339z" => "%Y-%m-%dT%H:%M:%S.000Z",
        "slashes" => "%m/%d/%Y %H:%M:%S +00:00",
        "ampm" => "%-m/%-d/%Y %-I:%M:%S %p +00:00",
        "http" => "%a, %d %b %Y %H:%M:%S GMT",
        _ => return None,
    };
    Some(Timestamp::from_second(unix).ok()?.strftime(pattern).to_string())
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = digits.chars().map(|digit| digit.to_digit(16)).collect::<Option<_>>()?;
    (digits.len() % 2 == 0).then(|| digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Vec<u8> {
        expand(text, 1_729_281_097, &|name| (name == "host").then(|| b"127.0.0.1".to_vec()))
    }

    #[test]
    fn known_forms_are_replaced() {
        for (text, expected) in [
            ("{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}"),
            ("{ab*3}-{x*0}-{unknown}", "ababab--{unknown}"),
            ("{\"a\":\"{b*2}\"}", "{\"a\":\"bb\"}"),
            ("http://{host}/", "http://127.0.0.1/"),
            ("{now} {now+3} {now-97}", "1729281097 1729281100 1729281000"),
            ("{rfc3339:}", "2024-10-18T19:51:37.0000000+00:00"),
            ("{rfc3339z:+1}", "2024-10-18T19:51:38.000Z"),
            ("{slashes:}", "10/18/2024 19:51:37 +00:00"),
            ("{ampm:-50000}", "10/18/2024 5:58:17 AM +00:00"),
            ("{http:}", "Fri, 18 Oct 2024 19:51:37 GMT"),
        ] {
            assert_eq!(String::from_utf8(plain(text)).unwrap(), expected, "{text}");
        }
        assert_eq!(plain("a{hex:ff00}"), [b'a', 0xff, 0]);
        assert_eq!(plain("{hex:f}"), b"{hex:f}");
    }
}
