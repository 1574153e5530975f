#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

#[cfg(target_os = "linux")]
pub mod daemon;
pub mod exec;
pub mod front;
mod words;

pub use words::words;
