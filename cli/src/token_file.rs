//! `himds token-file`: a token in a file, for tools that read one there, and kept fresh on request.

mod watch;

use std::path::{Path, PathBuf};

use himds::AccessToken;

use crate::arguments::{Command, Matches, Opt, Values};
use crate::common::{RESOURCE, RESOURCE_OPERAND, client, resource};
use crate::failure::{Failure, Outcome};
use crate::format::{Pgpass, document};
use crate::json;
use crate::new_file::replace;
use crate::streams::Streams;

pub(crate) const COMMAND: Command = Command {
    name: "token-file",
    about: "write a token to a file, atomically",
    details: "\
The token goes to a new file, which takes the old one's place when it is complete. A failure leaves the old file alone.
With --watch the command stays, renews the token ahead of need, and tells systemd (Type=notify) when the first one is
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
        Opt::switch("watch", "stay, and keep the token fresh"),
    ],
    asks: true,
    answers: false,
    example: "\
himds token-file --resource api://AzureADTokenExchange --out /run/app/token --watch
himds token-file https://ossrdbms-aad.database.windows.net --out ~/.pgpass --format 'pgpass=*:5432:*:app'",
    run,
};

fn run(matches: &Matches, streams: &mut Streams<'_>) -> Outcome {
    let target = Target::from(matches)?;
    let (client, resource) = (client(matches)?, resource(matches)?);
    if target.mode & 0o007 != 0 {
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

/// The file, and what goes into it.
struct Target {
    path: PathBuf,
    content: Content,
    mode: u32,
}

#[derive(Debug, PartialEq, Eq)]
enum Content {
    Raw,
    Json,
    Pgpass(Pgpass),
}

impl Target {
    fn from(matches: &Matches) -> Result<Self, Failure> {
        let path = matches.os("out").filter(|path| !path.is_empty());
        let path = path.ok_or_else(|| Failure::Usage("--out FILE is missing".to_owned()))?.into();
        let content = content(matches.text("format")?.unwrap_or("raw"))?;
        let mode = mode(matches.text("mode")?.unwrap_or("0600"))?;
        if matches!(content, Content::Pgpass(_)) && mode & 0o077 != 0 {
            let message = format!("PostgreSQL ignores a password file that others can read, as with mode {mode:04o}");
            return Err(Failure::invalid(message).with_hint("Leave --mode out, or give 0600.").into());
        }
        Ok(Target { path, content, mode })
    }

    /// Writes the token to the file.
    fn write(&self, token: &AccessToken) -> Result<(), Failure> {
        let text = match &self.content {
            Content::Raw => token.secret().to_owned(),
            Content::Json => json::pretty(&document(token)) + "\n",
            Content::Pgpass(user) => user.line(token.secret()),
        };
        replace(&self.path, text.as_bytes(), self.mode).map_err(|error| Failure::File(self.shown(), error))
    }

    fn shown(&self) -> String {
        Path::display(&self.path).to_string()
    }
}

fn content(format: &str) -> Result<Content, Failure> {
    match format {
        "raw" => Ok(Content::Raw),
        "json" => Ok(Content::Json),
        _ => {
            let Some(user) = format.strip_prefix("pgpass=") else {
                let message =
                    format!("unknown format {format:?}; expected one of raw, json and pgpass=HOST:PORT:DATABASE:USER");
                return Err(Failure::Usage(message));
            };
            let parsed = Pgpass::parse(user).map(Content::Pgpass);
            parsed.ok_or_else(|| {
                Failure::Usage(format!(
                    "pgpass needs HOST:PORT:DATABASE:USER (`*` for any, `\\:` for a colon in a field), not {user:?}"
                ))
            })
        }
    }
}

fn mode(text: &str) -> Result<u32, Failure> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| (0o400..=0o777).contains(mode) && mode & 0o400 != 0);
    mode.ok_or_else(|| {
        Failure::Usage(format!("--mode needs an octal number that lets the owner read, like 0600, not {text:?}"))
    })
}

/// For a unit of `Type=notify`: those that need the file may start.
#[cfg(target_os = "linux")]
fn notify_ready() {
    // Without systemd there is nobody to tell, and that it cannot be told changes nothing here.
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
}

#[cfg(not(target_os = "linux"))]
fn notify_ready() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        assert_eq!(content("raw").ok(), Some(Content::Raw));
        assert_eq!(content("json").ok(), Some(Content::Json));
        assert!(matches!(content("pgpass=h:1:d:u"), Ok(Content::Pgpass(_))));
        for format in ["", "header", "pgpass", "pgpass=", "pgpass=h:1:d"] {
            assert!(content(format).is_err(), "{format}");
        }
    }

    #[test]
    fn modes_are_octal_and_let_the_owner_read() {
        for (text, value) in [("0600", 0o600), ("640", 0o640), ("0400", 0o400)] {
            assert_eq!(mode(text).ok(), Some(value));
        }
        for text in ["", "0", "0200", "900", "1777", "u=r", "-600", "0o600"] {
            assert!(mode(text).is_err(), "{text}");
        }
    }
}
