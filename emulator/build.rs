//! Packs the scenarios into the program, so that it can run them anywhere.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    // A link, which `cargo package` follows: a packed crate has the files themselves.
    let folder = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("Cargo says it")).join("scenarios");
    println!("cargo::rerun-if-changed={}", folder.display());
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    assert!(!files.is_empty(), "no scenarios in {}", folder.display());
    let mut code = "/// Name of the file, and its text.\npub(crate) const FILES: &[(&str, &str)] = &[\n".to_owned();
    for file in &files {
        let name = file.file_name().expect("a file").to_string_lossy();
        println!("cargo::rerun-if-changed={}", file.display());
        let _ = writeln!(code, "    ({name:?}, include_str!({:?})),", file.to_string_lossy());
    }
    code.push_str("];\n");
    let target = Path::new(&env::var_os("OUT_DIR").expect("Cargo says it")).join("scenarios.rs");
    fs::write(&target, code).unwrap_or_else(|error| panic!("{}: {error}", target.display()));
}
