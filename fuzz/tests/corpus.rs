//! The short run of `make test`: every target over its corpus, and over the same mutations of it each time.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use himds_fuzz::TARGETS;

/// What a run over sockets costs is a hundred times what a parser costs.
fn mutations(target: &str) -> usize {
    let more: usize = std::env::var("FUZZ_MUTATIONS").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
    more * match target {
        "client" | "git_credential" => 60,
        "redaction" | "error" => 2_000,
        _ => 4_000,
    }
}

#[test]
fn every_target_over_its_corpus() {
    let mut inputs = 0;
    let mut failed = Vec::new();
    let only = std::env::var("FUZZ_TARGET").unwrap_or_default();
    for (name, target) in TARGETS.iter().filter(|(name, _)| only.is_empty() || *name == only) {
        let corpus = corpus(name);
        assert!(!corpus.is_empty(), "{name} has no corpus: `make fuzz-seeds` makes it");
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mutated = (0..mutations(name)).map(|_| random.mutated(&corpus));
        for input in corpus.iter().cloned().chain(mutated) {
            inputs += 1;
            if catch_unwind(AssertUnwindSafe(|| target(&input))).is_err() {
                failed.push(format!("{name}: {}", input.escape_ascii()));
                break;
            }
        }
    }
    println!("{inputs} inputs");
    assert!(failed.is_empty(), "{failed:#?}");
}

/// The inputs of a target, in an order that does not depend on the file system.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let entries = fs::read_dir(&folder).into_iter().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("an input")).collect()
}

/// What means something to one of the parsers.
const SPECIAL: &[u8] = b"\0\"\\/%:=.,;{}[]\n\r 0~-";

/// A small generator (splitmix64): the same numbers everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// One of the inputs, changed in one to eight places.
    fn mutated(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut input = corpus[self.below(corpus.len())].clone();
        for _ in 0..=self.below(8) {
            let at = self.below(input.len() + 1);
            match self.below(6) {
                0 if at < input.len() => input[at] = self.next() as u8,
                1 if at < input.len() => input[at] ^= 1 << self.below(8),
                2 => input.insert(at, SPECIAL[self.below(SPECIAL.len())]),
                3 => input.truncate(at),
                4 => {
                    let other = &corpus[self.below(corpus.len())];
                    let piece = self.below(other.len() + 1);
                    input.splice(at..at, other[piece..other.len().min(piece + 64)].iter().copied());
                }
                _ => {
                    let end = input.len().min(at + self.below(16));
                    input.drain(at..end);
                }
            }
        }
        input
    }
}
