//! Taking secrets out of what a server said, so that it can be shown.
//!
//! One pass, linear in the text: a document is rebuilt with its secret members replaced, and the result is never
//! searched and replaced again. If a secret still stands in it in any spelling, nothing of the text is shown.

use zeroize::Zeroizing;

use crate::http::rebuilt::{MOST_SECRETS, Rebuilt};
use crate::http::scrub::{names_a_secret, scrubbed};
use crate::http::skeleton::Skeletons;
use crate::secret::{REDACTED, Secret};

/// More than an error's text ever needs.
pub(super) const LARGEST_TEXT: usize = 64 << 10;
/// A text with a secret so short that it may stand anywhere is not shown at all.
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

#[cfg(test)]
#[path = "redact_tests.rs"]
mod tests;
