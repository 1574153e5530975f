#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

#[cfg(unix)]
mod account;
mod acquire;
mod answer;
mod builder;
mod cache;
mod call;
mod cancel;
mod challenge;
mod client;
#[cfg(test)]
mod client_tests;
mod clock;
mod commands;
mod diagnose;
mod drop_in;
mod endpoint;
mod environment;
mod error;
mod event;
mod expiry;
mod fetch;
mod flights;
mod get;
mod handshake;
mod identity;
mod json;
mod key_file;
mod kind;
mod metadata;
mod plan;
mod redact;
mod request;
mod resource;
mod retry;
mod runtime;
mod secret;
#[cfg(unix)]
mod sigpipe;
mod source;
#[cfg(test)]
mod testing;
mod token;
mod token_answer;
mod transport;
#[cfg(windows)]
mod windows;

pub(crate) use event::event;

pub use builder::{ClientBuilder, DEFAULT_MAX_ATTEMPTS, DEFAULT_TIMEOUT, HIMDS_CONNECT_TIMEOUT, IMDS_CONNECT_TIMEOUT};
pub use cancel::CancelHandle;
pub use client::Client;
pub use diagnose::{Diagnosis, Finding, Status};
pub use error::Error;
pub use identity::Identity;
pub use kind::Kind;
pub use metadata::Metadata;
pub use request::{CallOptions, TokenRequest};
pub use source::Source;
pub use token::{AccessToken, decode_claims};
