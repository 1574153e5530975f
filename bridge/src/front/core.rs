//! What the front needs of the core, so that tests can put another in its place.

use std::fmt;
use std::future::Future;
use std::rc::Rc;

use himds::{Error, Identity};
use serde_json::Value;
use zeroize::Zeroizing;

/// Gives tokens and metadata. The futures run on one thread.
pub trait Core: 'static {
    /// A token for a resource, as this identity. `bypass_cache` requests a newer one than those that are kept.
    fn token(
        &self,
        resource: &str,
        identity: &Identity,
        bypass_cache: bool,
    ) -> impl Future<Output = Result<Issued, Error>>;

    /// The instance document, every member of a VM's there. Within 200 ms: one client waits no longer.
    fn instance(&self) -> impl Future<Output = Result<Rc<Value>, Error>>;

    /// The id of the tenant that the machine's identity belongs to; as quick.
    fn tenant_id(&self) -> impl Future<Output = Result<Rc<String>, Error>>;
}

/// A token that the service issued.
#[derive(Clone)]
pub struct Issued {
    /// The token itself.
    pub secret: Zeroizing<String>,
    /// `Bearer`
    pub token_type: String,
    /// When it expires, in seconds since 1970.
    pub expires_on: u64,
    /// From when on it is valid, in seconds since 1970.
    pub not_before: u64,
    /// The application id of the identity it is for; empty if it cannot be read.
    pub client_id: String,
    /// The first 8 hexadecimal digits of the secret's SHA-256: names it in a log without telling it.
    pub fingerprint: String,
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("expires_on", &self.expires_on).finish_non_exhaustive()
    }
}
