//! What a client finds out and gets, in words. The token directory is the argument, if it is not the usual one.
#![allow(clippy::disallowed_methods, reason = "it shows times")]

use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use himds::{Client, Error};

const RESOURCE: &str = "https://vault.azure.net";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}\n{}", error.hint().unwrap_or_default());
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Error> {
    let mut builder = Client::builder();
    if let Some(directory) = std::env::args().nth(1) {
        builder = builder.token_dir(directory);
    }
    let client = builder.build()?;
    let source = client.source().map_or("none", himds::Source::name);
    println!("Source\n  {source}, since {}\n  {}\n", client.source_reason(), client.endpoint());

    let metadata = client.metadata()?;
    println!("Metadata");
    for (name, value) in [
        ("name", metadata.name()),
        ("resource id", metadata.resource_id()),
        ("location", metadata.location()),
        ("system", metadata.os_type()),
    ] {
        println!("  {name:<12} {}", value.unwrap_or("(none)"));
    }
    for (name, value) in metadata.tags() {
        println!("  {:<12} {value}", format!("tag {name}"));
    }

    let started = Instant::now();
    let token = client.token(RESOURCE)?;
    let first = started.elapsed();
    println!("\nToken for {RESOURCE}");
    for name in ["iss", "aud", "tid", "oid", "appid", "xms_mirid"] {
        if let Some(value) = token.claims()?.get(name).and_then(|value| value.as_str()) {
            println!("  {name:<12} {value}");
        }
    }
    let life = token.expires_on().duration_since(SystemTime::now()).unwrap_or_default();
    println!("  {:<12} {:.1} hours", "life", life.as_secs_f64() / 3600.0);
    println!("  {:<12} {first:.1?}: two requests and the key file", "first call");
    let started = Instant::now();
    let again = client.token(RESOURCE)?;
    println!(
        "  {:<12} {:.1?}: from the cache, the same token: {}",
        "second call",
        started.elapsed(),
        again.secret() == token.secret()
    );
    Ok(())
}
