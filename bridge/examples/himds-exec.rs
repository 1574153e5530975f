//! `himds exec` as a program of its own, with the options that the tests use.

use std::process::ExitCode;

use himds::{Client, Identity, Source};
use himds_bridge::exec::{self, Mode, Options};

fn main() -> ExitCode {
    match options(std::env::args_os().skip(1)) {
        Ok(options) => ExitCode::from(exec::run(&options)),
        Err(problem) => {
            eprintln!("himds exec: {problem}");
            ExitCode::from(exec::FAILED)
        }
    }
}

fn options(mut arguments: impl Iterator<Item = std::ffi::OsString>) -> Result<Options, String> {
    let mut options = Options::default();
    let mut client = Client::builder();
    while let Some(argument) = arguments.next() {
        let name = argument.to_string_lossy().into_owned();
        let mut value = || {
            let value = arguments.next().and_then(|value| value.into_string().ok());
            value.ok_or_else(|| format!("the option {name} wants a value"))
        };
        match name.as_str() {
            "--" => {
                options.command = arguments.collect();
                break;
            }
            "--resource" => options.resources.push(value()?),
            "--client-id" => options.identity = Identity::ClientId(value()?),
            "--object-id" => options.identity = Identity::ObjectId(value()?),
            "--resource-id" => options.identity = Identity::ResourceId(value()?),
            "--set-env" => {
                let value = value()?;
                let (name, resource) = value.split_once('=').ok_or("--set-env wants NAME=RESOURCE")?;
                options.set_env.push((name.to_owned(), resource.to_owned()));
            }
            "--no-metadata" => options.no_metadata = true,
            "--verbose" => options.verbose = true,
            "--cloud-shell" => options.cloud_shell = true,
            "--mode" => {
                options.mode = match value()?.as_str() {
                    "auto" => Mode::Auto,
                    "connect" => Mode::Connect,
                    "env" => Mode::Env,
                    other => return Err(format!("--mode {other}: auto, connect or env")),
                }
            }
            "--source" => client = client.source(if value()? == "imds" { Source::Imds } else { Source::Himds }),
            "--endpoint" => client = client.endpoint(value()?),
            "--token-dir" => client = client.token_dir(value()?),
            other => return Err(format!("unknown option {other}")),
        }
    }
    options.client = client;
    Ok(options)
}
