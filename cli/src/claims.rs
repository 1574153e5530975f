//! `himds claims`: what a token says of itself.

use himds::decode_claims;
use serde_json::{Map, Value};

use crate::arguments::{Command, Matches, Opt};
use crate::common::{RESOURCE, RESOURCE_OPERAND, client, resource};
use crate::failure::Outcome;
use crate::format::utc;
use crate::json;
use crate::printable::printable;
use crate::streams::Streams;

pub(crate) const COMMAND: Command = Command {
    name: "claims",
    about: "print a token's claims, which are not verified",
    details: "",
    operand: Some(RESOURCE_OPERAND),
    options: &[RESOURCE, Opt::switch("stdin", "read the token from standard input instead of requesting one")],
    asks: true,
    without: &[],
    answers: true,
    example: "himds claims https://vault.azure.net",
    run,
};

fn run(matches: &Matches, streams: &mut Streams<'_>) -> Outcome {
    let claims = if matches.has("stdin") {
        decode_claims(streams.input("the token")?.trim())?
    } else {
        client(matches)?.token(resource(matches)?)?.claims()?
    };
    let text = if matches.has("json") { json::pretty(&Value::Object(claims)) + "\n" } else { lines(&claims) };
    streams.answer(&text)?;
    Ok(0)
}

/// A line for each claim, times also for people.
fn lines(claims: &Map<String, Value>) -> String {
    let line = |(name, value): (&String, &Value)| {
        let text = value.as_str().map_or_else(|| json::on_one_line(value), str::to_owned);
        let time = if matches!(name.as_str(), "exp" | "iat" | "nbf") { time(value) } else { None };
        format!("{}: {}{}\n", printable(name), printable(&text), time.unwrap_or_default())
    };
    claims.iter().map(line).collect()
}

fn time(seconds: &Value) -> Option<String> {
    Some(format!("  ({})", utc(seconds.as_u64()?)?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_for_each_claim() {
        let claims = json!({
            "aud": "a\nb", "exp": 0, "iat": 1_700_000_000, "nbf": -1, "roles": ["x", {"y": 1}], "n\to": 1.5,
            "huge": 1u64 << 63,
        });
        let text = lines(claims.as_object().unwrap());
        let expected = "aud: a\\nb\nexp: 0  (1970-01-01 00:00:00 UTC)\niat: 1700000000  (2023-11-14 22:13:20 UTC)\nnbf: -1\n\
                        roles: [\"x\", {\"y\": 1}]\nn\\to: 1.5\nhuge: 9223372036854775808\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn times_that_no_calendar_has_are_left_alone() {
        for value in [json!(i64::MAX), json!(u64::MAX), json!(1e9), json!("1"), json!(true)] {
            assert_eq!(time(&value), None, "{value}");
        }
    }
}
