//! Sets `shuttle` for this crate alone, so that nothing else is compiled again.

fn main() {
    println!("cargo::rustc-cfg=shuttle");
    println!("cargo::rerun-if-changed=build.rs");
}
