//! The configuration file: ports, identities, machine, lifetimes and faults. `emulator.example.toml` explains each entry.

use serde::{Deserialize, Serialize};

use super::azure::AzureConfig;
use super::himds::Himds;
use super::identities::{SystemAssigned, UserAssigned};
use super::imds::{Imds, LINK_LOCAL};
use super::machine::Machine;
use crate::error::Error;
use crate::faults::fault::Fault;
use crate::faults::queue;

/// The longest lifetime of a token and the greatest error of a clock, in seconds: a thousand years, so that every
/// time computed from them can be written as a date.
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

impl Config {
    /// Reads a configuration from TOML.
    ///
    /// # Errors
    /// When the text is not TOML, has an unknown entry or a value of the wrong kind; the message names the line.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let config: Self = toml::from_str(text).map_err(|error| Error::Invalid(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    /// Checks what can be checked without starting.
    pub(crate) fn check(&self) -> Result<(), Error> {
        for (service, address) in [("himds", self.himds.address), ("imds", self.imds.address)] {
            let link_local = service == "imds" && address == LINK_LOCAL;
            if !address.is_loopback() && !link_local {
                return Err(Error::Invalid(format!(
                    "{service}: {address} is not a loopback address, and tokens must stay on this machine"
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
        self.faults.iter().try_for_each(|fault| queue::check(fault).map_err(Error::Invalid))
    }
}
