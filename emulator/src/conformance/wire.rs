//! The line protocol between runner and driver: tab-separated words, `name=value`, percent-encoded bytes.

use std::collections::BTreeMap;

/// A request's line, without the line break.
pub(crate) fn request(operation: &str, fields: &[(String, Vec<u8>)]) -> String {
    let mut line = operation.to_owned();
    for (name, value) in fields {
        line.push('\t');
        line.push_str(&encode(name.as_bytes()));
        line.push('=');
        line.push_str(&encode(value));
    }
    line
}

/// What a driver answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    /// `ok`, `error` or `unsupported`.
    pub(crate) status: String,
    /// Decoded.
    pub(crate) fields: BTreeMap<String, String>,
}

impl Answer {
    /// Reads an answer's line.
    pub(crate) fn parse(line: &str) -> Result<Self, String> {
        let mut words = line.trim_end_matches(['\r', '\n']).split('\t');
        let status = words.next().unwrap_or_default();
        if !["ok", "error", "unsupported"].contains(&status) {
            return Err(format!("the driver answered {line:?}"));
        }
        let mut fields = BTreeMap::new();
        for word in words.filter(|word| !word.is_empty()) {
            let (name, value) = word.split_once('=').ok_or_else(|| format!("the driver answered the word {word:?}"))?;
            let text = String::from_utf8_lossy(&decode(value)).into_owned();
            fields.insert(String::from_utf8_lossy(&decode(name)).into_owned(), text);
        }
        Ok(Self { status: status.to_owned(), fields })
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// A field as a number, if it is there and is one.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.fields.get(name)?.parse().ok()
    }

    /// `ok`, or the error's kind.
    pub(crate) fn kind(&self) -> &str {
        if self.status == "error" { self.get("kind") } else { &self.status }
    }

    /// Everything in it that must not hold a secret.
    pub(crate) fn public_text(&self) -> String {
        let secret = |name: &String| name == "secret" && self.status == "ok";
        let fields = self.fields.iter().filter(|(name, _)| !secret(name));
        fields.map(|(name, value)| format!("{name}={value}\n")).collect()
    }
}

fn encode(bytes: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._~-".contains(byte);
    bytes.iter().map(|byte| if plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let pair = (bytes[index] == b'%').then(|| text.get(index + 1..index + 3)).flatten();
        if let Some(byte) = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            decoded.push(byte);
            index += 3;
        } else {
            decoded.push(bytes[index]);
            index += 1;
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive() {
        let value = b"a\tb=\n\x00\xff%41".to_vec();
        let line = request("token", &[("re source".into(), value.clone())]);
        assert_eq!(line, "token\tre%20source=a%09b%3D%0A%00%FF%2541");
        assert_eq!(decode(line.split_once('=').unwrap().1), value);
        let answer = Answer::parse("error\tkind=timeout\tmessage=a%20b\thint=\n").unwrap();
        assert_eq!((answer.kind(), answer.get("message"), answer.get("hint")), ("timeout", "a b", ""));
        assert!(Answer::parse("Traceback ...").is_err());
    }
}
