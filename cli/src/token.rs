//! `himds token`: an access token, and nothing else.

use himds::TokenRequest;

use crate::arguments::{Command, Matches, Opt, Values};
use crate::common::{RESOURCE, RESOURCE_OPERAND, client, resource};
use crate::failure::{Failure, Outcome};
use crate::format::{Format, gcp_failure};
use crate::streams::Streams;

pub(crate) const COMMAND: Command = Command {
    name: "token",
    about: "print an access token, and nothing else",
    details: "",
    operand: Some(RESOURCE_OPERAND),
    options: &[
        RESOURCE,
        Opt::switch("force-refresh", "ask the service for a new token"),
        Opt::with(
            "format",
            "FORMAT",
            "raw (default), json, header (for curl -H @-), gcp-executable (for Google's libraries)",
            Values::Of(FORMATS),
        ),
    ],
    asks: true,
    without: &[],
    answers: true,
    example: "\
TOKEN=$(himds token https://vault.azure.net)
himds token https://storage.azure.com --format header | curl -H @- https://ACCOUNT.blob.core.windows.net/...",
    run,
};

const FORMATS: &[&str] = &["raw", "json", "header", "gcp-executable"];

fn run(matches: &Matches, streams: &mut Streams<'_>) -> Outcome {
    let format = format(matches)?;
    match token(matches, streams, format) {
        // Its reader reads stdout alone, and wants the reason there.
        Err(failure @ Failure::Himds(_)) if format == Format::GcpExecutable => {
            streams.answer(&gcp_failure(&failure))?;
            Ok(failure.status())
        }
        outcome => outcome,
    }
}

fn token(matches: &Matches, streams: &mut Streams<'_>, format: Format) -> Outcome {
    let (client, resource) = (client(matches)?, resource(matches)?);
    let mut token = client.token(resource)?;
    if matches.has("force-refresh") {
        let first = token;
        token = client.token_with(&TokenRequest::new(resource).force_refresh(true))?;
        // Google's libraries take stderr for a part of the answer.
        if token.secret() == first.secret() && format != Format::GcpExecutable {
            streams.say("himds: the service returned the same token: it decides when to renew it");
        }
    }
    streams.answer(&format.line(&token))?;
    Ok(0)
}

fn format(matches: &Matches) -> Result<Format, Failure> {
    let named = matches.text("format")?;
    let format = match named {
        None | Some("raw") => Format::Raw,
        Some("json") => Format::Json,
        Some("header") => Format::Header,
        Some("gcp-executable") => Format::GcpExecutable,
        Some(other) => {
            return Err(Failure::Usage(format!("unknown format {other:?}; expected one of {}", FORMATS.join(", "))));
        }
    };
    match named {
        // With Google's format, --json can only be about errors, and those are JSON already.
        Some("raw" | "header") if matches.has("json") => {
            Err(Failure::Usage("--json and --format cannot be used together".to_owned()))
        }
        None if matches.has("json") => Ok(Format::Json),
        _ => Ok(format),
    }
}
