//! The ports of the small ARM and Key Vault.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::Router;

use super::tls::{Authority, SecurePort};
use super::{arm, vault};
use crate::config::azure::AzureConfig;
use crate::error::Error;
use crate::state::shared::Shared;

/// The two ports, bound.
pub(crate) struct Azure {
    pub(crate) arm: SecurePort,
    pub(crate) vault: SecurePort,
    /// Keeps the certificate's file until the end.
    pub(crate) authority: Authority,
}

impl Azure {
    /// Makes the certificates and binds the ports.
    pub(crate) fn bind(config: &AzureConfig) -> Result<Self, Error> {
        let vault_host = format!("{}.vault.azure.net", config.vault_name);
        let names = ["localhost", "management.azure.com", "*.vault.azure.net", &vault_host];
        let authority = Authority::new(&names, config.ca_file.as_deref())?;
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Ok(Self {
            arm: SecurePort::bind(&authority, loopback, config.arm_port)?,
            vault: SecurePort::bind(&authority, loopback, config.vault_port)?,
            authority,
        })
    }

    /// Serves until the runtime ends. The caller keeps what is returned, with which the certificate's file goes.
    pub(crate) fn serve(self, state: &Arc<Shared>) -> Authority {
        let router: Router = arm::router().with_state(Arc::clone(state));
        tokio::spawn(self.arm.serve(router));
        let router: Router = vault::router(state).with_state(Arc::clone(state));
        tokio::spawn(self.vault.serve(router));
        self.authority
    }
}
