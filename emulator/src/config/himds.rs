//! The section of the Arc agent's service.

use std::net::IpAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The Arc agent's service, HIMDS.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Himds {
    /// Whether it is served at all.
    pub enabled: bool,
    /// A loopback address.
    pub address: IpAddr,
    /// 0 takes a free port. The agent's own is 40342.
    pub port: u16,
    /// Where the key files go: this user's or root's directory, to which others may not write; made if it is missing.
    /// None: a new private directory, removed at the end.
    pub token_dir: Option<PathBuf>,
    /// Mode of a key file in octal, if the group below exists and can be set. Otherwise only the owner's part of it.
    pub key_file_mode: String,
    /// Group of a key file.
    pub key_file_group: String,
    /// The api-versions that the agent knows, newest first.
    pub api_versions: Vec<String>,
    /// Lifetime of a token in seconds, from 0 to a thousand years.
    pub token_lifetime: i64,
    /// Whether the agent knows user-assigned identities (from 1.66) or ignores the selector and answers with the
    /// system-assigned identity's token, as older ones do.
    pub user_assigned: UserAssignedSupport,
    /// When the agent says that a selector names no identity of this machine.
    pub not_assigned: NotAssigned,
    /// Whether `bypass_cache=true` is honoured (agents from 1.66).
    pub honours_bypass_cache: bool,
    /// Whether this is a machine on Azure Local, which also serves `/metadata/endpoints`.
    pub azure_local: bool,
}

/// How an agent treats a selector of a user-assigned identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserAssignedSupport {
    /// The identity's token, with an echo of the selector.
    Supported,
    /// The system-assigned identity's token, whatever was requested.
    Ignored,
}

/// When the agent says that an identity is not assigned to the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotAssigned {
    /// 404 `identity_not_found`, once the key was shown.
    AfterChallenge,
    /// 400 `invalid_request`, at once.
    BeforeChallenge,
}

impl Default for Himds {
    fn default() -> Self {
        Self {
            enabled: true,
            address: IpAddr::from([127, 0, 0, 1]),
            port: 0,
            token_dir: None,
            key_file_mode: "0640".into(),
            key_file_group: "himds".into(),
            api_versions: ["2021-02-01", "2020-06-01", "2019-11-01", "2019-08-15"].map(String::from).into(),
            token_lifetime: 86_400,
            user_assigned: UserAssignedSupport::Supported,
            not_assigned: NotAssigned::AfterChallenge,
            honours_bypass_cache: true,
            azure_local: false,
        }
    }
}

impl Himds {
    /// The mode of a key file as a number.
    pub(crate) fn key_mode(&self) -> Result<u32, Error> {
        u32::from_str_radix(&self.key_file_mode, 8)
            .ok()
            .filter(|mode| *mode <= 0o777)
            .ok_or_else(|| Error::Invalid(format!("key_file_mode {:?} is not an octal file mode", self.key_file_mode)))
    }
}
