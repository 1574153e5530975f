//! Gives the shared library its SONAME. The number changes only when a symbol is taken away, which is never planned.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libhimds.so.1");
        // Calls to missing functions are an error now, not when a daemon starts.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,defs");
    }
}
