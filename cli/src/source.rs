//! `himds source`: which service is asked, and why.

use serde_json::json;

use crate::arguments::{Command, Matches};
use crate::common::client;
use crate::failure::Outcome;
use crate::json;
use crate::streams::Streams;

pub(crate) const COMMAND: Command = Command {
    name: "source",
    about: "say which service is used, and why",
    details: "Nothing is sent: the choice is made from what is on this machine.",
    operand: None,
    options: &[],
    asks: true,
    without: &[],
    answers: true,
    example: "himds source --json",
    run,
};

fn run(matches: &Matches, streams: &mut Streams<'_>) -> Outcome {
    let client = client(matches)?;
    let (source, reason, endpoint) =
        (client.source().map(|source| source.name()), client.source_reason(), client.endpoint());
    let endpoint = Some(endpoint).filter(|endpoint| !endpoint.is_empty());
    let text = if matches.has("json") {
        json::pretty(&json!({ "source": source, "reason": reason, "endpoint": endpoint }))
    } else {
        let endpoint = endpoint.as_deref().unwrap_or("none");
        format!("source:   {}\nreason:   {reason}\nendpoint: {endpoint}", source.unwrap_or("none"))
    };
    streams.answer(&(text + "\n"))?;
    Ok(if source.is_some() { 0 } else { 3 })
}
