//! Untrusted JSON: the parser recurses, so the depth is bounded first.

use serde::Deserialize;
use serde::de::Error as _;

/// The services' documents nest to a depth of eight. A thread may have as little stack as 64 KiB, of which a level takes
/// up to one.
const DEEPEST: usize = 32;

/// `serde_json::from_slice`, but an error if the text nests deeper than any document of the services.
pub(crate) fn from_slice<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, serde_json::Error> {
    let json = without_bom(json);
    if is_deep(json) {
        return Err(serde_json::Error::custom("it is nested too deeply"));
    }
    serde_json::from_slice(json)
}

/// Why a text could not be read. The parser's own words may quote the text, so they are not passed on.
pub(crate) fn reason(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Data if error.line() == 0 => "it is nested too deeply".to_owned(),
        serde_json::error::Category::Data => "it is not a JSON object of the expected shape".to_owned(),
        _ => format!("it is not JSON (line {}, column {})", error.line(), error.column()),
    }
}

/// The text without the byte order mark that some servers put first.
pub(crate) fn without_bom(json: &[u8]) -> &[u8] {
    json.strip_prefix("\u{feff}".as_bytes()).unwrap_or(json)
}

/// The same for a text that is handed on: other parsers refuse the mark.
pub(crate) fn text_without_bom(mut text: String) -> String {
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    text
}

/// Whether it nests deeper than [`from_slice`] goes. Right for JSON; for other text it may be wrong either way.
pub(crate) fn is_deep(json: &[u8]) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > DEEPEST {
                    return true;
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn depth_is_bounded_and_strings_have_none() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(from_slice::<Value>(nested(DEEPEST).as_bytes()).is_ok());
        let error = from_slice::<Value>(nested(DEEPEST + 1).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "it is nested too deeply");
        for flat in [format!(r#"["{}","\"{}"]"#, "[".repeat(99), "{".repeat(99)), "[{}],".repeat(99)] {
            assert!(!is_deep(flat.as_bytes()));
        }
    }

    /// In a thread as small as they come: an overflow would end the process.
    #[test]
    fn a_small_stack_is_enough() {
        let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
        let parse = move || from_slice::<Value>(deep.as_bytes()).is_err();
        assert!(std::thread::Builder::new().stack_size(64 << 10).spawn(parse).unwrap().join().unwrap());
    }
}
