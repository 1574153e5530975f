//! An emulated agent, and a client of it.
#![allow(dead_code, reason = "each test program uses a part of it")]

use himds::{Client, ClientBuilder, Source};
use himds_emulator::{Config, Emulator};

pub(crate) const VAULT: &str = "https://vault.azure.net";

pub(crate) fn agent() -> Emulator {
    Emulator::start(Config::default()).expect("an emulator on free ports")
}

pub(crate) fn builder(emulator: &Emulator) -> ClientBuilder {
    Client::builder().source(Source::Himds).endpoint(emulator.himds_url()).token_dir(emulator.token_dir())
}

pub(crate) fn client(emulator: &Emulator) -> Client {
    builder(emulator).build().expect("options that suit the emulator")
}
