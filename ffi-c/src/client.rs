//! The client: tokens, metadata, diagnosis.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;

use himds::{CallOptions, Client, Error, Kind, Source};

use crate::guard::{ErrorOut, guard};
use crate::metadata::himds_metadata;
use crate::options::himds_options;
use crate::pointers::{BufferOut, Slot, TextIn, required};
use crate::request::himds_request;
use crate::testing::Counted;
use crate::text::{CText, LengthOut, give, himds_text};
use crate::token::himds_token;

/// What `himds_client_diagnose` asks a token for where the caller names no resource: every identity can have that one.
const RESOURCE_MANAGER: &str = "https://management.azure.com";

/// A client with its cache of tokens: owned, with himds_client_free(). Any number of threads may use one at once, and
/// should: one client for a process is the usual thing. Freeing it while a call on it runs is undefined.
pub struct himds_client {
    client: Client,
    source: CText,
    source_reason: CText,
    endpoint: CText,
    _counted: Counted,
}

/// Makes a client: chooses the source and checks the options. Sends nothing.
///
/// Ownership: options, NULL for the defaults, is copied; client is owned, with himds_client_free().
/// Blocks: no; it reads small local files. Threads: any; it reads the environment, so no thread may change that now.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where client is NULL or an option is unusable; HIMDS_CONFIGURATION where an
/// endpoint is forbidden or options contradict each other. No source on this machine is no error yet: the first call
/// that needs one says so.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_new(
    options: Option<&himds_options>,
    client: Option<&mut MaybeUninit<*mut himds_client>>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        let slot = Slot::new("client", client)?;
        let client = options.map_or_else(Client::builder, himds_options::builder).build()?;
        slot.put(himds_client {
            source: CText::new(client.source().map_or("", Source::name)),
            source_reason: CText::new(client.source_reason()),
            endpoint: CText::new(&client.endpoint()),
            client,
            _counted: Counted::new(),
        });
        Ok(())
    })
}

/// Gets a token for a resource, such as "https://vault.azure.net", from the cache or from the service. A scope, such as
/// "https://vault.azure.net/.default", will do. Many threads that ask for one resource at once make one request.
///
/// Ownership: resource is used for the call only; token is owned, with himds_token_free().
/// Blocks: for a cached token never; else up to the client's timeout. Threads: any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where client, resource or token is NULL, or resource is not UTF-8, empty,
/// longer than 2048 bytes or has control characters; HIMDS_UNAVAILABLE, HIMDS_TIMEOUT, HIMDS_TRANSPORT; from HIMDS
/// HIMDS_CHALLENGE_INVALID, HIMDS_KEY_FILE_REJECTED, HIMDS_KEY_FILE_UNREADABLE, HIMDS_KEY_REFUSED; from either
/// HIMDS_SERVICE, HIMDS_IDENTITY_NOT_FOUND, HIMDS_IDENTITY_MISMATCH, HIMDS_THROTTLED, HIMDS_RESPONSE_INVALID; from IMDS
/// HIMDS_NOT_AZURE; HIMDS_INTERNAL.
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
        slot.put(himds_token::new(client.client.token(resource.required("resource")?)?));
        Ok(())
    })
}

/// As himds_client_get_token(), with wishes and limits for this call.
///
/// Ownership: resource and request, which may be NULL, are used for the call only; token is owned, with
/// himds_token_free().
/// Blocks: for a cached token never; else up to the request's deadline or the client's timeout. Threads: any.
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
        slot.put(himds_token::new(token));
        Ok(())
    })
}

/// Gets a token as himds_client_get_token() does and copies it, with a NUL, into the caller's buffer. For a cached token
/// nothing is allocated. A token has 1 to 4 KiB as a rule.
///
/// Ownership: resource is used for the call only; buffer stays the caller's, who zeroes it when done.
/// buffer may be NULL where size is 0. length: written with the token's bytes without the NUL, also where the buffer is
/// too small: then make room for one more than that and call again; the token is in the cache. expires_on_ms: written
/// with its expiry in milliseconds since 1970-01-01 00:00 UTC. Both may be NULL, and are 0 after any other error.
/// Blocks: for a cached token never; else up to the client's timeout. Threads: any.
/// Returns: as himds_client_get_token(); HIMDS_INVALID_ARGUMENT where buffer is NULL and size is not 0;
/// HIMDS_BUFFER_TOO_SMALL, with an empty text in the buffer.
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

/// The cached token for a resource, or NULL with HIMDS_OK where there is none that is still good: for event loops, which
/// have a worker thread call himds_client_get_token() then. It asks nobody and waits for nobody.
///
/// Ownership: resource is used for the call only; token is owned, with himds_token_free().
/// Blocks: never. Threads: any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where client, resource or token is NULL or resource not UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_peek_token(
    client: Option<&himds_client>,
    resource: TextIn<'_>,
    token: Option<&mut MaybeUninit<*mut himds_token>>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || peek(client, resource, token, Client::peek))
}

/// As himds_client_peek_token(), but NULL also where himds_client_get_token() would now ask for a newer token ahead of
/// need: for callers who must not wait, but can have a worker thread make that call and do with the old token meanwhile.
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
    look: fn(&Client, &str) -> Option<Arc<himds::AccessToken>>,
) -> Result<(), Error> {
    let slot = Slot::new("token", token)?;
    let client = required("client", client)?;
    if let Some(token) = look(&client.client, resource.required("resource")?) {
        slot.put(himds_token::new(token));
    }
    Ok(())
}

/// Gets the instance metadata from the service. It is not cached.
///
/// Ownership: metadata is owned, with himds_metadata_free(). Blocks: up to the client's timeout. Threads: any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where client or metadata is NULL; HIMDS_UNAVAILABLE, HIMDS_TIMEOUT,
/// HIMDS_TRANSPORT, HIMDS_SERVICE, HIMDS_THROTTLED, HIMDS_RESPONSE_INVALID, HIMDS_NOT_AZURE, HIMDS_INTERNAL.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_get_metadata(
    client: Option<&himds_client>,
    metadata: Option<&mut MaybeUninit<*mut himds_metadata>>,
    error: ErrorOut<'_>,
) -> i32 {
    himds_client_get_metadata_with(client, None, metadata, error)
}

/// As himds_client_get_metadata(), with limits for this call.
///
/// Ownership: request, which may be NULL, is used for the call only; metadata is owned, with himds_metadata_free().
/// Blocks: up to the request's deadline or the client's timeout. Threads: any.
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
        slot.put(himds_metadata::new(client.client.metadata_with(&call_options(request))?));
        Ok(())
    })
}

/// Gets another document of the metadata service, such as "/metadata/identity/info": its body as it is.
///
/// api_version: NULL for the source's usual one for metadata.
/// Ownership: path, api_version and request, which may be NULL, are used for the call only; body is owned, with
/// himds_text_free().
/// Blocks: up to the request's deadline or the client's timeout. Threads: any.
/// Returns: as himds_client_get_metadata_with(); HIMDS_INVALID_ARGUMENT too where path is NULL, not UTF-8, not below
/// /metadata/ or the token's own, or api_version is malformed.
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
        slot.put(himds_text::new(&client.client.get_with(path, api_version, &call_options(request))?));
        Ok(())
    })
}

/// Looks at everything that a token depends on, asks for one, and says what is the matter and what to do, as JSON:
/// {"ok":true,"source":"himds","source_reason":"...","findings":[{"name":"...","status":"ok","detail":"...","fix":"...",
/// "elapsed_ms":1.2}]}, where status is "ok", "warning" or "failed". Findings are no error: the call itself succeeds.
///
/// resource: NULL for "https://management.azure.com".
/// Ownership: resource and request, which may be NULL, are used for the call only; json is owned, with himds_text_free().
/// Blocks: up to the request's deadline or the client's timeout. Threads: any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where client or json is NULL, or as himds_client_get_token() has it for
/// resource; HIMDS_CANCELLED, HIMDS_INTERNAL.
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
        slot.put(himds_text::new(&diagnosis.to_json()));
        Ok(())
    })
}

/// Forgets all tokens of the client; handles that callers have stay good.
///
/// Ownership: client is used for the call only. Blocks: never. Threads: any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where client is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_clear_cache(client: Option<&himds_client>, error: ErrorOut<'_>) -> i32 {
    guard(error, || {
        required("client", client)?.client.clear_cache();
        Ok(())
    })
}

/// Which service the client asks: "himds", "imds", or "" where neither can be had on this machine.
///
/// Ownership: borrowed from client. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_source(client: Option<&himds_client>, length: LengthOut<'_>) -> *const c_char {
    give(client.map(|client| &client.source), length)
}

/// Why the client asks that service, in words for people.
///
/// Ownership: borrowed from client. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_source_reason(client: Option<&himds_client>, length: LengthOut<'_>) -> *const c_char {
    give(client.map(|client| &client.source_reason), length)
}

/// The base URL that the client asks; "" where there is no source.
///
/// Ownership: borrowed from client. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_client_endpoint(client: Option<&himds_client>, length: LengthOut<'_>) -> *const c_char {
    give(client.map(|client| &client.endpoint), length)
}

/// Frees a client with its cache. Tokens, metadata, errors that came from it stay good. NULL is fine.
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

/// Threads share clients and tokens: the compiler says so here, should that ever change.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<himds_client>();
    shared::<himds_token>();
    shared::<himds_metadata>();
    shared::<himds_request>();
    shared::<crate::cancel::himds_cancel>();
    shared::<crate::error::himds_error>();
};
