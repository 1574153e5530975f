//! JSON as the command prints it.

use std::io;

use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// The document on several lines, in ASCII: it is the same in every locale, and holds no control code that a server sent.
pub(crate) fn pretty(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut ascii = String::with_capacity(text.len() + 1);
    for char in text.chars() {
        match char {
            '\0'..='~' => ascii.push(char),
            // Outside of ASCII there is nothing but the inside of strings.
            _ => char.encode_utf16(&mut [0; 2]).iter().for_each(|unit| ascii.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    ascii
}

/// The document on one line, with a space after each comma and colon.
pub(crate) fn on_one_line(value: &Value) -> String {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, OneLine);
    let written = serde::Serialize::serialize(value, &mut serializer);
    written.ok().and_then(|()| String::from_utf8(bytes).ok()).unwrap_or_default()
}

struct OneLine;

impl Formatter for OneLine {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_it_was_in_python() {
        let value: Value = serde_json::from_str(r#"{"b":[],"a":[1,"é\u001b\u007f😀"],"c":{}}"#).unwrap();
        assert_eq!(
            pretty(&value),
            "{\n  \"b\": [],\n  \"a\": [\n    1,\n    \"\\u00e9\\u001b\\u007f\\ud83d\\ude00\"\n  ],\n  \"c\": {}\n}"
        );
        assert_eq!(on_one_line(&value), "{\"b\": [], \"a\": [1, \"é\\u001b\u{7f}😀\"], \"c\": {}}");
    }
}
