//! # Tokens

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;

use himds::{AccessToken, decode_claims};

use crate::counted::Counted;
use crate::guard::{ErrorOut, guard};
use crate::pointers::{LengthOut, Slot, TextIn, required};
use crate::text::{CText, himds_text, return_text};

/// An access token for one resource: owned, with himds_token_free(). It does not change and does
/// not depend on its client, so any number of threads may read it while one of them keeps it. The
/// secret is zeroed with its last handle. Since ABI 1.
pub struct himds_token {
    token: Arc<AccessToken>,
    _counted: Counted,
}

/// The token's texts as C needs them. They stay with the token in the client's cache, so that another handle for it
/// copies nothing.
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

/// The token itself, visible ASCII, for the header `Authorization: Bearer ...`. Do not log it.
///
/// Ownership: borrowed from token. length: may be NULL. Given NULL: "" and 0.
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_token_secret(token: Option<&himds_token>, length: LengthOut<'_>) -> *const c_char {
    return_text(token.and_then(himds_token::texts).map(|texts| &texts.secret), length)
}

/// The resource that was requested, without a trailing "/.default".
///
/// Ownership: borrowed from token. length: may be NULL. Given NULL: "" and 0.
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_token_resource(token: Option<&himds_token>, length: LengthOut<'_>) -> *const c_char {
    return_text(token.and_then(himds_token::texts).map(|texts| &texts.resource), length)
}

/// The type of the token, "Bearer".
///
/// Ownership: borrowed from token. length: may be NULL. Given NULL: "" and 0.
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_token_type(token: Option<&himds_token>, length: LengthOut<'_>) -> *const c_char {
    return_text(token.and_then(himds_token::texts).map(|texts| &texts.token_type), length)
}

/// When the token expires, in milliseconds since 1970-01-01 00:00 UTC; 0 for NULL. The client
/// renews it before then: you need not compare.
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_token_expires_on_ms(token: Option<&himds_token>) -> u64 {
    token.map_or(0, |token| token.token.expires_on_unix().saturating_mul(1000))
}

/// When the client starts to refresh it early, in milliseconds since 1970-01-01 00:00 UTC; 0 for a
/// short-lived token for which the service named no time, and for NULL. To find out whether that
/// time has come, prefer himds_client_peek_fresh_token().
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_token_refresh_on_ms(token: Option<&himds_token>) -> u64 {
    token.and_then(|token| token.token.refresh_on_unix()).map_or(0, |seconds| seconds.saturating_mul(1000))
}

/// How many tries it took to get the token from the service; a handshake of two requests is one
/// try. For a token from the cache, the number is that of the call that fetched it. 0 for NULL.
///
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_token_attempts(token: Option<&himds_token>) -> u32 {
    token.map_or(0, |token| token.token.attempts())
}

/// The claims of the token, a JSON object. They are NOT verified: for people to read, never for
/// decisions.
///
/// Ownership: claims is owned, with himds_text_free(). Blocks: never. Threads: any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if token or claims is NULL; HIMDS_RESPONSE_INVALID if
/// the token is not a JWT.
#[unsafe(no_mangle)]
pub extern "C" fn himds_token_claims(
    token: Option<&himds_token>,
    claims: Option<&mut MaybeUninit<*mut himds_text>>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        let claims = Slot::new("claims", claims)?;
        let token = required("token", token)?;
        claims.write(himds_text::new(&serde_json::Value::Object(token.token.claims()?).to_string()));
        Ok(())
    })
}

/// The claims of any JWT, a JSON object. They are NOT verified: for people to read, never for
/// decisions.
///
/// Ownership: token is used for the call only; claims is owned, with himds_text_free(). Blocks:
/// never. Threads: any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if token or claims is NULL or token is not UTF-8;
/// HIMDS_RESPONSE_INVALID if the token is not a JWT.
#[unsafe(no_mangle)]
pub extern "C" fn himds_claims_decode(
    token: TextIn<'_>,
    claims: Option<&mut MaybeUninit<*mut himds_text>>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        let claims = Slot::new("claims", claims)?;
        let object = decode_claims(token.required("token")?)?;
        claims.write(himds_text::new(&serde_json::Value::Object(object).to_string()));
        Ok(())
    })
}

/// Frees a token's handle. NULL is allowed.
///
/// Ownership: token was owned by the caller and is gone. Blocks: never. Threads: any; no other call
/// may use it.
#[unsafe(no_mangle)]
pub extern "C" fn himds_token_free(token: Option<Box<himds_token>>) {
    drop(token);
}
