//! How the shared library is linked.

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        // The number changes only if a symbol is removed, which is not planned.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libhimds.so.1");
        // A sanitizer's functions come with the program.
        if !env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("-Zsanitizer")) {
            // A call to a missing function is an error now, not when a daemon starts.
            println!("cargo:rustc-cdylib-link-arg=-Wl,-z,defs");
            link_unwinder();
        }
        link_soname();
    }
}

/// The unwinder of GCC's static library, so that a program starts without loading libgcc_s.so.1: a tenth of the time to
/// its first token. rustc names the shared library; this script is found in its place. No exception crosses the
/// library's functions, so the two unwinders of a program never meet.
fn link_unwinder() {
    if env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|env| env == "gnu") {
        let folder = Path::new(&env::var_os("OUT_DIR").expect("Cargo sets it")).join("unwinder");
        fs::create_dir_all(&folder).expect("a folder for the script");
        fs::write(folder.join("libgcc_s.so"), "INPUT(-lgcc_eh -lgcc)\n").expect("the script");
        println!("cargo:rustc-link-search=native={}", folder.display());
    }
}

/// Cargo names the file libhimds.so, but programs look for its SONAME: a link next to it lets them run from the build
/// directory. The library is as good without it, so a failure does not matter.
fn link_soname() {
    #[cfg(unix)]
    if let Some(out) = env::var_os("OUT_DIR") {
        let link = Path::new(&out).join("../../../libhimds.so.1");
        if fs::symlink_metadata(&link).is_err() {
            let _ = std::os::unix::fs::symlink("libhimds.so", link);
        }
    }
}
