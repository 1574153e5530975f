//! Taking secrets out of what a server said, so that it can be shown.
//!
//! One pass, linear in the text: a document is rebuilt with its secret members replaced, and the result is never
//! searched and replaced again. If a secret still stands in it in any spelling, nothing of the text is shown.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use crate::http::skeleton::{Skeletons, decoded, decodings};
use crate::json;
use crate::secret::{REDACTED, Secret};

/// The members whose values are secrets wherever they appear, in any letter case and with or without `_` and `-`.
const SECRET_MEMBERS: [&str; 9] = [
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "token",
    "clientsecret",
    "secret",
    "password",
    "assertion",
    "clientassertion",
];
/// Those that are not common words: a text that holds one and is not JSON is not shown at all.
const UNMISTAKABLE: [&str; 4] = ["accesstoken", "refreshtoken", "idtoken", "clientsecret"];
/// What introduces a secret in a text, in any letter case.
const SCHEMES: [&str; 2] = ["bearer ", "basic "];
/// Words that follow a scheme are shorter than a secret, or hold no digit.
const SHORTEST_SECRET: usize = 16;
/// More than an error's text ever needs.
pub(super) const LARGEST_TEXT: usize = 64 << 10;
/// A document with more secrets than these, or with one so short that it may stand anywhere, is not shown at all.
const MOST_SECRETS: usize = 16;
const SHORTEST_MEMBER: usize = 4;

/// The text, at most 64 KiB of it, without the key that was sent, without the values of secret members if it is JSON,
/// and without anything that looks like a JWT.
pub(crate) fn redact(text: &str, key: Option<&Secret>) -> String {
    let text = cut(text);
    let mut secrets: Vec<Zeroizing<String>> =
        key.map(|key| Zeroizing::new(key.expose().to_owned())).into_iter().collect();
    let shown = match Rebuilt::of(text) {
        Some(document) => {
            secrets.extend(document.secrets);
            match document.changed {
                true => document.text,
                false => Zeroizing::new(text.to_owned()),
            }
        }
        // Truncated JSON: we cannot tell where a secret ends.
        None if names_a_secret(text) => return REDACTED.to_owned(),
        None => Zeroizing::new(scrubbed(text)),
    };
    let unsearchable = secrets.len() > MOST_SECRETS || secrets.iter().any(|secret| secret.len() < SHORTEST_MEMBER);
    match unsearchable || Skeletons::of(secrets.iter().map(|secret| secret.as_str())).are_in(&shown) {
        true => REDACTED.to_owned(),
        false => shown.to_string(),
    }
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(LARGEST_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Whether a text that is not JSON may hold a secret member: by its name, in any escaping.
fn names_a_secret(text: &str) -> bool {
    decodings(text).any(|text| {
        let plain = plain_words(&text);
        quotes_a_secret(&plain) || UNMISTAKABLE.iter().any(|member| plain.contains(member))
    })
}

/// Whether a body of any size has a member `access_token`, its name escaped or not.
pub(crate) fn names_a_token(body: &[u8]) -> bool {
    const NAME: &[u8] = b"access_token";
    let is_in = |body: &[u8]| body.windows(NAME.len()).any(|part| part.eq_ignore_ascii_case(NAME));
    is_in(body) || body.windows(2).any(|pair| pair == b"\\u") && is_in(&decoded(body))
}

/// Whether a string of a document holds a document, or a form, with a secret member.
fn holds_a_secret(text: &str) -> bool {
    decodings(text).any(|text| {
        let plain = plain_words(&text);
        let assigned = |member: &&str| plain.contains(&format!("{member}=")) || plain.contains(&format!("{member}:"));
        quotes_a_secret(&plain) || UNMISTAKABLE.iter().any(assigned)
    })
}

fn quotes_a_secret(plain: &str) -> bool {
    SECRET_MEMBERS.iter().any(|member| plain.contains(&format!("\"{member}\"")))
}

/// A text as [`plain_name`] has it, without what may stand between and before quotes.
fn plain_words(text: &[u8]) -> Zeroizing<String> {
    let text = Zeroizing::new(String::from_utf8_lossy(text).into_owned());
    let in_between = |c: &char| *c == '\\' || c.is_whitespace() || c.is_control();
    Zeroizing::new(plain_name(&Zeroizing::new(text.chars().filter(|c| !in_between(c)).collect::<String>())))
}

/// A member's name as [`SECRET_MEMBERS`] has it.
fn plain_name(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect()
}

/// A string without what looks like a secret by itself.
fn scrubbed(text: &str) -> String {
    let text = Zeroizing::new(without_jwts(text));
    SCHEMES.iter().fold(text, |text, scheme| Zeroizing::new(without_credentials(&text, scheme))).to_string()
}

/// A JSON document, its secrets replaced.
struct Rebuilt {
    text: Zeroizing<String>,
    secrets: Vec<Zeroizing<String>>,
    /// Whether anything was replaced; otherwise the text as it came is as good.
    changed: bool,
}

impl Rebuilt {
    fn of(text: &str) -> Option<Self> {
        if json::is_deep(text.as_bytes()) {
            return None;
        }
        let mut rebuilt =
            Rebuilt { text: Zeroizing::new(String::with_capacity(text.len())), secrets: Vec::new(), changed: false };
        let mut json = serde_json::Deserializer::from_str(text);
        Writer { secret: false, to: &mut rebuilt }.deserialize(&mut json).and_then(|()| json.end()).ok()?;
        Some(rebuilt)
    }

    fn push_string(&mut self, text: &str) {
        let shown = if holds_a_secret(text) { REDACTED.to_owned() } else { scrubbed(text) };
        self.changed |= shown != text;
        self.push(&serde_json::Value::from(shown));
    }

    fn push_secret(&mut self, text: &str) {
        if text.is_empty() {
            return self.push_string(text);
        }
        // The list is as long as it need be to say that there are too many.
        if self.secrets.len() <= MOST_SECRETS {
            self.secrets.push(Zeroizing::new(text.to_owned()));
        }
        self.changed = true;
        self.push_string(REDACTED);
    }

    fn push(&mut self, value: &serde_json::Value) {
        self.text.push_str(&value.to_string());
    }
}

/// Writes a value that is a secret, or is not.
struct Writer<'a> {
    secret: bool,
    to: &'a mut Rebuilt,
}

impl<'de> DeserializeSeed<'de> for Writer<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl Writer<'_> {
    fn number(self, number: serde_json::Value) {
        match self.secret {
            true => self.to.push_secret(&number.to_string()),
            false => self.to.push(&number),
        }
    }
}

impl<'de> Visitor<'de> for Writer<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        match self.secret {
            true => self.to.push_secret(text),
            false => self.to.push_string(text),
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let (mut open, secret) = ('[', self.secret);
        loop {
            let before = self.to.text.len();
            self.to.text.push(open);
            if items.next_element_seed(Writer { secret, to: self.to })?.is_none() {
                self.to.text.truncate(before);
                break;
            }
            open = ',';
        }
        self.to.text.push_str(if open == '[' { "[]" } else { "]" });
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut open = '{';
        while let Some(name) = members.next_key::<String>()? {
            let secret = self.secret || SECRET_MEMBERS.contains(&plain_name(&name).as_str());
            self.to.text.push(open);
            self.to.push_string(&name);
            self.to.text.push(':');
            members.next_value_seed(Writer { secret, to: self.to })?;
            open = ',';
        }
        self.to.text.push_str(if open == '{' { "{}" } else { "}" });
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.to.push(&serde_json::Value::Null);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.to.push(&value.into());
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.number(value.into());
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.number(value.into());
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.number(value.into());
        Ok(())
    }
}

/// A JWT begins with `eyJ`, which is `{"` in base64url.
fn without_jwts(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("eyJ") {
        let (before, jwt) = rest.split_at(start);
        result.push_str(before);
        let in_jwt = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=');
        let end = jwt.find(|c| !in_jwt(c)).unwrap_or(jwt.len());
        result.push_str(if end > 16 { REDACTED } else { &jwt[..end] });
        rest = &jwt[end..];
    }
    result + rest
}

/// What stands behind the name of a scheme, as in the header `Authorization`.
fn without_credentials(text: &str, scheme: &str) -> String {
    let in_secret = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '+' | '/' | '=');
    let mut result = String::with_capacity(text.len());
    let mut shown = 0;
    for (at, _) in text.to_ascii_lowercase().match_indices(scheme) {
        let start = at + scheme.len();
        let word = text[start..].split(|c| !in_secret(c)).next().unwrap_or_default();
        if word.len() >= SHORTEST_SECRET && word.contains(|c: char| c.is_ascii_digit()) {
            result.push_str(&text[shown..start]);
            result.push_str(REDACTED);
            shown = start + word.len();
        }
    }
    result + &text[shown..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        let key = Secret::new("k3y-k3y-k3y-k3y-k3y".to_owned());
        let table = [
            ("plain words", "plain words"),
            ("bad key k3y-k3y-k3y-k3y-k3y here", "[redacted]"),
            ("bad key K3Y%2Dk3y%2Dk3y%2Dk3y", "[redacted]"),
            (r#"{"error": "e","access_token":"abcd"}"#, r#"{"error":"e","access_token":"[redacted]"}"#),
            (r#"{"error": "e" }"#, r#"{"error": "e" }"#),
            (r#"{"a":[{"access_token":"abcd"}],"b":"abcd"}"#, "[redacted]"),
            (
                r#"{"a":[{"access_token":"abcd"},[],{}],"b":[1,-2,3.5,null,true]}"#,
                r#"{"a":[{"access_token":"[redacted]"},[],{}],"b":[1,-2,3.5,null,true]}"#,
            ),
            (r#"{"access_token":""}"#, r#"{"access_token":""}"#),
            (r#"{"access_token":"a\u0062cd"}"#, r#"{"access_token":"[redacted]"}"#),
            (r#"{"access_token":"abcd"#, "[redacted]"),
            (r#"{"access_token":"abc"}"#, "[redacted]"),
            (r#"{"password":12345678}"#, r#"{"password":"[redacted]"}"#),
            (
                r#"{"access_token":"abcd","access_token":"xxxx"}"#,
                r#"{"access_token":"[redacted]","access_token":"[redacted]"}"#,
            ),
            (r#"{"Access_Token":"abcd"}"#, r#"{"Access_Token":"[redacted]"}"#),
            (r#"{"message":"bad key k\u0033y-k3y-k3y-k3y"}"#, "[redacted]"),
            (r#"{"message":"\u0061bcd","access_token":"abcd"}"#, "[redacted]"),
            (r#"{"message":"a \"word\""}"#, r#"{"message":"a \"word\""}"#),
            (r#"{"message":"e\u0079J0eXAiOiJKV1QiLCJhbGciOi.J9_x-y.z"}"#, r#"{"message":"[redacted]"}"#),
            (r#"{"e\u0079J0eXAiOiJKV1QiLCJhbGciOi.J9_x-y.z":1}"#, r#"{"[redacted]":1}"#),
            ("token eyJ0eXAiOiJKV1QiLCJhbGciOi.J9_x-y.z end", "token [redacted] end"),
            ("eyJ is short", "eyJ is short"),
            (
                r#"{"accessToken":"abcd","Pass-Word":"defg"}"#,
                r#"{"accessToken":"[redacted]","Pass-Word":"[redacted]"}"#,
            ),
            (r#"{"secret" : "abcd"#, "[redacted]"),
            ("access_token=abc&x=1", "[redacted]"),
            ("the token is wrong", "the token is wrong"),
            (r#"{"access\u005ftoken":"abcd"} and more"#, "[redacted]"),
            (r#"{\u0022token\u0022:\u0022abcd"#, "[redacted]"),
            ("access%5Ftoken=abcd", "[redacted]"),
            ("{\0\"\0t\0o\0k\0e\0n\0\"\0:\0\"\0a", "[redacted]"),
            (r#"{"message":"{\"token\":\"abcd\"}"}"#, r#"{"message":"[redacted]"}"#),
            (r#"{"message":"{\\\"token\\\":\\\"ab"}"#, r#"{"message":"[redacted]"}"#),
            (r#"{"message":"client_secret=abcd&x=1"}"#, r#"{"message":"[redacted]"}"#),
            (r#"{"message":"the access_token has expired"}"#, r#"{"message":"the access_token has expired"}"#),
            ("BEARER 0123456789abcdef+/=, basic aaaaaaaaaaaaaaa1 end", "BEARER [redacted], basic [redacted] end"),
            (
                "Bearer authorization_uri=x, Bearer Bearer aaaaaaaaaaaaaaa1",
                "Bearer authorization_uri=x, Bearer Bearer [redacted]",
            ),
            ("Bearer is needed", "Bearer is needed"),
        ];
        for (text, expected) in table {
            assert_eq!(redact(text, Some(&key)), expected, "{text}");
        }
    }

    #[test]
    fn more_secrets_than_can_be_searched_for_show_nothing() {
        let list = |count: usize| {
            let secrets: Vec<_> = (0..count).map(|number| format!("\"secret-{number:02}\"")).collect();
            format!(r#"{{"error":"x","token":[{}]}}"#, secrets.join(","))
        };
        assert!(redact(&list(16), None).starts_with(r#"{"error":"x""#));
        assert_eq!(redact(&list(17), None), REDACTED);
    }

    /// What took seconds and half a gigabyte when each secret was searched for and replaced. The bound is on the result:
    /// a test of time would depend on the machine.
    #[test]
    fn a_hostile_text_is_cut_first() {
        let pieces = ["[", "r", "e", "d", "a", "c", "t", "]"].map(|piece| format!("\"{piece}\"")).join(",");
        for text in [
            format!(r#"{{"error":"x","token":[{}]}}"#, vec![pieces; 20_000].join(",")),
            "eyJ".repeat(400_000),
            "bearer ".repeat(150_000),
            "\u{e4}".repeat(600_000),
            "%25".repeat(350_000),
        ] {
            assert!(redact(&text, Some(&Secret::new("x".repeat(4096)))).len() <= LARGEST_TEXT);
        }
    }
}
