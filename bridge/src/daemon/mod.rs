//! `himds bridge`: answers as a VM's metadata service does, for the services that an administrator names.
//!
//! Pure: `config` and `rule` (what the file says), `decide` (who may what), `rate`, `audit` (what is told), `nft` (the
//! redirect), `nearest`. At the rim: `file`, `accounts`, `units` and `who` (what the system says of a caller), `listeners`,
//! `address`, `journal`, `run`. `policy` puts them together for one connection, `state` holds what connections share.

mod accounts;
mod address;
mod audit;
mod caller;
mod check;
mod config;
mod decide;
mod file;
mod journal;
mod listeners;
mod nearest;
mod nft;
mod policy;
mod rate;
mod rule;
mod run;
mod signals;
mod state;
mod units;
mod who;

pub use check::{Asked, Report, check, rules};
pub use file::DEFAULT as DEFAULT_CONFIG;
pub use journal::IDENTIFIER;
pub use nft::removal as rules_removal;
pub use run::{Options, run};

/// Where the package's socket unit listens.
pub const PORT: u16 = 16254;
