//! Every key and token issued, so that a test can search outputs for them.

use std::collections::HashSet;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom as _, SystemRandom};

/// The register of what was issued.
#[derive(Debug, Default)]
pub(crate) struct Secrets(Mutex<HashSet<String>>);

impl Secrets {
    pub(crate) fn add(&self, secret: &str) {
        if !secret.is_empty() {
            self.0.lock().expect("no panic under this lock").insert(secret.to_owned());
        }
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().expect("no panic under this lock").iter().cloned().collect()
    }
}

/// The content of a new key file: 256 random bits.
pub(crate) fn random_key() -> String {
    STANDARD.encode(random::<32>())
}

/// A short random identifier.
pub(crate) fn random_id() -> String {
    URL_SAFE_NO_PAD.encode(random::<16>())
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the system has random numbers");
    bytes
}
