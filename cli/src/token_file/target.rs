//! Where the token goes, and in which form.

use std::path::{Path, PathBuf};

use himds::AccessToken;

use crate::arguments::Matches;
use crate::failure::Failure;
use crate::format::{Pgpass, document};
use crate::json;
use crate::new_file::replace;

/// The file, and what goes into it.
pub(super) struct Target {
    pub(super) path: PathBuf,
    pub(super) content: Content,
    pub(super) mode: u32,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    Raw,
    Json,
    Pgpass(Pgpass),
}

impl Target {
    pub(super) fn from(matches: &Matches) -> Result<Self, Failure> {
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

    /// Whether every user of the machine can read the file.
    pub(super) fn is_open_to_all(&self) -> bool {
        self.mode & 0o007 != 0
    }

    /// Writes the token to the file.
    pub(super) fn write(&self, token: &AccessToken) -> Result<(), Failure> {
        let text = match &self.content {
            Content::Raw => token.secret().to_owned(),
            Content::Json => json::pretty(&document(token)) + "\n",
            Content::Pgpass(user) => user.line(token.secret()),
        };
        replace(&self.path, text.as_bytes(), self.mode).map_err(|error| Failure::File(self.shown(), error))
    }

    pub(super) fn shown(&self) -> String {
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
