//! The options that every subcommand takes which asks the service. A further one is a line of [`OPTIONS`] and a line of
//! [`client`].

use std::time::Duration;

use himds::{Client, ClientBuilder, Error, Identity};

use crate::arguments::{Matches, Operand, Opt, Values};
use crate::failure::Failure;

/// Azure Resource Manager: what a token is for if nothing else is said.
pub(crate) const ARM: &str = "https://management.azure.com";

/// The common options, in the order of the help.
pub(crate) const OPTIONS: &[Opt] = &[
    Opt::switch("json", "print JSON"),
    Opt::with(
        "source",
        "himds|imds",
        "the service to use (default: chosen from what is on this machine)",
        Values::Of(&["himds", "imds"]),
    ),
    Opt::with("endpoint", "URL", "its base URL", Values::Any),
    Opt::with("token-dir", "DIR", "the agent's token directory", Values::Directory),
    Opt::with("client-id", "ID", "a user-assigned identity, by its client id", Values::Any),
    Opt::with("object-id", "ID", "a user-assigned identity, by its object id", Values::Any),
    Opt::with("resource-id", "ID", "a user-assigned identity, by its Azure resource id", Values::Any),
    Opt::with("timeout", "SECONDS", "limit of the whole call (default: 30)", Values::Any),
    Opt::with(
        "wait-for-service",
        "SECONDS",
        "how long to wait for a service that is not running yet (default: not at all)",
        Values::Any,
    ),
    Opt::with("max-attempts", "N", "limit of the attempts (default: 5)", Values::Any),
    Opt::switch(
        "no-verify-peer",
        "send the key to any process that listens at the endpoint, such as a relay that you run",
    ),
];

/// The client that the common options describe.
pub(crate) fn client(matches: &Matches) -> Result<Client, Failure> {
    let builder = builder(matches)?;
    Ok(identities(matches)?.into_iter().fold(builder, ClientBuilder::identity).build()?)
}

/// The same without an identity, and before it is checked as a whole.
pub(crate) fn builder(matches: &Matches) -> Result<ClientBuilder, Failure> {
    let mut builder = Client::builder();
    if let Some(source) = matches.text("source")? {
        builder = builder.source(source.parse()?);
    }
    if let Some(endpoint) = matches.text("endpoint")? {
        builder = builder.endpoint(endpoint);
    }
    if let Some(directory) = matches.os("token-dir") {
        builder = builder.token_dir(directory);
    }
    if let Some(timeout) = seconds(matches, "timeout")? {
        builder = builder.timeout(timeout);
    }
    if let Some(time) = seconds(matches, "wait-for-service")? {
        builder = builder.wait_for_service(time);
    }
    if let Some(attempts) = matches.text("max-attempts")? {
        builder = builder.max_attempts(at_least_one(attempts)?);
    }
    if matches.has("no-verify-peer") {
        builder = builder.verify_peer(false);
    }
    Ok(builder)
}

/// The user-assigned identities that are named. A client takes one at most.
pub(crate) fn identities(matches: &Matches) -> Result<Vec<Identity>, Failure> {
    let mut named = Vec::new();
    for (name, identity) in [
        ("client-id", Identity::ClientId as fn(String) -> Identity),
        ("object-id", Identity::ObjectId),
        ("resource-id", Identity::ResourceId),
    ] {
        named.extend(matches.texts(name)?.into_iter().map(|id| identity(id.to_owned())));
    }
    Ok(named)
}

/// A number of seconds over 0.
fn seconds(matches: &Matches, name: &str) -> Result<Option<Duration>, Failure> {
    let Some(text) = matches.text(name)? else { return Ok(None) };
    let number: f64 =
        text.trim().parse().map_err(|_| Failure::Usage(format!("--{name} needs a number, not {text:?}")))?;
    let usable = Duration::try_from_secs_f64(number).ok().filter(|duration| !duration.is_zero());
    let duration = usable.ok_or_else(|| {
        let name = name.replace('-', "_");
        Failure::invalid(format!("{name} must be a number of seconds over 0, not {number}"))
            .with_hint("Give a finite number of seconds, for example 30 or 0.5.")
    })?;
    Ok(Some(duration))
}

/// How many tries a call has: whole numbers of any length are understood, and those out of range refused.
fn at_least_one(text: &str) -> Result<u32, Failure> {
    let digits = text.trim().trim_start_matches(['+', '-']);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Failure::Usage(format!("--max-attempts needs a whole number, not {text:?}")));
    }
    let number = text.trim().parse().ok().filter(|number| *number > 0);
    let out_of_range = || -> Error {
        Failure::invalid(format!("max_attempts must be from 1 to {}", u32::MAX))
            .with_hint("Give a whole number, 1 for a single try.")
    };
    Ok(number.ok_or_else(out_of_range)?)
}

/// The option of all subcommands that get a token.
pub(crate) const RESOURCE: Opt = Opt::with(
    "resource",
    "URL",
    "what the token is for (default: https://management.azure.com)",
    Values::Of(&[ARM, "https://storage.azure.com", "https://vault.azure.net", "https://graph.microsoft.com"]),
);

/// The same without the option's name.
pub(crate) const RESOURCE_OPERAND: Operand =
    Operand { name: "RESOURCE", help: "the same as --resource RESOURCE", required: false, values: RESOURCE.values };

/// What the token is for, said in either way.
pub(crate) fn resource(matches: &Matches) -> Result<&str, Failure> {
    match (matches.text(RESOURCE.name)?, matches.operand()?) {
        (Some(option), Some(operand)) if option != operand => {
            Err(Failure::Usage(format!("two resources are given: {option:?} and {operand:?}")))
        }
        (Some(resource), _) | (None, Some(resource)) => Ok(resource),
        (None, None) => Ok(ARM),
    }
}
