//! What an error may never do, said without any code of the library's own.

use std::collections::HashSet;

use himds::{Error, Kind};

/// So many letters and digits of a secret in a row are a leak.
const RUN: usize = 12;

/// Every text by which an error can be seen.
pub(crate) fn texts(error: &Error) -> Vec<String> {
    let optional = [error.hint(), error.error(), error.error_description(), error.correlation_id(), error.body()];
    let mut texts: Vec<String> = optional.into_iter().flatten().map(str::to_owned).collect();
    texts.extend([error.message().to_owned(), error.to_string(), format!("{error:?}"), format!("{error:#?}")]);
    texts.extend(error.file().map(|path| format!("{path:?}")));
    // Most of them are parts of another: a part need not be searched again.
    texts.sort_unstable_by_key(|text| std::cmp::Reverse(text.len()));
    let mut whole: Vec<String> = Vec::new();
    for text in texts {
        if !whole.iter().any(|longer| longer.contains(&text)) {
            whole.push(text);
        }
    }
    whole
}

/// Panics if the error shows a part of a secret, in any spelling.
pub(crate) fn assert_hides(error: &Error, secret: &str) {
    for text in texts(error) {
        assert!(!shows(text.as_bytes(), secret), "{:?} shows a part of a secret: {text}", error.kind());
    }
}

/// Panics unless the error is one that a caller can use.
pub(crate) fn assert_usable(error: &Error) {
    assert_ne!(error.kind(), Kind::Internal, "{error}");
    assert!(!error.message().is_empty());
    assert!(!error.message().contains(['\n', '\r']), "a message is one line: {:?}", error.message());
    assert!(error.message().len() < 16 << 10, "a message is short: {} bytes", error.message().len());
}

/// Whether twelve letters and digits of the secret in a row, or all of a shorter one, stand in the text: plain, by
/// percent, in escapes of JSON, in references of HTML, in hexadecimal or base64, up to three times over.
pub(crate) fn shows(text: &[u8], secret: &str) -> bool {
    let secret = letters(secret.as_bytes());
    let length = secret.len().min(RUN);
    if length == 0 {
        return false;
    }
    let runs: HashSet<&[u8]> = secret.windows(length).collect();
    // By its first letter most of a text is known not to be a run.
    let mut first = [false; 256];
    runs.iter().for_each(|run| first[usize::from(run[0])] = true);
    let found =
        |text: &[u8]| letters(text).windows(length).any(|part| first[usize::from(part[0])] && runs.contains(part));
    let mut layers = vec![text.to_vec()];
    for _ in 0..3 {
        let plain = layers.last().expect("one at least");
        let next = unescaped(plain);
        if next == *plain {
            break;
        }
        layers.push(next);
    }
    layers
        .iter()
        .any(|layer| found(layer) || from_base64(layer).iter().chain([&from_hex(layer)]).any(|text| found(text)))
}

fn letters(text: &[u8]) -> Vec<u8> {
    text.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
}

/// One layer of escapes off.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let hex = |from: usize, length: usize| {
        let digits = text.get(from..from + length).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let mut plain = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let (byte, length) = if let (b'%', Some(code)) = (rest[0], hex(at + 1, 2)) {
            (code, 3)
        } else if let (true, Some(code)) = (rest.starts_with(b"\\u"), hex(at + 2, 4)) {
            (code, 6)
        } else if rest[0] == b'\\' && rest.get(1).is_some_and(|next| b"\"\\/bfnrt".contains(next)) {
            (u32::from(rest[1]), 2)
        } else if let (true, Some(end)) = (rest.starts_with(b"&#"), rest.iter().take(12).position(|byte| *byte == b';'))
        {
            let name = std::str::from_utf8(&rest[2..end]).unwrap_or_default();
            let code = name
                .strip_prefix(['x', 'X'])
                .map_or_else(|| name.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok());
            (code.unwrap_or(u32::from(b'&')), end + 1)
        } else {
            (u32::from(rest[0]), 1)
        };
        plain.extend(u8::try_from(byte).ok());
        at += length;
    }
    plain
}

/// What each run of base64 says, from each of its four places.
fn from_base64(text: &[u8]) -> Vec<Vec<u8>> {
    let six = |byte: &u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let mut said = Vec::new();
    for run in text.split(|byte| six(byte).is_none()).filter(|run| run.len() >= RUN) {
        let digits: Vec<u32> = run.iter().filter_map(six).map(u32::from).collect();
        for start in 0..4 {
            let groups = digits[start..].chunks_exact(4);
            let number = |group: &[u32]| group.iter().fold(0, |number, digit| number << 6 | digit);
            said.push(groups.flat_map(|group| number(group).to_be_bytes().into_iter().skip(1)).collect());
        }
    }
    said
}

fn from_hex(text: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = letters(text);
    let pairs = digits.chunks_exact(2).filter_map(|pair| std::str::from_utf8(pair).ok());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap_or(b' ')).collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    const SECRET: &str = "q8Zk-3Xw0LmTv7Yb_2RsDd";

    #[test]
    fn a_secret_is_seen_in_each_spelling() {
        let each = |spell: fn(u8) -> String| SECRET.bytes().map(spell).collect::<String>();
        for text in [
            SECRET.to_owned(),
            SECRET.to_uppercase(),
            SECRET[3..].to_owned(),
            each(|byte| format!("%{byte:02x}")),
            each(|byte| format!("%25{byte:02x}")),
            each(|byte| format!("\\u{byte:04X}")),
            each(|byte| format!("&#{byte};")),
            each(|byte| format!("{byte:02x}")),
            STANDARD.encode(SECRET),
            STANDARD.encode(format!("x:{SECRET}")),
        ] {
            assert!(shows(format!("the key ({text}) is wrong").as_bytes(), SECRET), "{text}");
        }
        for text in ["", "the key is wrong", "q8Zk-3Xw0L is a part"] {
            assert!(!shows(text.as_bytes(), SECRET), "{text}");
        }
    }
}
