//! # Clients
//!
//! Create one client for the whole process and keep it: its cache is what makes calls fast.
//!
//! A program that may wait calls himds_client_get_token() before each use of a token. The call
//! takes tens of nanoseconds if the token is cached, and the client refreshes it early. It keeps no
//! token of its own.
//!
//! A thread that must not wait, such as an event loop, never calls it. It does this instead:
//!
//!  1. himds_client_peek_fresh_token(). If there is a token, use it; done.
//!  2. Otherwise wake a worker thread, and call himds_client_peek_token(). If there is a token, use
//!     it: it is still valid. If not, postpone the work.
//!  3. The worker calls himds_client_get_token(), which puts the new token into the cache. If that
//!     fails, the worker pauses as the table under STATUSES says, whatever wakes it meanwhile.
//!
//! This way the client alone decides when a token is due, the loop compares no times, and a refresh
//! delays nobody. himds_client_peek_token() alone would use each token until it is about to expire
//! and then have none. examples/c/daemon.c is the whole loop.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;

use himds::{CallOptions, Client, Error, Kind, Source};

use crate::counted::Counted;
use crate::guard::{ErrorOut, guard};
use crate::metadata::himds_metadata;
use crate::options::himds_options;
use crate::pointers::{BufferOut, LengthOut, Slot, TextIn, required};
use crate::request::himds_request;
use crate::text::{CText, himds_text, return_text};
use crate::token::himds_token;

/// What `himds_client_diagnose` requests a token for if the caller names no resource: every identity can get one for it.
const RESOURCE_MANAGER: &str = "https://management.azure.com";

/// A client with its cache of tokens: owned, with himds_client_free(). Any number of threads may
/// use one at once. Freeing it during a call on it is undefined. Since ABI 1.
pub struct himds_client {
    client: Client,
    source: CText,
    source_reason: CText,
    endpoint: CText,
    _counted: Counted,
}

/// Creates a client: chooses the source and checks the options. Sends nothing.
///
/// Ownership: options, NULL for the defaults, is copied; client is owned, with himds_client_free().
/// Blocks: no; it reads small local files. Threads: any, but it reads the environment, which no
/// thread may change meanwhile.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if client is NULL or an option is not usable;
/// HIMDS_CONFIGURATION if an endpoint is forbidden or options contradict each other. A machine
/// without a source is not an error yet: the first call that needs one returns HIMDS_UNAVAILABLE.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_new(
    options: Option<&himds_options>,
    client: Option<&mut MaybeUninit<*mut himds_client>>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        let slot = Slot::new("client", client)?;
        let client = options.map_or_else(Client::builder, himds_options::builder).build()?;
        slot.write(himds_client {
            source: CText::new(client.source().map_or("", Source::name)),
            source_reason: CText::new(client.source_reason()),
            endpoint: CText::new(&client.endpoint()),
            client,
            _counted: Counted::new(),
        });
        Ok(())
    })
}

/// Gets a token for a resource, such as "https://vault.azure.net", from the cache or from the
/// service. A scope, such as "https://vault.azure.net/.default", works too. Many threads that need
/// one resource at once share one request. See also: himds_client_get_token_with() for a deadline
/// or cancelling, himds_client_peek_fresh_token() for event loops.
///
/// Ownership: resource is used for the call only; token is owned, with himds_token_free().
/// Blocks: never for a cached token; otherwise up to the client's timeout, by default 30 000 ms,
/// and 1 000 ms (HIMDS) or 2 000 ms (IMDS) of it to connect. Threads: any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if client, resource or token is NULL, or resource is
/// not UTF-8, empty, longer than 2048 bytes or has control characters; HIMDS_UNAVAILABLE,
/// HIMDS_TIMEOUT, HIMDS_TRANSPORT; from HIMDS HIMDS_CHALLENGE_INVALID, HIMDS_KEY_FILE_REJECTED,
/// HIMDS_KEY_FILE_UNREADABLE, HIMDS_KEY_REFUSED; from either HIMDS_SERVICE,
/// HIMDS_IDENTITY_NOT_FOUND, HIMDS_IDENTITY_MISMATCH, HIMDS_THROTTLED, HIMDS_RESPONSE_INVALID; from
/// IMDS HIMDS_NOT_AZURE; HIMDS_INTERNAL.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_get_token(
    client: Option<&himds_client>,
    resource: TextIn<'_>,
    token: Option<&mut MaybeUninit<*mut himds_token>>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        let slot = Slot::new("token", token)?;
        let client = required("client", client)?;
        slot.write(himds_token::new(client.client.token(resource.required("resource")?)?));
        Ok(())
    })
}

/// The same as himds_client_get_token(), with options for this call.
///
/// Ownership: resource and request, which may be NULL, are used for the call only; token is owned,
/// with himds_token_free().
/// Blocks: never for a cached token; otherwise up to the request's deadline or the client's
/// timeout, by default 30 000 ms. Threads: any.
/// Returns: as himds_client_get_token(); HIMDS_CANCELLED.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_get_token_with(
    client: Option<&himds_client>,
    resource: TextIn<'_>,
    request: Option<&himds_request>,
    token: Option<&mut MaybeUninit<*mut himds_token>>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        let slot = Slot::new("token", token)?;
        let client = &required("client", client)?.client;
        let resource = resource.required("resource")?;
        let token = match request {
            None => client.token(resource)?,
            Some(request) => client.token_with(&request.token(resource))?,
        };
        slot.write(himds_token::new(token));
        Ok(())
    })
}

/// Gets a token as himds_client_get_token() does and copies it, with a NUL, into the caller's
/// buffer. For a cached token it allocates nothing. A token usually has 1 to 4 KiB. Prefer
/// himds_client_get_token() unless you must not allocate: its handle frees and zeroes the secret.
///
/// Ownership: resource is used for the call only; buffer stays yours: zero it when you are done.
/// buffer may be NULL if size is 0. length: receives the token's bytes without the NUL, also if the
/// buffer is too small: then provide one byte more than that and call again; the token is in the
/// cache. expires_on_ms: receives its expiry in milliseconds since 1970-01-01 00:00 UTC. Both may
/// be NULL, and are 0 after any other error.
/// Blocks: never for a cached token; otherwise up to the client's timeout, by default 30 000 ms.
/// Threads: any.
/// Returns: as himds_client_get_token(); HIMDS_INVALID_ARGUMENT if buffer is NULL and size is not
/// 0; HIMDS_BUFFER_TOO_SMALL, with an empty text in the buffer.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_copy_token(
    client: Option<&himds_client>,
    resource: TextIn<'_>,
    buffer: BufferOut<'_>,
    size: usize,
    length: LengthOut<'_>,
    expires_on_ms: Option<&mut MaybeUninit<u64>>,
    error: ErrorOut<'_>,
) -> i32 {
    let mut buffer = buffer;
    let length = length.map(|length| length.write(0));
    let expires_on_ms = expires_on_ms.map(|expires_on| expires_on.write(0));
    buffer.fill(size, "");
    guard(error, || {
        let client = required("client", client)?;
        let resource = resource.required("resource")?;
        buffer.check(size)?;
        let token = client.client.token(resource)?;
        if let Some(length) = length {
            *length = token.secret().len();
        }
        if let Some(expires_on) = expires_on_ms {
            *expires_on = token.expires_on_unix().saturating_mul(1000);
        }
        if !buffer.fill(size, token.secret()) {
            let needed = token.secret().len() + 1;
            return Err(Error::new(
                Kind::BufferTooSmall,
                format!("the token needs {needed} bytes, the buffer has {size}"),
            )
            .with_hint("Make the buffer that large and call again: the token is in the cache."));
        }
        Ok(())
    })
}

/// The cached token for a resource, or NULL with HIMDS_OK if there is none that is still valid. It
/// sends nothing and waits for nobody. Call it after himds_client_peek_fresh_token() found nothing;
/// alone, it never has a token refreshed.
///
/// Ownership: resource is used for the call only; token is owned, with himds_token_free().
/// Blocks: never. Threads: any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if client, resource or token is NULL or resource is
/// not UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_peek_token(
    client: Option<&himds_client>,
    resource: TextIn<'_>,
    token: Option<&mut MaybeUninit<*mut himds_token>>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || peek(client, resource, token, Client::peek))
}

/// The same as himds_client_peek_token(), but also NULL if himds_client_get_token() would now
/// request a newer token early. NULL therefore means: have a worker thread call
/// himds_client_get_token(), and use the token of himds_client_peek_token() meanwhile.
///
/// Ownership: resource is used for the call only; token is owned, with himds_token_free().
/// Blocks: never. Threads: any.
/// Returns: as himds_client_peek_token().
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_peek_fresh_token(
    client: Option<&himds_client>,
    resource: TextIn<'_>,
    token: Option<&mut MaybeUninit<*mut himds_token>>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || peek(client, resource, token, Client::peek_fresh))
}

fn peek(
    client: Option<&himds_client>,
    resource: TextIn<'_>,
    token: Option<&mut MaybeUninit<*mut himds_token>>,
    read: fn(&Client, &str) -> Option<Arc<himds::AccessToken>>,
) -> Result<(), Error> {
    let slot = Slot::new("token", token)?;
    let client = required("client", client)?;
    if let Some(token) = read(&client.client, resource.required("resource")?) {
        slot.write(himds_token::new(token));
    }
    Ok(())
}

/// Gets the instance metadata from the service. It is not cached.
///
/// Ownership: metadata is owned, with himds_metadata_free(). Blocks: up to the client's timeout, by
/// default 30 000 ms. Threads: any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if client or metadata is NULL; HIMDS_UNAVAILABLE,
/// HIMDS_TIMEOUT, HIMDS_TRANSPORT, HIMDS_SERVICE, HIMDS_THROTTLED, HIMDS_RESPONSE_INVALID,
/// HIMDS_NOT_AZURE, HIMDS_INTERNAL.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_get_metadata(
    client: Option<&himds_client>,
    metadata: Option<&mut MaybeUninit<*mut himds_metadata>>,
    error: ErrorOut<'_>,
) -> i32 {
    himds_client_get_metadata_with(client, None, metadata, error)
}

/// The same as himds_client_get_metadata(), with options for this call.
///
/// Ownership: request, which may be NULL, is used for the call only; metadata is owned, with
/// himds_metadata_free().
/// Blocks: up to the request's deadline or the client's timeout, by default 30 000 ms. Threads:
/// any.
/// Returns: as himds_client_get_metadata(); HIMDS_CANCELLED.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_get_metadata_with(
    client: Option<&himds_client>,
    request: Option<&himds_request>,
    metadata: Option<&mut MaybeUninit<*mut himds_metadata>>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        let slot = Slot::new("metadata", metadata)?;
        let client = required("client", client)?;
        slot.write(himds_metadata::new(client.client.metadata_with(&call_options(request))?));
        Ok(())
    })
}

/// Gets another document of the metadata service, such as "/metadata/identity/info", and returns
/// its body unchanged. For "/metadata/instance", prefer himds_client_get_metadata().
///
/// api_version: NULL for the one in the path's query; without that, the source's usual one.
/// Ownership: path, api_version and request, which may be NULL, are used for the call only; body is
/// owned, with himds_text_free().
/// Blocks: up to the request's deadline or the client's timeout, by default 30 000 ms. Threads:
/// any.
/// Returns: as himds_client_get_metadata_with(); also HIMDS_INVALID_ARGUMENT if path is NULL, not
/// UTF-8, not below /metadata/ or that of the token, or api_version is malformed or not the one in
/// the path's query.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_get(
    client: Option<&himds_client>,
    path: TextIn<'_>,
    api_version: TextIn<'_>,
    request: Option<&himds_request>,
    body: Option<&mut MaybeUninit<*mut himds_text>>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        let slot = Slot::new("body", body)?;
        let client = required("client", client)?;
        let (path, api_version) = (path.required("path")?, api_version.optional("api_version")?);
        slot.write(himds_text::new(&client.client.get_with(path, api_version, &call_options(request))?));
        Ok(())
    })
}

/// Diagnoses this machine: checks everything that a token depends on, requests one, and says what
/// is wrong and how to fix it, as JSON: {"ok":true,"source":"himds","source_reason":"...",
/// "findings":[{"name":"...","status":"ok","detail":"...","fix":"...","elapsed_ms":1.2}]}, where
/// each status is "ok", "warning" or "failed". A finding is not an error: the call itself succeeds.
///
/// resource: NULL for "https://management.azure.com".
/// Ownership: resource and request, which may be NULL, are used for the call only; json is owned,
/// with himds_text_free().
/// Blocks: up to the request's deadline or the client's timeout, by default 30 000 ms. Threads:
/// any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if client or json is NULL, or for a resource that
/// himds_client_get_token() refuses; HIMDS_CANCELLED, HIMDS_INTERNAL.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_diagnose(
    client: Option<&himds_client>,
    resource: TextIn<'_>,
    request: Option<&himds_request>,
    json: Option<&mut MaybeUninit<*mut himds_text>>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        let slot = Slot::new("json", json)?;
        let client = required("client", client)?;
        let resource = resource.optional("resource")?.unwrap_or(RESOURCE_MANAGER);
        let diagnosis = client.client.diagnose_with(resource, &call_options(request))?;
        slot.write(himds_text::new(&diagnosis.to_json()));
        Ok(())
    })
}

/// Forgets all tokens of the client. Handles that callers have stay valid. To replace a single
/// token, prefer himds_request_set_force_refresh().
///
/// Ownership: client is used for the call only. Blocks: never. Threads: any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if client is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_clear_cache(client: Option<&himds_client>, error: ErrorOut<'_>) -> i32 {
    guard(error, || {
        required("client", client)?.client.clear_cache();
        Ok(())
    })
}

/// Which service the client uses: "himds", "imds", or "" if neither is available.
///
/// Ownership: borrowed from client. length: may be NULL. Given NULL: "" and 0.
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_source(client: Option<&himds_client>, length: LengthOut<'_>) -> *const c_char {
    return_text(client.map(|client| &client.source), length)
}

/// Why the client uses that service, in words for people.
///
/// Ownership: borrowed from client. length: may be NULL. Given NULL: "" and 0.
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_source_reason(client: Option<&himds_client>, length: LengthOut<'_>) -> *const c_char {
    return_text(client.map(|client| &client.source_reason), length)
}

/// The base URL that the client uses; "" if there is no source.
///
/// Ownership: borrowed from client. length: may be NULL. Given NULL: "" and 0.
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_endpoint(client: Option<&himds_client>, length: LengthOut<'_>) -> *const c_char {
    return_text(client.map(|client| &client.endpoint), length)
}

/// Frees a client with its cache. Tokens, metadata and errors that came from it stay valid. NULL is
/// allowed.
///
/// Ownership: client was owned by the caller and is gone. Blocks: never.
/// Threads: any; no other call may use it, not even one that began before: join or cancel first.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_free(client: Option<Box<himds_client>>) {
    drop(client);
}

fn call_options(request: Option<&himds_request>) -> CallOptions {
    request.map_or_else(CallOptions::new, himds_request::call)
}

/// Threads share clients and tokens; the compiler says so here if that ever changes.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<himds_client>();
    shared::<himds_token>();
    shared::<himds_metadata>();
    shared::<himds_request>();
    shared::<crate::cancel::himds_cancel>();
    shared::<crate::error::himds_error>();
};
