//! An emulator of Azure Arc's HIMDS and of an Azure VM's IMDS, to develop and test managed-identity clients against.
//!
//! ```
//! let emulator = himds_emulator::Emulator::start(himds_emulator::Config::default())?;
//! println!("HIMDS at {}, key files in {}", emulator.himds_url(), emulator.token_dir().display());
//! assert!(emulator.requests().is_empty());
//! # Ok::<(), himds_emulator::Error>(())
//! ```
//!
//! HIMDS asks for a key file as the agent does, IMDS answers at once, and the tokens are RS256 JWTs that can be
//! verified by the documents at `/{tenant}/.well-known/openid-configuration`. A [`Fault`] changes or breaks an answer.

mod admin;
mod answer;
mod azure;
mod config;
mod connection;
mod emulator;
mod fault;
mod himds;
mod identity;
mod imds;
mod key_fault;
mod key_files;
mod machine;
mod metadata;
mod openid;
mod permissions;
pub mod presets;
mod request;
mod secrets;
mod service;
mod state;
pub mod template;
mod token;
mod wire;

pub use azure::AzureConfig;
pub use config::{Config, Error, Himds, Imds, NotAssigned, UserAssignedSupport};
pub use emulator::Emulator;
pub use fault::{After, Fault, On, Wire, WireAction};
pub use identity::{SystemAssigned, UserAssigned};
pub use key_fault::{KeyFault, KeyFileKind};
pub use machine::Machine;
pub use request::{RequestRecord, Service, Stage};
pub use state::Addresses;
