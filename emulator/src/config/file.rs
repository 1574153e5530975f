//! What the emulator serves: one file for ports, identities, machine, life times and faults. `emulator.example.toml` explains each entry.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::machine::Machine;
use crate::faults::fault::Fault;
use crate::services::azure::AzureConfig;
use crate::state::identity::{SystemAssigned, UserAssigned};

/// The address of IMDS on every VM.
pub(crate) const LINK_LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254));

/// The longest that a token may live and a clock may be wrong, in seconds: a thousand years, so that every time that is
/// made of them is one that can be written.
const LONGEST: i64 = 1000 * 365 * 86_400;

/// The whole configuration. Everything has a default, so `Config::default()` serves both services on free ports.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Seconds by which the emulator's own clock is ahead of this machine's (negative: behind). Shows in `Date`, in
    /// the expiry fields and in the tokens. A thousand years at most.
    pub clock_skew: i64,
    /// The Arc agent's service.
    pub himds: Himds,
    /// The VM's service.
    pub imds: Imds,
    /// What the metadata says about the machine.
    pub machine: Machine,
    /// The identity that belongs to the machine.
    pub system_assigned: SystemAssigned,
    /// Identities assigned by a user.
    pub user_assigned: Vec<UserAssigned>,
    /// Deviations from the normal behaviour, used up in order.
    #[serde(rename = "fault")]
    pub faults: Vec<Fault>,
    /// The small ARM and Key Vault.
    pub azure: AzureConfig,
}

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
    /// Where the key files go; none: a fresh private directory, removed at the end.
    pub token_dir: Option<PathBuf>,
    /// Mode of a key file where the group below exists and can be set, in octal. Elsewhere the file is 0600.
    pub key_file_mode: String,
    /// Group of a key file.
    pub key_file_group: String,
    /// The api-versions that the agent knows, newest first.
    pub api_versions: Vec<String>,
    /// Life of a token in seconds, from 0 to a thousand years.
    pub token_lifetime: i64,
    /// Whether the agent knows user-assigned identities (from 1.66) or ignores the selector and answers with the
    /// system-assigned identity's token, as older ones do.
    pub user_assigned: UserAssignedSupport,
    /// When a selector is found to name no identity of this machine.
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
    /// The system-assigned identity's token, whatever was asked for.
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

/// The VM's service, IMDS.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Imds {
    /// Whether it is served at all.
    pub enabled: bool,
    /// A loopback address, or 169.254.169.254 where the machine has that.
    pub address: IpAddr,
    /// 0 takes a free port. The real one is 80.
    pub port: u16,
    /// The api-versions that it knows, oldest first.
    pub api_versions: Vec<String>,
    /// Life of a token in seconds, from 0 to a thousand years.
    pub token_lifetime: i64,
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

impl Default for Imds {
    fn default() -> Self {
        const VERSIONS: [&str; 22] = [
            "2017-04-02",
            "2017-08-01",
            "2017-12-01",
            "2018-02-01",
            "2018-04-02",
            "2018-10-01",
            "2019-02-01",
            "2019-03-11",
            "2019-04-30",
            "2019-06-01",
            "2019-06-04",
            "2019-08-01",
            "2019-08-15",
            "2019-11-01",
            "2020-06-01",
            "2020-09-01",
            "2020-12-01",
            "2021-01-01",
            "2021-02-01",
            "2021-12-13",
            "2023-07-01",
            "2023-11-15",
        ];
        Self {
            enabled: true,
            address: IpAddr::from([127, 0, 0, 1]),
            port: 0,
            api_versions: VERSIONS.map(String::from).into(),
            token_lifetime: 86_400,
        }
    }
}

impl Config {
    /// Reads a configuration from TOML.
    ///
    /// # Errors
    /// When the text is no TOML, has an unknown entry or a value of the wrong kind; the message names the line.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let config: Self = toml::from_str(text).map_err(|error| Error::Invalid(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    /// What can be checked without starting.
    pub(crate) fn check(&self) -> Result<(), Error> {
        for (service, address) in [("himds", self.himds.address), ("imds", self.imds.address)] {
            let link_local = service == "imds" && address == LINK_LOCAL;
            if !address.is_loopback() && !link_local {
                return Err(Error::Invalid(format!(
                    "{service}: {address} is no loopback address; tokens stay on this machine"
                )));
            }
        }
        for (field, seconds, shortest) in [
            ("clock_skew", self.clock_skew, -LONGEST),
            ("himds.token_lifetime", self.himds.token_lifetime, 0),
            ("imds.token_lifetime", self.imds.token_lifetime, 0),
        ] {
            if !(shortest..=LONGEST).contains(&seconds) {
                return Err(Error::Invalid(format!("{field} must be {shortest} to {LONGEST} seconds, not {seconds}")));
            }
        }
        self.himds.key_mode()?;
        if self.himds.token_dir.as_ref().is_some_and(|dir| !dir.is_absolute()) {
            return Err(Error::Invalid("himds.token_dir must be an absolute path".into()));
        }
        self.faults.iter().try_for_each(|fault| fault.check().map_err(Error::Invalid))
    }
}

impl Imds {
    pub(crate) fn is_link_local(&self) -> bool {
        self.enabled && self.address == LINK_LOCAL
    }
}

impl Himds {
    pub(crate) fn key_mode(&self) -> Result<u32, Error> {
        u32::from_str_radix(&self.key_file_mode, 8)
            .ok()
            .filter(|mode| *mode <= 0o777)
            .ok_or_else(|| Error::Invalid(format!("key_file_mode {:?} is no octal file mode", self.key_file_mode)))
    }
}

/// Why the emulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration says something impossible.
    #[error("{0}")]
    Invalid(String),
    /// The operating system refused something.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The crypto library refused something.
    #[error("cannot make the signing key or a certificate: {0}")]
    Crypto(String),
}

impl Error {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
