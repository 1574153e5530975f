//! Untrusted JSON: the parser recurses, so the depth is bounded first.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// The services' documents nest to a depth of eight. A thread may have as little stack as 64 KiB, of which a level takes
/// up to one.
const DEEPEST: usize = 32;

/// `serde_json::from_slice`, but an error if the text nests deeper than any document of the services.
pub(crate) fn from_slice<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, serde_json::Error> {
    let json = without_bom(json);
    if is_deep(json) {
        return Err(serde_json::Error::custom("it is nested too deeply"));
    }
    serde_json::from_slice(json)
}

/// Whether a document is a list: its items would do for the members of a structure in their order, as far as the parser
/// is concerned.
pub(crate) fn is_list(json: &[u8]) -> bool {
    without_bom(json).trim_ascii_start().first() == Some(&b'[')
}

/// The members of these names of an object, of which only a text or a number is of interest. Everything else is read
/// over, and a list or an object among them becomes an empty one, so that a document takes no memory however large it is;
/// of an object, its `code` is kept if that is a text.
pub(crate) fn members(json: &[u8], names: &[&str]) -> Result<Map<String, Value>, serde_json::Error> {
    if is_deep(without_bom(json)) {
        return Err(serde_json::Error::custom("it is nested too deeply"));
    }
    let mut json = serde_json::Deserializer::from_slice(without_bom(json));
    let value = Shallow { names, inner: false }.deserialize(&mut json)?;
    json.end()?;
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(serde_json::Error::custom("it is not an object")),
    }
}

/// Reads an object with these members; inside it, what is kept of a member.
#[derive(Clone, Copy)]
struct Shallow<'a> {
    names: &'a [&'a str],
    inner: bool,
}

impl<'de> DeserializeSeed<'de> for Shallow<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        match self.inner {
            true => json.deserialize_any(self),
            false => json.deserialize_map(self),
        }
    }
}

impl<'de> Visitor<'de> for Shallow<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Array(Vec::new()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        let inner = Shallow { names: &["code"], inner: true };
        while let Some(name) = members.next_key::<String>()? {
            match self.names.contains(&name.as_str()) {
                true => {
                    let value = members.next_value_seed(inner)?;
                    let wanted = !self.inner || value.is_string();
                    if wanted && kept.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member occurs twice"));
                    }
                }
                false => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Value::Object(kept))
    }
}

/// Why a text could not be read. The parser's own words may quote the text, so they are not passed on.
pub(crate) fn reason(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Data if error.line() == 0 => "it is nested too deeply".to_owned(),
        serde_json::error::Category::Data => "it is not a JSON object of the expected shape".to_owned(),
        _ => format!("it is not JSON (line {}, column {})", error.line(), error.column()),
    }
}

/// The text without the byte order marks that some servers put first. All of them: one that remained would be taken off by
/// the next reader here, but not by the program that gets the text.
pub(crate) fn without_bom(mut json: &[u8]) -> &[u8] {
    while let Some(rest) = json.strip_prefix("\u{feff}".as_bytes()) {
        json = rest;
    }
    json
}

/// The same for a text that is handed on: other parsers refuse the mark.
pub(crate) fn text_without_bom(mut text: String) -> String {
    text.drain(..text.len() - without_bom(text.as_bytes()).len());
    text
}

/// A document without what is JSON but what parsers cannot hold, if there is any of it: half of a surrogate pair becomes
/// U+FFFD, a number beyond all floating-point ones null. What remains keeps its place.
pub(crate) fn without_oddities(json: &str) -> Option<String> {
    let mut plain = String::with_capacity(json.len());
    let (mut rest, mut in_string) = (json, false);
    while let Some(c) = rest.chars().next() {
        let (written, length) = match c {
            '\\' if in_string => escape(rest),
            '-' | '0'..='9' if !in_string => number(rest),
            _ => (None, c.len_utf8()),
        };
        in_string ^= c == '"';
        let (read, next) = rest.split_at_checked(length).unwrap_or((rest, ""));
        plain.push_str(written.unwrap_or(read));
        plain.extend(std::iter::repeat_n(' ', read.len() - written.map_or(read.len(), str::len)));
        rest = next;
    }
    (plain != json).then_some(plain)
}

/// What to write for this escape, if it is not to stay, and its length.
fn escape(text: &str) -> (Option<&'static str>, usize) {
    const LENGTH: usize = "\\ud800".len();
    let unit = |text: &str| u16::from_str_radix(text.get(..LENGTH)?.strip_prefix("\\u")?, 16).ok();
    let low = |unit: &u16| (0xdc00..0xe000).contains(unit);
    match unit(text) {
        Some(0xd800..=0xdbff) if unit(&text[LENGTH..]).as_ref().is_some_and(low) => (None, 2 * LENGTH),
        Some(0xd800..=0xdfff) => (Some("\\ufffd"), LENGTH),
        Some(_) => (None, LENGTH),
        None => (None, 1 + text.chars().nth(1).map_or(0, char::len_utf8)),
    }
}

/// The same for a number. One that cannot be held has at least the length of `null`.
fn number(text: &str) -> (Option<&'static str>, usize) {
    let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '-' | '+' | '.' | 'e' | 'E'));
    let number = &text.as_bytes()[..end.unwrap_or(text.len())];
    let held = serde_json::from_slice::<Value>(number).is_ok();
    let odd = !held && serde_json::from_slice::<IgnoredAny>(number).is_ok();
    (odd.then_some("null"), number.len())
}

/// Whether it nests deeper than [`from_slice`] goes. Right for JSON; for other text it may be wrong either way.
pub(crate) fn is_deep(json: &[u8]) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > DEEPEST {
                    return true;
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_over_takes_no_memory() {
        let kept = |json: &str| members(json.as_bytes(), &["m"]).map(|members| Value::from(members).to_string());
        let long = format!(r#"{{"m":[{}1],"x":7}}"#, "1,".repeat(1000));
        for (json, expected) in [
            (long.as_str(), r#"{"m":[]}"#),
            (r#"{"m":{"a":{"b":[1]},"code":"c","m":2}}"#, r#"{"m":{"code":"c"}}"#),
            (r#"{"m":{"code":["c"]}}"#, r#"{"m":{}}"#),
            (r#"{"m":"t"}"#, r#"{"m":"t"}"#),
            (r#"{"m":1.5}"#, r#"{"m":1.5}"#),
            (r#"{"m":-1}"#, r#"{"m":-1}"#),
            (r#"{"m":null}"#, r#"{"m":null}"#),
            (r#"{"m":true,"a":1}"#, r#"{"m":true}"#),
            ("{}", "{}"),
        ] {
            assert_eq!(kept(json).unwrap(), expected, "{json}");
        }
        for json in ["[]", "7", r#"["m"]"#, r#"{"m":1} x"#, r#"{"m":1"#, "", r#"{"m":1,"m":2}"#] {
            assert!(kept(json).is_err(), "{json}");
        }
        assert!(is_list(b"\xef\xbb\xbf [1]") && !is_list(b"{}"));
    }

    #[test]
    fn what_cannot_be_held_is_replaced_in_its_place() {
        for (json, expected) in [
            (r#"{"a":"\ud800"}"#, r#"{"a":"\ufffd"}"#),
            (r#"{"a":"x\uDC00\ud83d\ude00\ud83d"}"#, r#"{"a":"x\ufffd\ud83d\ude00\ufffd"}"#),
            (r#"{"a":"\ud83d\ud83d\ude00"}"#, r#"{"a":"\ufffd\ud83d\ude00"}"#),
            (r#"{"\udfff":1e999,"b":-9e999}"#, r#"{"\ufffd":null ,"b":null  }"#),
        ] {
            assert_eq!(without_oddities(json).as_deref(), Some(expected), "{json}");
        }
        for plain in
            [r#"{"a":"\\ud800 \" \u00e4 1e999","b":[1,-2.5e+3,1e308]}"#, "", "\"\\", "\"\\u12", "\"\\ud83d\u{e4}", "1e"]
        {
            let kept = without_oddities(plain);
            assert!(kept.is_none() || plain.contains("ud83d"), "{plain}: {kept:?}");
        }
    }

    #[test]
    fn depth_is_bounded_and_strings_have_none() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(from_slice::<Value>(nested(DEEPEST).as_bytes()).is_ok());
        let error = from_slice::<Value>(nested(DEEPEST + 1).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "it is nested too deeply");
        for flat in [format!(r#"["{}","\"{}"]"#, "[".repeat(99), "{".repeat(99)), "[{}],".repeat(99)] {
            assert!(!is_deep(flat.as_bytes()));
        }
    }

    /// In a thread as small as they come: an overflow would end the process.
    #[test]
    fn a_small_stack_is_enough() {
        let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
        let parse = move || from_slice::<Value>(deep.as_bytes()).is_err();
        assert!(std::thread::Builder::new().stack_size(64 << 10).spawn(parse).unwrap().join().unwrap());
    }
}
