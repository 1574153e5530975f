//! Access tokens: RS256 JWTs with the claims that Entra puts into a managed identity's token.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use serde_json::{Map, Value, json};

use super::identity::Identity;
use super::secrets::random_id;
use super::signing::signing_key;
use crate::error::Error;
use crate::http::request::Service;

/// Both services hand out the token they have until fewer seconds than these remain.
const RENEW_BELOW: i64 = 90 * 60;

/// What a token should say.
pub(crate) struct Order<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) identity: &'a Identity,
    pub(crate) resource: &'a str,
    pub(crate) now: i64,
    pub(crate) lifetime: i64,
    /// Claims to set, or to leave out if `None`.
    pub(crate) changes: Vec<(String, Option<Value>)>,
}

/// A token with its times in Unix seconds.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    pub(crate) secret: String,
    pub(crate) not_before: i64,
    pub(crate) expires: i64,
}

/// Signs a token.
pub(crate) fn issue(order: &Order<'_>) -> Result<Issued, Error> {
    let mut claims = claims(order);
    for (name, value) in &order.changes {
        match value {
            Some(value) => drop(claims.insert(name.clone(), value.clone())),
            None => drop(claims.remove(name)),
        }
    }
    let secret = signing_key()?.sign(&claims)?;
    Ok(Issued { secret, not_before: order.now - 300, expires: order.now + order.lifetime })
}

fn claims(order: &Order<'_>) -> Map<String, Value> {
    let issuer = issuer(order.tenant);
    let kind = if order.identity.user_assigned { "app" } else { "system" };
    let claims = json!({
        "aud": order.resource, "iss": issuer,
        // Entra dates a token five minutes back, so that machines with a slow clock accept it.
        "iat": order.now - 300, "nbf": order.now - 300, "exp": order.now + order.lifetime,
        "aio": random_id(), "appid": order.identity.client_id, "appidacr": "2", "idp": issuer, "idtyp": "app",
        "oid": order.identity.object_id, "rh": random_id(), "sub": order.identity.object_id, "tid": order.tenant,
        "uti": random_id(), "ver": "1.0", "xms_idrel": "7 12", "xms_ftd": random_id(), "xms_mi_kind": kind,
        "xms_mirid": order.identity.resource_id, "xms_tcdt": order.now - 86_400 * 365,
    });
    match claims {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The issuer in the tokens of a tenant.
pub(crate) fn issuer(tenant: &str) -> String {
    format!("https://sts.windows.net/{tenant}/")
}

/// The tokens that a service keeps and hands out again.
#[derive(Default)]
pub(crate) struct TokenCache(Mutex<HashMap<CacheKey, Issued>>);

/// The service, the identity and the resource.
type CacheKey = (Service, Identity, String);

impl TokenCache {
    /// The token kept for these, or a new one if none is kept, if it is about to expire, or if `fresh`.
    pub(crate) fn get(&self, service: Service, order: &Order<'_>, fresh: bool) -> Result<Issued, Error> {
        let key = (service, order.identity.clone(), order.resource.to_owned());
        let kept = self.lock().get(&key).cloned();
        if let Some(token) = kept.filter(|token| !fresh && token.expires - order.now >= RENEW_BELOW) {
            return Ok(token);
        }
        let token = issue(order)?;
        self.lock().insert(key, token.clone());
        Ok(token)
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// For a look or an insertion only. Tokens are made outside, so that a panic there does not poison the lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<CacheKey, Issued>> {
        self.0.lock().expect("no panic under this lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(debug_assertions)] // since only then an overflow is a panic
    #[test]
    fn a_panic_while_a_token_is_made_leaves_the_cache_usable() {
        let cache = TokenCache::default();
        let name = String::from("x");
        let identity = Identity {
            client_id: name.clone(),
            object_id: name.clone(),
            resource_id: name.clone(),
            user_assigned: false,
        };
        let get = |lifetime| {
            let order = Order {
                tenant: &name,
                identity: &identity,
                resource: &name,
                now: 1_729_281_097,
                lifetime,
                changes: Vec::new(),
            };
            cache.get(Service::Imds, &order, false)
        };
        let overflow = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| get(i64::MAX)));
        assert!(overflow.is_err());
        assert_eq!(get(86_400).unwrap().secret, get(86_400).unwrap().secret);
    }
}
