//! Without a build script, Cargo ignores `[build-dependencies]`.

fn main() {}
