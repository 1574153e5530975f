//! A token from the command line: the resource is the first argument, Key Vault without one. The endpoint is the
//! second, if it is not found by itself; the token directory the third.

use std::process::ExitCode;

use himds::{Client, Error};

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
    let mut arguments = std::env::args().skip(1);
    let resource = arguments.next().unwrap_or_else(|| "https://vault.azure.net".to_owned());
    let mut builder = Client::builder();
    if let Some(endpoint) = arguments.next() {
        builder = builder.endpoint(endpoint);
    }
    if let Some(directory) = arguments.next() {
        builder = builder.source(himds::Source::Himds).token_dir(directory);
    }

    let client = builder.build()?;
    let token = client.token(&resource)?;
    println!("Authorization: Bearer {}", token.secret());

    Ok(())
}
