//! What looks like a secret in a text: the names of members that hold one, JWTs, and what follows a scheme.

use zeroize::Zeroizing;

use crate::http::skeleton::{decoded, decodings};
use crate::secret::REDACTED;

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

/// Whether a member of this name is a secret.
pub(super) fn is_secret_member(name: &str) -> bool {
    SECRET_MEMBERS.contains(&plain_name(name).as_str())
}

/// Whether a text that is not JSON may hold a secret member: by its name, in any escaping.
pub(super) fn names_a_secret(text: &str) -> bool {
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
pub(super) fn holds_a_secret(text: &str) -> bool {
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
pub(super) fn scrubbed(text: &str) -> String {
    let text = Zeroizing::new(without_jwts(text));
    SCHEMES.iter().fold(text, |text, scheme| Zeroizing::new(without_credentials(&text, scheme))).to_string()
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
