//! A token and what is known of it.

use std::any::Any;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use once_cell::race::OnceBox;
use serde_json::{Map, Value};

use crate::secret::Secret;
use crate::{Error, Kind};

/// An access token for one resource. Its secret is shown by [`secret`](Self::secret) alone, and zeroed when dropped.
pub struct AccessToken {
    secret: Secret,
    resource: String,
    token_type: String,
    /// Seconds since 1970.
    expires_on: u64,
    refresh_on: Option<u64>,
    attempts: u32,
    attachment: Attachment,
}

impl AccessToken {
    pub(crate) fn new(
        secret: Secret,
        resource: String,
        token_type: String,
        expires_on: u64,
        refresh_on: Option<u64>,
        attempts: u32,
    ) -> Self {
        AccessToken {
            secret,
            resource,
            token_type,
            expires_on,
            refresh_on,
            attempts,
            attachment: Attachment(OnceBox::new()),
        }
    }

    /// The token itself, for an `Authorization: Bearer` header. Visible ASCII.
    pub fn secret(&self) -> &str {
        self.secret.expose()
    }

    /// The requested resource, without a trailing `/.default`.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The server's `token_type`, `Bearer`.
    pub fn token_type(&self) -> &str {
        &self.token_type
    }

    /// When the token expires.
    pub fn expires_on(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.expires_on)
    }

    /// When the token expires, in seconds since 1970.
    pub fn expires_on_unix(&self) -> u64 {
        self.expires_on
    }

    /// When the client starts to refresh it early; `None` for a token of less than two hours for
    /// which the server named no time.
    pub fn refresh_on(&self) -> Option<SystemTime> {
        self.refresh_on.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds))
    }

    /// [`refresh_on`](Self::refresh_on) in seconds since 1970.
    pub fn refresh_on_unix(&self) -> Option<u64> {
        self.refresh_on
    }

    /// How many tries it took to get this token; a handshake of two requests is one try.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The claims of the token, **not verified**: for people to read, not for decisions. *response_invalid* if the
    /// token is not a JWT.
    pub fn claims(&self) -> Result<Map<String, Value>, Error> {
        decode_claims(self.secret())
    }

    /// The place where a binding keeps its own object for this token, so that it makes one only once.
    #[doc(hidden)]
    pub fn attachment(&self) -> &Attachment {
        &self.attachment
    }
}

/// What a binding keeps with a token. It never blocks: a forked child may inherit it at any moment of another thread's
/// `set`, and a `OnceLock` would then wait forever for a thread that the child does not have. Threads that come at the
/// same time each make an object, and all but the first drop theirs.
#[doc(hidden)]
pub struct Attachment(OnceBox<Box<dyn Any + Send + Sync>>);

impl Attachment {
    /// The object, if there is one.
    pub fn get(&self) -> Option<&(dyn Any + Send + Sync)> {
        self.0.get().map(|object| &**object)
    }

    /// Keeps an object. If there is one already, returns the new one.
    pub fn set(&self, object: Box<dyn Any + Send + Sync>) -> Result<(), Box<dyn Any + Send + Sync>> {
        self.0.set(Box::new(object)).map_err(|object| *object)
    }
}

/// The claims of a JWT, **not verified**. *response_invalid* if the text is not a JWT. The text is not kept.
pub fn decode_claims(token: &str) -> Result<Map<String, Value>, Error> {
    payload(token).and_then(|json| crate::json::from_slice(&json).ok()).ok_or_else(|| {
        Error::new(Kind::ResponseInvalid, "the token is not a JWT, so it has no claims to show").with_hint(
            "A token is opaque to its client: send it to the resource, which is the only one that must understand it.",
        )
    })
}

/// The claim `exp` alone, however much a token holds besides.
pub(crate) fn expiry_claim(token: &str) -> Option<Value> {
    crate::json::members(&payload(token)?, &["exp"]).ok()?.remove("exp")
}

fn payload(token: &str) -> Option<Vec<u8>> {
    let mut parts = token.split('.');
    let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("secret", &self.secret)
            .field("resource", &self.resource)
            .field("token_type", &self.token_type)
            .field("expires_on", &self.expires_on)
            .field("refresh_on", &self.refresh_on)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_attachment_stays_and_the_second_comes_back() {
        let token = AccessToken::new(Secret::new("t".to_owned()), "r".to_owned(), "Bearer".to_owned(), 0, None, 1);
        assert!(token.attachment().get().is_none());
        assert!(token.attachment().set(Box::new("first")).is_ok());
        let refused = token.attachment().set(Box::new("second")).expect_err("there is one already");
        assert_eq!(refused.downcast_ref(), Some(&"second"));
        assert_eq!(token.attachment().get().and_then(|object| object.downcast_ref()), Some(&"first"));
    }
}
