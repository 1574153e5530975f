//! How a failure is told.

use std::io;

use himds::Error;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::json;
use crate::printable::printable;
use crate::streams::Streams;

/// Tells on stderr what went wrong with this command; of a broken pipe, nothing: its reader has gone on purpose.
pub(crate) fn report(failure: &Failure, streams: &mut Streams<'_>, command: &str, as_json: bool) {
    match failure {
        Failure::Usage(_) => streams.say(&format!("{command}: {}\nTry `{command} --help`.", failure.line())),
        Failure::Answer(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Failure::Himds(error) if as_json => streams.say(&json::pretty(&document(error))),
        Failure::Himds(_) | Failure::Answer(_) | Failure::File(..) => {
            streams.say(&format!("himds: {}", failure.line()));
            if let Failure::Himds(error) = failure {
                if let Some(hint) = error.hint() {
                    streams.say(&format!("hint: {}", printable(hint)));
                }
            }
        }
    }
}

fn document(error: &Error) -> Value {
    json!({
        "kind": error.kind().name(),
        "status": error.kind().number(),
        "message": error.message(),
        "hint": error.hint(),
        "http_status": error.http_status(),
        "error": error.error(),
        "error_description": error.error_description(),
        "correlation_id": error.correlation_id(),
        "body": error.body(),
        "attempts": error.attempts(),
        "retry_after": error.retry_after().map(|wait| wait.as_secs_f64()),
    })
}
