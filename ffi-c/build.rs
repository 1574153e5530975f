//! Gives the shared library its SONAME. The number changes only if a symbol is removed, which is not planned.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libhimds.so.1");
        // A call to a missing function is an error now, not when a daemon starts. A sanitizer's come with the program.
        if !std::env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("-Zsanitizer")) {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-z,defs");
        }
        link_soname();
    }
}

/// Cargo names the file libhimds.so, but programs look for its SONAME: a link next to it lets them run from the build
/// directory. The library is as good without it, so a failure does not matter.
fn link_soname() {
    #[cfg(unix)]
    if let Some(out) = env::var_os("OUT_DIR") {
        let link = std::path::Path::new(&out).join("../../../libhimds.so.1");
        if std::fs::symlink_metadata(&link).is_err() {
            let _ = std::os::unix::fs::symlink("libhimds.so", link);
        }
    }
}
