//! The core: this machine's own service, by the crate `himds`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use himds::{AccessToken, CallOptions, Client, Error, Identity, Kind, TokenRequest};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::core::{Core, Issued};
use super::fresh::Fresh;
use super::instance;
use super::resource::{canonical, requested};

/// How often a client's `bypass_cache=true` is passed on, for one resource and identity.
const BYPASS_EVERY: Duration = Duration::from_secs(60);
/// A machine has a handful of identities; names that clients make up must not fill the memory.
const MOST_CLIENTS: usize = 64;
/// The same for pairs of identity and resource.
const MOST_BYPASSES: usize = 1024;
/// Where the tenant is, and the api-version that both services take for it.
const INFO: (&str, &str) = ("/metadata/identity/info", "2018-02-01");

/// Asks the service of this machine. One client for each identity; each keeps its tokens and shares a request among all
/// who want the same one.
pub struct Machine {
    build: Box<dyn Fn(Identity) -> Result<Client, Error>>,
    clients: RefCell<HashMap<Identity, Client>>,
    bypassed: RefCell<HashMap<(Identity, String), Instant>>,
    document: Fresh<Value>,
    tenant: Fresh<String>,
}

impl Machine {
    /// `build` makes the client for an identity: its options are what the user chose.
    pub fn new(build: impl Fn(Identity) -> Result<Client, Error> + 'static) -> Self {
        Machine {
            build: Box::new(build),
            clients: RefCell::default(),
            bypassed: RefCell::default(),
            document: Fresh::new(),
            tenant: Fresh::new(),
        }
    }

    fn client(&self, identity: &Identity) -> Result<Client, Error> {
        let mut clients = self.clients.borrow_mut();
        let key = in_lower_case(identity);
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let client = (self.build)(identity.clone())?;
        if clients.len() >= MOST_CLIENTS {
            clients.clear();
        }
        clients.insert(key, client.clone());
        Ok(client)
    }

    /// Whether a newer token is requested of the service than the one that is kept: not each time that a client wishes it.
    fn may_bypass(&self, identity: &Identity, resource: &str) -> bool {
        let (mut bypassed, now) = (self.bypassed.borrow_mut(), Instant::now());
        if bypassed.len() >= MOST_BYPASSES {
            bypassed.retain(|_, last| now.duration_since(*last) < BYPASS_EVERY);
        }
        let key = (in_lower_case(identity), canonical(resource));
        let due = bypassed.get(&key).is_none_or(|last| now.duration_since(*last) >= BYPASS_EVERY);
        let may = due && bypassed.len() < MOST_BYPASSES;
        if may {
            bypassed.insert(key, now);
        }
        may
    }
}

impl Core for Machine {
    async fn token(&self, resource: &str, identity: &Identity, bypass_cache: bool) -> Result<Issued, Error> {
        let client = self.client(identity)?;
        let force = bypass_cache && self.may_bypass(identity, resource);
        let token = client.token_async(&TokenRequest::new(requested(resource)).force_refresh(force)).await;
        if token.as_ref().is_err_and(|error| matches!(error.kind(), Kind::IdentityNotFound | Kind::IdentityMismatch)) {
            // Should the service be particular about letter case, then this spelling is not to stand for all others.
            self.clients.borrow_mut().remove(&in_lower_case(identity));
        }
        Ok(issued(&*token?))
    }

    async fn instance(&self) -> Result<Rc<Value>, Error> {
        let client = self.client(&Identity::SystemAssigned)?;
        let fetch = || async move {
            let metadata = client.metadata_async(&CallOptions::default()).await?;
            Ok(instance::as_a_vm(metadata.value()))
        };
        self.document.get(fetch).await
    }

    async fn tenant_id(&self) -> Result<Rc<String>, Error> {
        let client = self.client(&Identity::SystemAssigned)?;
        let fetch = || async move {
            let text = client.get_async(INFO.0, Some(INFO.1), &CallOptions::default()).await?;
            let answer: Option<Value> = serde_json::from_str(&text).ok();
            let tenant = answer.as_ref().and_then(|answer| answer.get("tenantId")?.as_str());
            tenant.map(str::to_owned).ok_or_else(|| Error::new(Kind::ResponseInvalid, "the service names no tenant"))
        };
        self.tenant.get(fetch).await
    }
}

/// Ids are the same in either letter case, and so is the token.
fn in_lower_case(identity: &Identity) -> Identity {
    match identity {
        Identity::ClientId(id) => Identity::ClientId(id.to_ascii_lowercase()),
        Identity::ObjectId(id) => Identity::ObjectId(id.to_ascii_lowercase()),
        Identity::ResourceId(id) => Identity::ResourceId(id.to_ascii_lowercase()),
        other => other.clone(),
    }
}

/// What a token's own claims say, read once for each token.
struct Claims {
    client_id: String,
    not_before: u64,
    fingerprint: String,
}

fn issued(token: &AccessToken) -> Issued {
    let kept = token.attachment();
    if kept.get().is_none() {
        // A thread that was quicker has kept the same.
        let _ = kept.set(Box::new(claims(token)));
    }
    let claims = kept.get().and_then(|claims| claims.downcast_ref::<Claims>());
    Issued {
        secret: Zeroizing::new(token.secret().to_owned()),
        token_type: token.token_type().to_owned(),
        expires_on: token.expires_on_unix(),
        not_before: claims.map_or(0, |claims| claims.not_before),
        client_id: claims.map_or_else(String::new, |claims| claims.client_id.clone()),
        fingerprint: claims.map_or_else(String::new, |claims| claims.fingerprint.clone()),
    }
}

/// A token that is not a JWT has no claims: then it is valid from now on, and its identity has no name.
fn claims(token: &AccessToken) -> Claims {
    let claims = token.claims().unwrap_or_default();
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let number = |name: &str| claims.get(name).and_then(Value::as_u64);
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Claims {
        client_id: text("appid").or_else(|| text("azp")).unwrap_or_default().to_owned(),
        not_before: number("nbf").or_else(|| number("iat")).unwrap_or_else(now),
        fingerprint: fingerprint(token.secret()),
    }
}

fn fingerprint(secret: &str) -> String {
    Sha256::digest(secret).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use himds::Client;

    use super::*;

    #[test]
    fn bypass_cache_once_a_minute() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let machine = Machine::new(|identity| Client::builder().identity(identity).build());
            let asks = |identity: &Identity, resource| machine.may_bypass(identity, resource);
            let (system, other) = (Identity::SystemAssigned, Identity::ClientId("c".into()));
            assert!(asks(&system, "https://a.b"));
            assert!(!asks(&system, "https://A.b/"), "the same resource in another form");
            assert!(asks(&other, "https://a.b") && asks(&system, "https://c.d"), "each has its own minute");
            tokio::time::advance(BYPASS_EVERY - Duration::from_millis(1)).await;
            assert!(!asks(&system, "https://a.b"));
            tokio::time::advance(Duration::from_millis(1)).await;
            assert!(asks(&system, "https://a.b"));
            assert!(!asks(&system, "https://a.b"));
        });
    }
}
