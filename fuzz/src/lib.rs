//! The fuzz targets: functions from bytes to nothing that panic if a property does not hold. libFuzzer runs them by
//! `libfuzzer/`, and `tests/corpus.rs` over the corpus, with a fixed number of mutations.

mod answers;
mod bridge_rules;
mod client;
mod documents;
mod input;
mod neighbours;
mod oracle;
mod redaction;
mod rules;
mod spelling;

/// A target's name and function.
pub type Target = (&'static str, fn(&[u8]));

/// Every target, as its binary and its folder in `corpus/` are named.
pub const TARGETS: &[Target] = &[
    ("challenge", rules::challenge),
    ("key_file", rules::key_file),
    ("drop_in", rules::drop_in),
    ("endpoint", rules::endpoint),
    ("token", answers::token),
    ("error", answers::error),
    ("redaction", redaction::redaction),
    ("metadata", documents::metadata),
    ("claims", documents::claims),
    ("pointer", documents::pointer),
    ("client", client::client),
    ("front", neighbours::front),
    ("address", neighbours::address),
    ("git_credential", neighbours::git_credential),
    ("bridge_rules", bridge_rules::bridge_rules),
];

/// Runs a target by its name.
pub fn run(name: &str, data: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target of this name");
    target(data);
}
