//! `himds diagnose`: what is wrong on this machine, and how to fix it.

use himds::{Diagnosis, Status};
use serde_json::Value;

use crate::arguments::{Command, Matches};
use crate::common::{RESOURCE, RESOURCE_OPERAND, client, resource};
use crate::failure::Outcome;
use crate::json;
use crate::printable::printable;
use crate::streams::Streams;

pub(crate) const COMMAND: Command = Command {
    name: "diagnose",
    about: "say what is wrong on this machine, and how to fix it",
    details: "The exit status is 0 if a token is available, otherwise 1.",
    operand: Some(RESOURCE_OPERAND),
    options: &[RESOURCE],
    asks: true,
    without: &[],
    answers: true,
    example: "himds diagnose",
    run,
};

fn run(matches: &Matches, streams: &mut Streams<'_>) -> Outcome {
    let diagnosis = client(matches)?.diagnose(resource(matches)?)?;
    let text = if matches.has("json") {
        json::pretty(&serde_json::from_str::<Value>(&diagnosis.to_json()).unwrap_or_default()) + "\n"
    } else {
        lines(&diagnosis, streams.has_colours())
    };
    streams.answer(&text)?;
    Ok(if diagnosis.ok() { 0 } else { 1 })
}

fn lines(diagnosis: &Diagnosis, colours: bool) -> String {
    let source = if diagnosis.source().is_empty() { "none" } else { diagnosis.source() };
    let mut text = format!("source: {source} ({})\n", printable(diagnosis.source_reason()));
    for finding in diagnosis.findings() {
        let mark = mark(finding.status, colours);
        let elapsed = finding.elapsed.as_secs_f64() * 1e3;
        text += &format!("{mark} {}: {} [{elapsed:.1} ms]\n", finding.name, printable(&finding.detail));
        if !finding.fix.is_empty() {
            text += &format!("        -> {}\n", printable(&finding.fix));
        }
    }
    text + if diagnosis.ok() { "a token is available\n" } else { "no token is available\n" }
}

fn mark(status: Status, colours: bool) -> String {
    let word = format!("{:<7}", status.name());
    let colour = match status {
        Status::Ok => "32",
        Status::Warning => "33",
        Status::Failed => "31",
    };
    if colours { format!("\x1b[{colour}m{word}\x1b[0m") } else { word }
}
