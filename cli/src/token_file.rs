//! `himds token-file`: a token in a file, for tools that read one there, and kept fresh on request.

mod target;
mod watch;

use crate::arguments::{Command, Matches, Opt, Values};
use crate::common::{RESOURCE, RESOURCE_OPERAND, client, resource};
use crate::failure::Outcome;
use crate::streams::Streams;
use target::Target;

pub(crate) const COMMAND: Command = Command {
    name: "token-file",
    about: "write a token to a file, atomically",
    details: "\
The token goes to a new file, which takes the old one's place when it is complete. A failure leaves the old file alone.
With --watch the command keeps running, renews the token early, and tells systemd (Type=notify) when the first one is
there. For AWS_WEB_IDENTITY_TOKEN_FILE, PGPASSFILE, and the file source of Google's external accounts.",
    operand: Some(RESOURCE_OPERAND),
    options: &[
        RESOURCE,
        Opt::with("out", "FILE", "where to write it", Values::File),
        Opt::with(
            "format",
            "FORMAT",
            "raw (default; no line break), json, or pgpass=HOST:PORT:DATABASE:USER",
            Values::Of(&["raw", "json", "pgpass="]),
        ),
        Opt::with("mode", "MODE", "the file's permissions, in octal (default: 0600)", Values::Any),
        Opt::switch("watch", "keep running, and keep the token fresh"),
    ],
    asks: true,
    without: &[],
    answers: false,
    example: "\
himds token-file --resource api://AzureADTokenExchange --out /run/app/token --watch
himds token-file https://ossrdbms-aad.database.windows.net --out ~/.pgpass --format 'pgpass=*:5432:*:app'",
    run,
};

fn run(matches: &Matches, streams: &mut Streams<'_>) -> Outcome {
    let target = Target::from(matches)?;
    let (client, resource) = (client(matches)?, resource(matches)?);
    if target.is_open_to_all() {
        streams.say("himds: warning: with this mode every user of the machine can use the token");
    }
    let token = client.token(resource)?;
    target.write(&token)?;
    if matches.has("watch") {
        notify_ready();
        watch::watch(&client, resource, &target, &token, &mut watch::System(streams));
    }
    Ok(0)
}

/// For a unit of `Type=notify`: those that need the file may start.
#[cfg(target_os = "linux")]
fn notify_ready() {
    // Without systemd there is nobody to tell, and that it cannot be told changes nothing here.
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
}

#[cfg(not(target_os = "linux"))]
fn notify_ready() {}
