//! Taking secrets out of what a server said, so that it can be shown.

use std::cmp::Reverse;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

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
/// Those that are no common words: what holds them and is not JSON is not shown at all.
const UNMISTAKABLE: [&str; 4] = ["accesstoken", "refreshtoken", "idtoken", "clientsecret"];
/// What introduces a secret in a text, in any letter case.
const SCHEMES: [&str; 2] = ["bearer ", "basic "];
/// ServerMessage that follow a scheme are shorter than a secret, or hold no digit.
const SHORTEST_SECRET: usize = 16;

/// The text without the key that was sent, without the values of secret members where it is JSON, and without
/// anything that looks like a JWT.
pub(crate) fn redact(text: &str, key: Option<&Secret>) -> String {
    let mut secrets: Vec<Zeroizing<String>> =
        key.map(|key| Zeroizing::new(key.expose().to_owned())).into_iter().collect();
    let Some(strings) = strings(text) else {
        // Truncated JSON: we cannot tell where a secret ends.
        let plain = plain_name(text);
        let half = SECRET_MEMBERS.iter().any(|member| plain.contains(&format!("\"{member}\"")))
            || UNMISTAKABLE.iter().any(|member| plain.contains(member));
        return if half { REDACTED.to_owned() } else { without(text, &secrets).to_string() };
    };
    secrets.extend(strings.into_iter().filter(|(secret, _)| *secret).map(|(_, text)| text));
    secrets.retain(|secret| !secret.is_empty());
    // One may be a part of another.
    secrets.sort_by_key(|secret| Reverse(secret.len()));
    let shown = without(text, &secrets);
    // A server may escape a character of it, so the text as it stands need not hold the value.
    let is_clean = |strings: Strings| strings.iter().all(|(_, text)| without(text, &secrets) == *text);
    if self::strings(&shown).is_some_and(is_clean) { shown.to_string() } else { REDACTED.to_owned() }
}

/// What lies between two steps still holds what the next one takes out, so it is zeroed.
fn without(text: &str, secrets: &[Zeroizing<String>]) -> Zeroizing<String> {
    let text = Zeroizing::new(text.to_owned());
    let text = secrets.iter().fold(text, |text, secret| Zeroizing::new(text.replace(secret.as_str(), REDACTED)));
    let text = Zeroizing::new(without_jwts(&text));
    SCHEMES.iter().fold(text, |text, scheme| Zeroizing::new(without_credentials(&text, scheme)))
}

/// A member's name as [`SECRET_MEMBERS`] has it.
fn plain_name(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect()
}

type Strings = Vec<(bool, Zeroizing<String>)>;

/// The strings of a JSON text, names and repeated members included, and whether each is a secret.
fn strings(text: &str) -> Option<Strings> {
    if json::is_deep(text.as_bytes()) {
        return None;
    }
    let mut found = Vec::new();
    let mut json = serde_json::Deserializer::from_str(text);
    Collector { secret: false, found: &mut found }.deserialize(&mut json).and_then(|()| json.end()).ok()?;
    Some(found)
}

/// Collects the strings of a value that is a secret, or is not.
struct Collector<'a> {
    secret: bool,
    found: &'a mut Strings,
}

impl<'de> DeserializeSeed<'de> for Collector<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Collector<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.found.push((self.secret, Zeroizing::new(text.to_owned())));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Collector { secret: self.secret, found: self.found })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            let secret = self.secret || SECRET_MEMBERS.contains(&plain_name(&name).as_str());
            self.found.push((false, Zeroizing::new(name)));
            members.next_value_seed(Collector { secret, found: self.found })?;
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
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
        let key = Secret::new("k3y".to_owned());
        let table = [
            ("plain words", "plain words"),
            ("bad key k3y here", "bad key [redacted] here"),
            (r#"{"error":"e","access_token":"abc"}"#, r#"{"error":"e","access_token":"[redacted]"}"#),
            (
                r#"{"a":[{"access_token":"abc"}],"b":"abc"}"#,
                r#"{"a":[{"access_token":"[redacted]"}],"b":"[redacted]"}"#,
            ),
            (r#"{"access_token":""}"#, r#"{"access_token":""}"#),
            (r#"{"access_token":"a\u0062c"}"#, "[redacted]"),
            (r#"{"access_token":"abc"#, "[redacted]"),
            (
                r#"{"access_token":"abc","access_token":"x"}"#,
                r#"{"access_token":"[redacted]","access_token":"[redacted]"}"#,
            ),
            (
                r#"{"access_token":"abc","refresh_token":"abcd"}"#,
                r#"{"access_token":"[redacted]","refresh_token":"[redacted]"}"#,
            ),
            (r#"{"Access_Token":"abc"}"#, r#"{"Access_Token":"[redacted]"}"#),
            (r#"{"message":"bad key k\u0033y"}"#, "[redacted]"),
            (
                r#"{"message":"abc\n","access_token":"abc"}"#,
                r#"{"message":"[redacted]\n","access_token":"[redacted]"}"#,
            ),
            (r#"{"message":"\u0061bc","access_token":"abc"}"#, "[redacted]"),
            (r#"{"message":"a \"word\""}"#, r#"{"message":"a \"word\""}"#),
            (r#"{"message":"e\u0079J0eXAiOiJKV1QiLCJhbGciOi.J9_x-y.z"}"#, "[redacted]"),
            ("token eyJ0eXAiOiJKV1QiLCJhbGciOi.J9_x-y.z end", "token [redacted] end"),
            ("eyJ is short", "eyJ is short"),
            (r#"{"accessToken":"abc","Pass-Word":"def"}"#, r#"{"accessToken":"[redacted]","Pass-Word":"[redacted]"}"#),
            (r#"{"secret" : "abc"#, "[redacted]"),
            ("access_token=abc&x=1", "[redacted]"),
            ("the token is wrong", "the token is wrong"),
            ("BEARER 0123456789abcdef+/=, basic aaaaaaaaaaaaaaa1 end", "BEARER [redacted], basic [redacted] end"),
            (
                "Bearer authorization_uri=x, Bearer Bearer aaaaaaaaaaaaaaa1",
                "Bearer authorization_uri=x, Bearer Bearer [redacted]",
            ),
            ("Bearer is needed", "Bearer is needed"),
        ];
        for (text, expected) in table {
            assert_eq!(redact(text, Some(&key)), expected);
        }
    }
}
