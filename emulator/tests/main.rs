//! The emulator's tests as one program, which is linked once.

mod admin;
mod azure;
mod command;
mod common;
mod conformance;
mod expect;
mod faults;
mod files;
mod himds;
mod imds;
mod impostor;
mod numbers;
mod program;
mod untrusted;
