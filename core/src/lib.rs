#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;

mod builder;
mod client;

mod diagnose;

mod cache;

mod protocol;

mod http;

mod discovery;

mod call;

mod os;

mod cancel;
mod error;
mod identity;
mod kind;
mod metadata;
mod request;
mod source;
mod token;

mod event;
mod json;
mod secret;

#[cfg(test)]
mod client_tests;
#[cfg(test)]
mod service_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod waiting_tests;

pub(crate) use event::event;

// For `himds bridge`, which asks the same of the kernel; not a part of the library's interface.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[doc(hidden)]
pub use os::sock_diag;

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
