//! `himds bridge`: answers as a VM's metadata service does, for the services that an administrator names.
//!
//! Pure: `config` and `rule` (what the file says), `decide` (who may what), `rate` and `open` (how much of it), `audit` (what
//! is told), `nft` (the redirect), `names` and `nearest`. At the rim: `file`, `accounts`, `units` and `who` (what the system
//! says of a caller), `listeners`, `address`, `journal`, `run`. `policy` puts them together for one connection, `state` holds
//! what connections share.

mod accounts;
mod address;
mod audit;
#[cfg_attr(not(feature = "fuzzing"), allow(unreachable_pub, reason = "for `fuzzing`"))]
mod caller;
mod check;
mod config;
mod decide;
mod file;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod journal;
mod listeners;
mod names;
mod nearest;
mod nft;
mod open;
mod policy;
mod rate;
#[cfg_attr(not(feature = "fuzzing"), allow(unreachable_pub, reason = "for `fuzzing`"))]
mod rule;
mod run;
mod signals;
mod state;
mod units;
mod who;

pub use check::{Asked, Report, check, rules};
pub use file::DEFAULT as DEFAULT_CONFIG;
pub use journal::UNIT;
pub use nft::removal as rules_removal;
pub use run::{Options, run};

/// Where the package's socket unit listens.
pub const PORT: u16 = 16254;
