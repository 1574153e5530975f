//! What all connections of one emulator share.

use std::sync::{Mutex, OnceLock};

use serde::{Deserialize, Serialize};

use super::identity::{Identity, system_assigned};
use super::key_files::KeyFiles;
use super::log::RequestLog;
use super::secrets::Secrets;
use super::token::{self, Issued, Order, TokenCache};
use crate::clock::unix_now;
use crate::config::file::Config;
use crate::error::Error;
use crate::faults::fault::Fault;
use crate::faults::queue::FaultQueue;
use crate::faults::template::{expand, raw_json};
use crate::http::request::{Seen, Service};

/// Configuration, and everything that changes while it runs.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) key_files: Mutex<KeyFiles>,
    pub(crate) faults: FaultQueue,
    pub(crate) log: RequestLog,
    pub(crate) secrets: Secrets,
    pub(crate) tokens: TokenCache,
    pub(crate) addresses: OnceLock<Addresses>,
}

/// The addresses, once it listens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// Base URL of HIMDS, without a slash at the end.
    pub himds: Option<String>,
    /// Base URL of IMDS, without a slash at the end.
    pub imds: Option<String>,
    /// The token directory.
    pub token_dir: String,
    /// Base URL of the small ARM.
    pub arm: Option<String>,
    /// Base URL of the small Key Vault.
    pub vault: Option<String>,
    /// The certificate to trust for these two, a PEM file.
    pub ca_file: Option<String>,
}

impl Shared {
    pub(crate) fn new(config: Config) -> Result<Self, Error> {
        config.check()?;
        let key_files = Mutex::new(KeyFiles::new(&config.himds)?);
        let faults = FaultQueue::default();
        for fault in &config.faults {
            faults.push(fault.clone()).map_err(Error::Invalid)?;
        }
        Ok(Self {
            config,
            key_files,
            faults,
            log: RequestLog::default(),
            secrets: Secrets::default(),
            tokens: TokenCache::default(),
            addresses: OnceLock::new(),
        })
    }

    /// Unix seconds of the emulator's own clock.
    pub(crate) fn now(&self) -> i64 {
        unix_now() + self.config.clock_skew
    }

    pub(crate) fn knows_tenant(&self, tenant: &str) -> bool {
        tenant == "common" || tenant.eq_ignore_ascii_case(&self.config.machine.tenant_id)
    }

    /// A token for an identity: the kept one, or a new one if the fault changes its claims.
    pub(crate) fn issue(
        &self,
        seen: &Seen,
        identity: &Identity,
        resource: &str,
        fresh: bool,
        fault: &Fault,
    ) -> Result<Issued, Error> {
        let now = seen.answered_at;
        let lifetime = match seen.service {
            Service::Himds => self.config.himds.token_lifetime,
            Service::Imds => self.config.imds.token_lifetime,
        };
        let changes = fault.claims.iter().map(|(name, text)| (name.clone(), raw_json(text, now))).collect();
        let order = Order { tenant: &self.config.machine.tenant_id, identity, resource, now, lifetime, changes };
        let issued =
            if fault.claims.is_empty() { self.tokens.get(seen.service, &order, fresh)? } else { token::issue(&order)? };
        self.secrets.add(&issued.secret);
        Ok(issued)
    }

    /// Fills in the placeholders of a fault's text: the general ones, `{token}`, `{key}`,
    /// `{sent_key}`, `{host}`, `{resource}`.
    pub(crate) fn expand(&self, text: &str, seen: &Seen) -> Vec<u8> {
        expand(text, seen.answered_at, &|name| self.variable(name, seen))
    }

    fn variable(&self, name: &str, seen: &Seen) -> Option<Vec<u8>> {
        let resource = seen.parameter("resource").unwrap_or("https://management.azure.com");
        let text = match name {
            "token" => {
                let identity = system_assigned(&self.config, seen.service == Service::Himds);
                // An emulator without a signing key does not start, so there is always a token.
                self.issue(seen, &identity, resource, true, &Fault::default()).ok()?.secret
            }
            "key" => {
                let key = super::secrets::random_key();
                self.secrets.add(&key);
                key
            }
            // The key that this very request showed.
            "sent_key" => {
                let (_, key) = seen.header("authorization")?.split_once(' ')?;
                key.to_owned()
            }
            "host" => seen.header("host").unwrap_or("localhost").to_owned(),
            "resource" => resource.to_owned(),
            _ => return None,
        };
        Some(text.into_bytes())
    }
}
