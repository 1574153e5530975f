//! The two metadata services, and the api-versions that they are asked with.

use std::fmt;
use std::str::FromStr;

use crate::{Error, Kind};

/// A metadata service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The Hybrid Instance Metadata Service of the Connected Machine agent, on an Azure Arc-enabled server.
    Himds,
    /// The Instance Metadata Service of an Azure virtual machine.
    Imds,
}

impl Source {
    /// `himds` or `imds`.
    pub const fn name(self) -> &'static str {
        match self {
            Source::Himds => "himds",
            Source::Imds => "imds",
        }
    }

    /// The api-version of token requests. HIMDS: what every agent since 2020 knows. IMDS: the only one in use.
    pub(crate) const fn token_api_version(self) -> &'static str {
        match self {
            Source::Himds => "2020-06-01",
            Source::Imds => "2018-02-01",
        }
    }

    /// The api-version of metadata requests. IMDS: the oldest that every cloud serves and that has each member which
    /// [`Metadata`](crate::Metadata) has a view of, `tagsList` and `resourceId` among them.
    pub(crate) const fn metadata_api_version(self) -> &'static str {
        match self {
            Source::Himds => "2020-06-01",
            Source::Imds => "2021-02-01",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Source {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "himds" => Ok(Source::Himds),
            "imds" => Ok(Source::Imds),
            _ => Err(Error::new(Kind::Configuration, format!("unknown source {text:?}")).with_hint(
                "The sources are \"himds\" (Azure Arc) and \"imds\" (Azure VM); leave it out for an automatic choice.",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_sources_are_refused() {
        for text in ["", "HIMDS", "auto", "vm"] {
            assert_eq!(text.parse::<Source>().unwrap_err().kind(), Kind::Configuration, "{text}");
        }
    }
}
