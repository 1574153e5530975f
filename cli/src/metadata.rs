//! `himds metadata`: the instance metadata, or a part of it.

use serde_json::Value;

use crate::arguments::{Command, Matches, Opt, Values};
use crate::common::client;
use crate::failure::Outcome;
use crate::json;
use crate::streams::Streams;

pub(crate) const COMMAND: Command = Command {
    name: "metadata",
    about: "print the instance metadata",
    details: "A string alone is printed without quotes, unless --json is given.",
    operand: None,
    options: &[Opt::with(
        "path",
        "POINTER",
        "a JSON pointer, for example /compute/tagsList (default: all)",
        Values::Of(&[
            "/compute",
            "/compute/location",
            "/compute/name",
            "/compute/resourceGroupName",
            "/compute/resourceId",
            "/compute/subscriptionId",
            "/compute/tagsList",
            "/compute/vmId",
            "/network",
        ]),
    )],
    asks: true,
    without: &[],
    answers: true,
    example: "himds metadata --path /compute/subscriptionId",
    run,
};

fn run(matches: &Matches, streams: &mut Streams<'_>) -> Outcome {
    let path = matches.text("path")?.unwrap_or_default();
    let metadata = client(matches)?.metadata()?;
    let text = match metadata.pointer(path)? {
        Value::String(text) if !matches.has("json") => streams.shown(text).into_owned(),
        value => json::pretty(value),
    };
    streams.answer(&(text + "\n"))?;
    Ok(0)
}
