//! An emulator of Azure Arc's HIMDS and of an Azure VM's IMDS, to develop and test managed-identity clients against.
//!
//! ```
//! let emulator = himds_emulator::Emulator::start(himds_emulator::Config::default())?;
//! println!("HIMDS at {}, key files in {}", emulator.himds_url(), emulator.token_dir().display());
//! assert!(emulator.requests().is_empty());
//! # Ok::<(), himds_emulator::Error>(())
//! ```
//!
//! HIMDS demands a key file as the agent does, IMDS answers at once, and the tokens are RS256 JWTs that can be verified
//! by the documents at `/{tenant}/.well-known/openid-configuration`. A [`Fault`] changes or breaks an answer.

mod clock;
mod config;
#[doc(hidden)]
pub mod conformance;
mod emulator;
mod error;
mod expectation;
mod faults;
mod http;
mod impostor;
mod serve;
mod services;
mod state;

pub use config::azure::AzureConfig;
pub use config::file::Config;
pub use config::himds::{Himds, NotAssigned, UserAssignedSupport};
pub use config::identities::{SystemAssigned, UserAssigned};
pub use config::imds::Imds;
pub use config::machine::Machine;
pub use emulator::Emulator;
pub use error::Error;
pub use expectation::{Expectation, Times};
pub use faults::fault::{After, Fault, On, Wire, WireAction};
pub use faults::key_fault::{KeyFault, KeyFileKind};
pub use faults::{presets, template};
pub use http::request::{Service, Stage};
pub use impostor::event::ImpostorEvent;
pub use impostor::running::{Impostor, ImpostorConfig};
pub use state::log::RequestRecord;
pub use state::shared::Addresses;
