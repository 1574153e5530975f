//! Answers of either service: tokens and errors.

use std::time::Duration;

use himds::fuzzing::{self, Answer};
use himds::{Identity, Kind, Source};

use crate::input::answer;
use crate::oracle::{assert_hides, assert_usable};

const SOURCES: [Source; 2] = [Source::Himds, Source::Imds];
const KEY: &str = "f3a9c1d2-7b64-4e0a-9c55-0d1e2f3a4b5c";
const YEAR_9999: u64 = 253_402_300_799;

/// A 2xx answer is a token that can be used, or an error that says why not.
pub(crate) fn token(data: &[u8]) {
    let answer = Answer { status: 200, ..answer(data) };
    let mut plain = &answer.body[..];
    while let Some(rest) = plain.strip_prefix("\u{feff}".as_bytes()) {
        plain = rest;
    }
    let identities = [Identity::SystemAssigned, Identity::ClientId("8f6a3c52-0f3b-4f0a-9d3e-51a1f00d0001".to_owned())];
    for (source, identity) in
        SOURCES.iter().flat_map(|source| identities.iter().map(move |identity| (*source, identity)))
    {
        match fuzzing::token(source, identity, &answer, Some(KEY)) {
            Ok((secret, expires_on, life)) => {
                let said = serde_json::from_slice::<serde_json::Value>(plain).ok();
                let said = said.as_ref().and_then(|answer| answer["access_token"].as_str());
                assert_eq!(said, Some(&*secret), "the token is what the answer says");
                assert!(!secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic()));
                assert!((1..=YEAR_9999).contains(&expires_on), "{expires_on}");
                assert!(life <= Duration::from_secs(expires_on), "{life:?}");
            }
            Err(error) => {
                let kinds = [Kind::ResponseInvalid, Kind::IdentityMismatch];
                assert!(kinds.contains(&error.kind()), "{:?}", error.kind());
                assert_usable(&error);
                assert_hides(&error, KEY);
            }
        }
    }
}

/// An error answer becomes an error with a kind of its own, whatever it says; a key in it is not shown.
pub(crate) fn error(data: &[u8]) {
    let text = String::from_utf8_lossy(data).replace("{sent_key}", KEY);
    let answer = answer(text.as_bytes());
    for source in SOURCES {
        for resource in [Some("https://vault.azure.net"), None] {
            let error = fuzzing::error(source, resource, &answer, Some(KEY));
            assert_usable(&error);
            assert!(error.hint().is_some(), "what to do: {error}");
            assert_eq!(error.http_status(), Some(answer.status));
            assert!(error.retry_after().is_none_or(|wait| wait <= Duration::from_secs(100 * 365 * 24 * 3600)));
            assert_hides(&error, KEY);
        }
    }
}
