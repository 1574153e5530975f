//! A small ARM and Key Vault by HTTPS, so that the whole way from token to secret runs without Azure.
//!
//! They verify the token's signature, issuer, audience and life as the real ones do, and answer with their errors.

mod arm;
mod bearer;
mod tls;
mod vault;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, http::HeaderMap};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::config::file::Error;
use crate::state::shared::Shared;

pub(crate) use tls::{Authority, SecurePort};

/// What the small ARM and Key Vault serve.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AzureConfig {
    /// Whether they are served.
    pub enabled: bool,
    /// Port of ARM; 0 takes a free one.
    pub arm_port: u16,
    /// Port of Key Vault; 0 takes a free one.
    pub vault_port: u16,
    /// Where the certificate of the authority goes that clients must trust, a PEM file; none: a private directory.
    pub ca_file: Option<PathBuf>,
    /// The vault's name.
    pub vault_name: String,
    /// The vault's secrets.
    pub secrets: BTreeMap<String, String>,
}

impl Default for AzureConfig {
    fn default() -> Self {
        let secrets = [
            ("psql-cmd", "psql -h localhost -U arcdemo -d demo"),
            ("psql-pgpass", "localhost:5432:demo:arcdemo:not-a-real-password"),
        ];
        Self {
            enabled: false,
            arm_port: 0,
            vault_port: 0,
            ca_file: None,
            vault_name: "arc-demo-vault".into(),
            secrets: secrets.map(|(name, value)| (name.into(), value.into())).into(),
        }
    }
}

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

    /// Serves until the runtime ends; the certificate's file must be kept by the caller.
    pub(crate) fn serve(self, state: &Arc<Shared>) -> Authority {
        let router: Router = arm::router().with_state(Arc::clone(state));
        tokio::spawn(self.arm.serve(router));
        let router: Router = vault::router(state).with_state(Arc::clone(state));
        tokio::spawn(self.vault.serve(router));
        self.authority
    }
}

/// An error in Azure's shape.
fn azure_error(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({"error": {"code": code, "message": message}}))).into_response()
}

/// The bearer token of a request.
fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get("authorization")?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
