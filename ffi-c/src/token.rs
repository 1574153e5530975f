//! A token's handle and what can be read from it.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;

use himds::{AccessToken, decode_claims};

use crate::guard::{ErrorOut, guard};
use crate::pointers::{Slot, TextIn, required};
use crate::testing::Counted;
use crate::text::{CText, LengthOut, give, himds_text};

/// An access token for one resource: owned, with himds_token_free(). It does not change and does not depend on its
/// client, so any number of threads may read it, as long as one keeps it. The secret is zeroed with its last handle.
pub struct himds_token {
    token: Arc<AccessToken>,
    _counted: Counted,
}

/// The token's texts as C wants them. They are kept with the token in the client's cache, so that a further handle for
/// it copies nothing.
struct Texts {
    secret: CText,
    resource: CText,
    token_type: CText,
}

impl himds_token {
    pub(crate) fn new(token: Arc<AccessToken>) -> Self {
        if token.attachment().get().is_none() {
            let texts = Texts {
                secret: CText::new(token.secret()),
                resource: CText::new(token.resource()),
                token_type: CText::new(token.token_type()),
            };
            // If another thread was first, its texts are the same and these are dropped.
            let _ = token.attachment().set(Box::new(texts));
        }
        himds_token { token, _counted: Counted::new() }
    }

    fn texts(&self) -> Option<&Texts> {
        self.token.attachment().get()?.downcast_ref()
    }
}

/// The token itself, visible ASCII, for a header `Authorization: Bearer ...`. Do not log it.
///
/// Ownership: borrowed from token. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_token_secret(token: Option<&himds_token>, length: LengthOut<'_>) -> *const c_char {
    give(token.and_then(himds_token::texts).map(|texts| &texts.secret), length)
}

/// The resource that was asked for, without a trailing "/.default".
///
/// Ownership: borrowed from token. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_token_resource(token: Option<&himds_token>, length: LengthOut<'_>) -> *const c_char {
    give(token.and_then(himds_token::texts).map(|texts| &texts.resource), length)
}

/// The token's type, "Bearer".
///
/// Ownership: borrowed from token. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_token_type(token: Option<&himds_token>, length: LengthOut<'_>) -> *const c_char {
    give(token.and_then(himds_token::texts).map(|texts| &texts.token_type), length)
}

/// When the token expires, in milliseconds since 1970-01-01 00:00 UTC; 0 for NULL.
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_token_expires_on_ms(token: Option<&himds_token>) -> u64 {
    token.map_or(0, |token| token.token.expires_on_unix().saturating_mul(1000))
}

/// From when on the client asks for a newer one ahead of need, in milliseconds since 1970-01-01 00:00 UTC; 0 for a
/// token that is short-lived and for which the service named no time, or for NULL.
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_token_refresh_on_ms(token: Option<&himds_token>) -> u64 {
    token.and_then(|token| token.token.refresh_on_unix()).map_or(0, |seconds| seconds.saturating_mul(1000))
}

/// How many tries it took to get the token from the service, a handshake of two requests being one; 0 for NULL. For a
/// token from the cache it is what it took then.
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_token_attempts(token: Option<&himds_token>) -> u32 {
    token.map_or(0, |token| token.token.attempts())
}

/// The token's claims, a JSON object, NOT verified: for people to read, never for decisions.
///
/// Ownership: claims is owned, with himds_text_free(). Blocks: never. Threads: any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where token or claims is NULL; HIMDS_RESPONSE_INVALID where the token is
/// no JWT.
#[unsafe(no_mangle)]
pub extern "C" fn himds_token_claims(
    token: Option<&himds_token>,
    claims: Option<&mut MaybeUninit<*mut himds_text>>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        let claims = Slot::new("claims", claims)?;
        let token = required("token", token)?;
        claims.put(himds_text::new(&serde_json::Value::Object(token.token.claims()?).to_string()));
        Ok(())
    })
}

/// The claims of any JWT, a JSON object, NOT verified: for people to read, never for decisions.
///
/// Ownership: token is used for the call only; claims is owned, with himds_text_free(). Blocks: never. Threads: any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where token or claims is NULL or token not UTF-8; HIMDS_RESPONSE_INVALID
/// where the token is no JWT.
#[unsafe(no_mangle)]
pub extern "C" fn himds_claims_decode(
    token: TextIn<'_>,
    claims: Option<&mut MaybeUninit<*mut himds_text>>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        let claims = Slot::new("claims", claims)?;
        let object = decode_claims(token.required("token")?)?;
        claims.put(himds_text::new(&serde_json::Value::Object(object).to_string()));
        Ok(())
    })
}

/// Frees a token's handle. NULL is fine.
///
/// Ownership: token was owned by the caller and is gone. Blocks: never. Threads: any; no other call may use it.
#[unsafe(no_mangle)]
pub extern "C" fn himds_token_free(token: Option<Box<himds_token>>) {
    drop(token);
}
