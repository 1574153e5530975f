//! A JSON document, written again without its secrets.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use crate::http::scrub::{holds_a_secret, is_secret_member, scrubbed};
use crate::json;
use crate::secret::REDACTED;

/// A document with more secrets than these is not shown at all.
pub(super) const MOST_SECRETS: usize = 16;

/// A JSON document, its secrets replaced.
pub(super) struct Rebuilt {
    pub(super) text: Zeroizing<String>,
    pub(super) secrets: Vec<Zeroizing<String>>,
    /// Whether anything was replaced; otherwise the text as it came is as good.
    pub(super) changed: bool,
}

impl Rebuilt {
    pub(super) fn of(text: &str) -> Option<Self> {
        if json::is_deep(text.as_bytes()) {
            return None;
        }
        let mut rebuilt =
            Rebuilt { text: Zeroizing::new(String::with_capacity(text.len())), secrets: Vec::new(), changed: false };
        let mut json = serde_json::Deserializer::from_slice(text.as_bytes());
        Writer { secret: false, to: &mut rebuilt }.deserialize(&mut json).and_then(|()| json.end()).ok()?;
        Some(rebuilt)
    }

    fn push_string(&mut self, text: &str) {
        let shown = if holds_a_secret(text) { REDACTED.to_owned() } else { scrubbed(text) };
        self.changed |= shown != text;
        self.push(&serde_json::Value::from(shown));
    }

    fn push_secret(&mut self, text: &str) {
        if text.is_empty() {
            return self.push_string(text);
        }
        // The list is as long as it need be to say that there are too many.
        if self.secrets.len() <= MOST_SECRETS {
            self.secrets.push(Zeroizing::new(text.to_owned()));
        }
        self.changed = true;
        self.push_string(REDACTED);
    }

    fn push(&mut self, value: &serde_json::Value) {
        self.text.push_str(&value.to_string());
    }
}

/// Writes a value that is a secret, or is not.
struct Writer<'a> {
    secret: bool,
    to: &'a mut Rebuilt,
}

impl<'de> DeserializeSeed<'de> for Writer<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl Writer<'_> {
    fn number(self, number: serde_json::Value) {
        match self.secret {
            true => self.to.push_secret(&number.to_string()),
            false => self.to.push(&number),
        }
    }
}

impl<'de> Visitor<'de> for Writer<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        match self.secret {
            true => self.to.push_secret(text),
            false => self.to.push_string(text),
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let (mut open, secret) = ('[', self.secret);
        loop {
            let before = self.to.text.len();
            self.to.text.push(open);
            if items.next_element_seed(Writer { secret, to: self.to })?.is_none() {
                self.to.text.truncate(before);
                break;
            }
            open = ',';
        }
        self.to.text.push_str(if open == '[' { "[]" } else { "]" });
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut open = '{';
        while let Some(name) = members.next_key::<String>()? {
            let secret = self.secret || is_secret_member(&name);
            self.to.text.push(open);
            self.to.push_string(&name);
            self.to.text.push(':');
            members.next_value_seed(Writer { secret, to: self.to })?;
            open = ',';
        }
        self.to.text.push_str(if open == '{' { "{}" } else { "}" });
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.to.push(&serde_json::Value::Null);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.to.push(&value.into());
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.number(value.into());
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.number(value.into());
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.number(value.into());
        Ok(())
    }
}
