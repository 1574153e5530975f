//! The section of the VM's service.

use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};

/// The address of IMDS on every VM.
pub(crate) const LINK_LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254));

/// The VM's service, IMDS.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Imds {
    /// Whether it is served at all.
    pub enabled: bool,
    /// A loopback address, or 169.254.169.254 if the machine has it.
    pub address: IpAddr,
    /// 0 takes a free port. The real one is 80.
    pub port: u16,
    /// The api-versions that it knows, oldest first.
    pub api_versions: Vec<String>,
    /// Lifetime of a token in seconds, from 0 to a thousand years.
    pub token_lifetime: i64,
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

impl Imds {
    pub(crate) fn is_link_local(&self) -> bool {
        self.enabled && self.address == LINK_LOCAL
    }
}
