//! A token as what a tool takes.

use himds::AccessToken;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::json;

/// What a token is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// The token alone.
    Raw,
    /// With its times.
    Json,
    /// `Authorization: Bearer TOKEN`
    Header,
    /// What Google's libraries read from an executable source of an external account.
    GcpExecutable,
}

impl Format {
    /// The text for stdout, with a line break at its end.
    pub(crate) fn line(self, token: &AccessToken) -> String {
        let text = match self {
            Format::Raw => token.secret().to_owned(),
            Format::Json => json::pretty(&document(token)),
            Format::Header => format!("Authorization: Bearer {}", token.secret()),
            Format::GcpExecutable => json::pretty(&json!({
                "version": 1,
                "success": true,
                "token_type": gcp_token_type(std::env::var("GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE").ok().as_deref()),
                "id_token": token.secret(),
                "expiration_time": token.expires_on_unix(),
            })),
        };
        text + "\n"
    }
}

/// The token with its times, in seconds since 1970.
pub(crate) fn document(token: &AccessToken) -> Value {
    json!({
        "token": token.secret(),
        "expires_on": token.expires_on_unix(),
        "refresh_on": token.refresh_on_unix(),
        "resource": token.resource(),
        "token_type": token.token_type(),
    })
}

/// The same for a token that there is not.
pub(crate) fn gcp_failure(failure: &Failure) -> String {
    let Failure::Himds(error) = failure else { return String::new() };
    let message = match error.hint() {
        Some(hint) => format!("{} {hint}", error.message()),
        None => error.message().to_owned(),
    };
    let document = json!({ "version": 1, "success": false, "code": error.kind().name(), "message": message });
    json::pretty(&document) + "\n"
}

/// A time in seconds since 1970 for people, if it is one that calendars have.
pub(crate) fn utc(seconds: u64) -> Option<String> {
    let time = jiff::Timestamp::from_second(seconds.try_into().ok()?).ok()?;
    Some(time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// The type that the library says it expects: a token of Entra ID passes for either of the two that are sent this way.
fn gcp_token_type(expected: Option<&str>) -> &'static str {
    const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
    if expected == Some(ID_TOKEN) { ID_TOKEN } else { "urn:ietf:params:oauth:token-type:jwt" }
}

/// Whose password the token is: the first four fields of a line of PostgreSQL's password file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pgpass([String; 4]);

impl Pgpass {
    /// Reads `HOST:PORT:DATABASE:USER`, in which `\:` is a colon and `\\` a backslash, as in the file itself.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut fields = vec![String::new()];
        let mut chars = text.chars();
        while let Some(char) = chars.next() {
            match char {
                ':' => fields.push(String::new()),
                '\\' => fields.last_mut()?.push(chars.next()?),
                char if char.is_control() => return None,
                char => fields.last_mut()?.push(char),
            }
        }
        let fields: [String; 4] = fields.try_into().ok()?;
        fields.iter().all(|field| !field.is_empty() && !field.contains(char::is_control)).then_some(Pgpass(fields))
    }

    /// The line with this password.
    pub(crate) fn line(&self, password: &str) -> String {
        let mut line = String::new();
        for field in &self.0 {
            line += &escaped(field);
            line.push(':');
        }
        line + &escaped(password) + "\n"
    }
}

/// What would end a field, or stand for another character, gets a backslash.
fn escaped(field: &str) -> String {
    field.replace('\\', "\\\\").replace(':', "\\:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_password_file_has_five_fields() {
        for (text, line) in [
            ("db.example:5432:app:me", "db.example:5432:app:me:p\\:a\\\\s\n"),
            ("*:*:*:me", "*:*:*:me:p\\:a\\\\s\n"),
            ("\\:\\:1:5432:*:me", "\\:\\:1:5432:*:me:p\\:a\\\\s\n"),
            ("h:1:d:DOMAIN\\\\me", "h:1:d:DOMAIN\\\\me:p\\:a\\\\s\n"),
            ("h:1:d:m\\e", "h:1:d:me:p\\:a\\\\s\n"),
        ] {
            assert_eq!(Pgpass::parse(text).unwrap().line("p:a\\s"), line, "{text}");
        }
    }

    #[test]
    fn what_does_not_name_one_user_is_refused() {
        for text in ["", "h:1:d", "h:1:d:u:extra", "::1:1:d:u", "h::d:u", "h:1:d:u\\", "h:1:d:u\nh", "h:1:d:\\\nu"] {
            assert_eq!(Pgpass::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn google_gets_the_type_that_it_expects() {
        let jwt = "urn:ietf:params:oauth:token-type:jwt";
        let id_token = "urn:ietf:params:oauth:token-type:id_token";
        for (expected, given) in [
            (None, jwt),
            (Some(jwt), jwt),
            (Some(id_token), id_token),
            (Some("urn:ietf:params:oauth:token-type:saml2"), jwt),
        ] {
            assert_eq!(gcp_token_type(expected), given);
        }
    }
}
