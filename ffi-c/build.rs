//! Gives the shared library its SONAME. The number changes only when a symbol is taken away, which is never planned.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libhimds.so.1");
        // Calls to missing functions are an error now, not when a daemon starts. A sanitizer's come with the program.
        if !std::env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("-Zsanitizer")) {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-z,defs");
        }
        link_soname();
    }
}

/// Cargo names the file libhimds.so, programs look for its SONAME: a link beside it lets them run from the build
/// directory. Where it cannot be made the library is as good, so nothing fails.
fn link_soname() {
    #[cfg(unix)]
    if let Some(out) = env::var_os("OUT_DIR") {
        let link = std::path::Path::new(&out).join("../../../libhimds.so.1");
        if std::fs::symlink_metadata(&link).is_err() {
            let _ = std::os::unix::fs::symlink("libhimds.so", link);
        }
    }
}
