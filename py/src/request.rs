//! Asking the core for a token, as clients and credentials both do.

use std::sync::Arc;

use himds::TokenRequest;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::argument::{Seconds, text};
use crate::blocking::blocking;
use crate::cancel::CancelHandle;
use crate::error::Failure;

/// What a caller may say about one token besides its resource.
#[derive(Default)]
pub(crate) struct TokenOptions<'a, 'py> {
    pub(crate) force_refresh: bool,
    pub(crate) claims: Option<&'a Bound<'py, PyString>>,
    pub(crate) timeout: Option<Seconds>,
    pub(crate) cancel: Option<&'a Bound<'py, CancelHandle>>,
}

/// A token from the cache, with the GIL held (releasing it would cost more than the look-up), otherwise from the service.
pub(crate) fn request_token(
    py: Python<'_>,
    client: &himds::Client,
    resource: &Bound<'_, PyString>,
    options: &TokenOptions<'_, '_>,
) -> Result<Arc<himds::AccessToken>, Failure> {
    if let Some(timeout) = options.timeout {
        timeout.duration("timeout")?;
    }
    if options.claims.is_none() && !options.force_refresh {
        if let Ok(resource) = resource.to_cow() {
            if let Some(token) = client.peek_fresh(&resource) {
                return Ok(token);
            }
        }
    }
    let mut request = TokenRequest::new(text("resource", resource)?).force_refresh(options.force_refresh);
    if let Some(claims) = options.claims {
        request = request.claims(&text("claims", claims)?);
    }
    blocking(py, options.timeout, options.cancel.map(Bound::get), |limits| {
        client.token_with(&request.call_options(limits))
    })
}
