//! The audit: a record for each grant and each refusal. Pure.

use std::fmt::Write as _;

use himds::Identity;

use super::caller::Caller;
use crate::front::{Ask, Report};

/// One grant or refusal, as names and values. Values are escaped: nothing that a client wrote can begin another line or
/// another field.
pub(crate) struct Record {
    /// Whether something was given out.
    pub(crate) granted: bool,
    fields: Vec<(&'static str, String)>,
}

/// The longest value. A path or resource can have 8 KiB, and a line of the journal should not.
const LONGEST: usize = 512;

impl Record {
    /// What is to be told of an answer. `rule` is the one that allowed it.
    pub(crate) fn new(caller: &Caller, rule: Option<&str>, report: &Report<'_>) -> Self {
        let mut record = Record { granted: report.status == 200, fields: Vec::with_capacity(12) };
        record.add("rule", rule);
        record.add("uid", caller.uid.map(|uid| uid.to_string()).as_deref());
        record.add("unit", caller.unit.as_deref());
        record.add("socket", Some(&*caller.socket).filter(|name| !name.is_empty()));
        record.add("method", Some(report.request.0).filter(|method| !method.is_empty()));
        record.add("path", Some(report.request.1).filter(|path| !path.is_empty()));
        if let Some(Ask::Token(ask)) = report.ask {
            record.add("identity", Some(identity(&ask.identity)));
            record.add("resource", Some(&ask.resource));
        }
        record.add("status", Some(&report.status.to_string()));
        record.add("token_sha256", report.token);
        record.add("reason", report.refusal);
        record
    }

    /// One about a connection that was not even read from.
    pub(crate) fn of_connection(caller: &Caller, reason: &str) -> Self {
        let mut record = Record { granted: false, fields: Vec::new() };
        record.add("uid", caller.uid.map(|uid| uid.to_string()).as_deref());
        record.add("unit", caller.unit.as_deref());
        record.add("socket", Some(&*caller.socket).filter(|name| !name.is_empty()));
        record.add("reason", Some(reason));
        record
    }

    /// How many like it were not written.
    #[must_use]
    pub(crate) fn with_suppressed(mut self, count: u64) -> Self {
        if count > 0 {
            self.add("suppressed", Some(&count.to_string()));
        }
        self
    }

    fn add(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.fields.push((name, escaped(value)));
        }
    }

    /// Names and escaped values.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.fields.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The record as one line: `granted rule="nightly backup" uid=34 ...`.
    pub(crate) fn line(&self) -> String {
        let mut line = String::from(if self.granted { "granted" } else { "refused" });
        for (name, value) in self.fields() {
            let bare = !value.is_empty() && !value.contains([' ', '=', '"', '\'']);
            // Writing to a String cannot fail.
            let _ = if bare { write!(line, " {name}={value}") } else { write!(line, " {name}=\"{value}\"") };
        }
        line
    }
}

fn identity(identity: &Identity) -> &str {
    match identity {
        Identity::ClientId(id) | Identity::ObjectId(id) | Identity::ResourceId(id) => id,
        _ => "system",
    }
}

/// Printable ASCII as it is, except for the quotation mark and the backslash; everything else as `\u{...}`.
fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        if escaped.len() >= LONGEST {
            escaped.push_str("...");
            break;
        }
        match character {
            '"' | '\\' => escaped.extend(['\\', character]),
            ' '..='~' => escaped.push(character),
            _ => escaped.extend(character.escape_unicode()),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::daemon::caller::Way;
    use crate::front::{Form, TokenAsk};

    fn caller() -> Caller {
        Caller {
            socket: "".into(),
            way: Way::Port,
            uid: Some(34),
            groups: Vec::new(),
            unit: Some("rclone-backup.service".into()),
        }
    }

    fn report<'a>(ask: &'a Ask, path: &'a str) -> Report<'a> {
        Report {
            status: 200,
            request: ("GET", path),
            ask: Some(ask),
            refusal: None,
            kind: None,
            token: Some("0123abcd"),
            took: Duration::ZERO,
        }
    }

    fn ask(resource: &str) -> Ask {
        Ask::Token(TokenAsk {
            resource: resource.into(),
            identity: Identity::SystemAssigned,
            bypass_cache: false,
            form: Form::Imds,
        })
    }

    #[test]
    fn a_line_has_all_that_matters() {
        let ask = ask("https://storage.azure.com");
        let record = Record::new(&caller(), Some("nightly backup"), &report(&ask, "/metadata/identity/oauth2/token"));
        assert_eq!(
            record.line(),
            "granted rule=\"nightly backup\" uid=34 unit=rclone-backup.service method=GET \
             path=/metadata/identity/oauth2/token identity=system resource=https://storage.azure.com status=200 \
             token_sha256=0123abcd"
        );
        assert_eq!(
            Record::of_connection(&caller(), "gone").with_suppressed(3).line(),
            "refused uid=34 unit=rclone-backup.service reason=gone suppressed=3"
        );
    }

    #[test]
    fn what_a_client_wrote_begins_no_line_and_no_field() {
        let injection = "https://a.b\"\n refused uid=0 \r\x1b[31m\u{2028}ä\\";
        let ask = ask(injection);
        let line = Record::new(&caller(), Some("x\ny"), &report(&ask, "/a b\nMESSAGE=x")).line();
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line:?}");
        assert!(
            line.contains(r#"resource="https://a.b\"\u{a} refused uid=0 \u{d}\u{1b}[31m\u{2028}\u{e4}\\""#),
            "{line}"
        );
        assert!(line.contains(r#"rule=x\u{a}y "#) && line.contains(r#"path="/a b\u{a}MESSAGE=x""#), "{line}");
    }

    #[test]
    fn a_long_value_is_cut() {
        let ask = ask(&"a".repeat(8000));
        let line = Record::new(&caller(), None, &report(&ask, &"\n".repeat(8000))).line();
        assert!(line.len() < 1300, "{}", line.len());
    }
}
