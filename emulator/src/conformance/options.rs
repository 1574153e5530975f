//! The options.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::shares::Share;

/// Which scenarios are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Rules {
    /// All
    All,
    /// Those that follow from what the services do, or from what keeps keys and tokens safe
    Protocol,
    /// Those that are choices of this project
    Choices,
}

/// Run the scenarios through a driver and say what failed
///
/// A driver is a small program that makes a client do what it reads from standard input. docs/conformance.md has its
/// protocol. Prints `ok NAME`, `FAILED NAME: why` or `skipped NAME: why`, then the totals, and ends with 1 if a rule of
/// the protocol failed.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// The driver's command line, for the shell
    #[arg(long, value_name = "COMMAND", required_unless_present = "list")]
    pub(crate) driver: Option<String>,
    /// Only scenarios whose name contains this, such as "key file"; may be repeated
    #[arg(long, visible_alias = "filter", value_name = "TEXT")]
    pub(crate) only: Vec<String>,
    /// Which rules
    #[arg(long, value_name = "WHICH", default_value = "all")]
    pub(crate) rules: Rules,
    /// Print the scenarios and their rules, and end
    #[arg(long)]
    pub(crate) list: bool,
    /// Print only what failed or was skipped, and the totals
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Let calls take this many times longer than the scenarios say, for slow machines and drivers under valgrind
    #[arg(long, value_name = "TIMES", default_value_t = 1.0, value_parser = over_zero)]
    pub(crate) patience: f64,
    /// End a driver that has not answered for this long
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) stuck_after: Duration,
    /// Put the key files into /var/opt/azcmagent/tokens and IMDS at 169.254.169.254, for clients that have no option
    /// for either; needs root on Linux, and leaves this machine as it is
    #[arg(long)]
    pub(crate) real_places: bool,
    /// Write the verdicts for a CI system
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write the verdicts as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Files or directories of scenarios; left out: those that are built in
    pub(crate) files: Vec<PathBuf>,
    /// Use this many runners side by side, each with a share of the scenarios
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: u16,
    /// This process is one of several runners
    #[arg(long, value_name = "NUMBER/COUNT", hide = true)]
    pub(crate) share: Option<Share>,
    /// This process is the inner one, in namespaces of its own
    #[arg(long, hide = true)]
    pub(crate) inside_namespaces: bool,
}

impl Options {
    /// Whether a scenario of this name and basis is wanted.
    pub(crate) fn wants(&self, name: &str, of_protocol: bool) -> bool {
        let by_rules = match self.rules {
            Rules::All => true,
            Rules::Protocol => of_protocol,
            Rules::Choices => !of_protocol,
        };
        by_rules && (self.only.is_empty() || self.only.iter().any(|part| name.contains(part.as_str())))
    }

    /// The options by which [`wants`](Self::wants) chooses, as they are written.
    pub(crate) fn choice(&self) -> String {
        let rules =
            clap::ValueEnum::to_possible_value(&self.rules).map(|value| format!("--rules {}", value.get_name()));
        let only = self.only.iter().map(|part| format!("--only {part:?}"));
        rules.filter(|_| self.rules != Rules::All).into_iter().chain(only).collect::<Vec<_>>().join(" ")
    }
}

fn over_zero(text: &str) -> Result<f64, String> {
    let number = text.parse().map_err(|_| "not a number")?;
    match number > 0.0 && f64::is_finite(number) {
        true => Ok(number),
        false => Err("it must be greater than 0".to_owned()),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    over_zero(text).and_then(|number| Duration::try_from_secs_f64(number).map_err(|error| error.to_string()))
}
