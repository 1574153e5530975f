//! The challenge: one `WWW-Authenticate` that names the key file.
//!
//! Facts and sources: `docs/protocol.md`, "HIMDS: the handshake".

use crate::os::commands::LISTENERS;
use crate::{Error, Kind};

/// The realm of the one Basic challenge among the values of `WWW-Authenticate`. A challenge that is missing,
/// malformed or ambiguous is *challenge_invalid*: the agent never sends one, so something else is answering.
pub(crate) fn realm<'a>(headers: &[&'a [u8]]) -> Result<&'a str, Error> {
    let header = match headers {
        [] => return Err(invalid("the 401 has no WWW-Authenticate header")),
        [header] => header,
        _ => return Err(invalid("the 401 has more than one WWW-Authenticate header")),
    };
    let header = std::str::from_utf8(header).map_err(|_| invalid("the WWW-Authenticate header is not UTF-8"))?;
    if header.chars().any(char::is_control) {
        return Err(invalid("the WWW-Authenticate header holds control characters"));
    }
    let (scheme, parameters) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(invalid("the WWW-Authenticate header does not have the scheme Basic"));
    }
    let mut realm = None;
    let mut rest = parameters.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or_else(|| invalid("the challenge is malformed"))?;
        let name = name.trim_end();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
            return Err(invalid("the challenge is malformed"));
        }
        let (value, after) = value(after.trim_start())?;
        if name.eq_ignore_ascii_case("realm") && realm.replace(value).is_some() {
            return Err(invalid("the challenge names two realms"));
        }
        rest = after;
    }
    realm.filter(|realm| !realm.is_empty()).ok_or_else(|| invalid("the challenge names no realm"))
}

/// A parameter's value, quoted or not, and what follows its comma. A backslash stands for itself also between quotes:
/// nobody has seen the agent quote, and in a Windows path it separates.
fn value(text: &str) -> Result<(&str, &str), Error> {
    let (value, rest) = match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or_else(|| invalid("the challenge has an unclosed quote"))?,
        None => {
            let end = text.find(',').unwrap_or(text.len());
            (text[..end].trim_end(), &text[end..])
        }
    };
    if value.contains('"') {
        return Err(invalid("the challenge is malformed"));
    }
    let rest = rest.trim_start();
    match rest.strip_prefix(',') {
        Some(next) if !next.trim().is_empty() => Ok((value, next.trim_start())),
        None if rest.is_empty() => Ok((value, rest)),
        _ => Err(invalid("the challenge is malformed")),
    }
}

pub(crate) fn invalid(what: &str) -> Error {
    Error::new(Kind::ChallengeInvalid, what).with_hint(format!(
        "Only the Connected Machine agent may answer here. Check what listens on the agent's port (`{LISTENERS}`), \
         and the agent with `azcmagent show`."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges() {
        const PATH: &str = "/var/opt/azcmagent/tokens/a.key";
        let quoted = format!("basic  realm=\"{PATH}\"");
        let table: &[(&str, Option<&str>)] = &[
            ("Basic realm=/var/opt/azcmagent/tokens/a.key", Some(PATH)),
            ("BASIC REALM=/var/opt/azcmagent/tokens/a.key  ", Some(PATH)),
            (&quoted, Some(PATH)),
            ("Basic realm=/var/opt/azcmagent/tokens/a.key, charset=\"UTF-8\"", Some(PATH)),
            ("Basic charset=UTF-8, realm=/var/opt/azcmagent/tokens/a.key", Some(PATH)),
            (
                r#"Basic realm="C:\ProgramData\AzureConnectedMachineAgent\Tokens\a.key""#,
                Some(r"C:\ProgramData\AzureConnectedMachineAgent\Tokens\a.key"),
            ),
            ("Basic realm=/a b/c.key", Some("/a b/c.key")),
            ("", None),
            ("Basic", None),
            ("Basic ", None),
            ("Basic realm=", None),
            ("Basic realm=\"\"", None),
            ("Basic realm", None),
            ("Basic /var/opt/azcmagent/tokens/a.key", None),
            ("Bearer realm=/a.key", None),
            ("Basicrealm=/a.key", None),
            ("Basic realm=/a.key, realm=/b.key", None),
            ("Basic realm=/a.key, Bearer realm=/b.key", None),
            ("Basic realm=/a.key, Bearer", None),
            ("Basic realm=/a.key,", None),
            ("Basic realm=\"/a.key", None),
            ("Basic realm=/a\".key", None),
            ("Basic realm=\"/a.key\" x", None),
            ("Basic realm=/a\t.key", None),
            ("Basic realm=/a\u{7f}.key", None),
        ];
        for (header, expected) in table {
            let result = realm(&[header.as_bytes()]);
            assert_eq!(result.as_ref().ok(), expected.as_ref(), "{header:?}");
            if let Err(error) = result {
                assert_eq!(error.kind(), Kind::ChallengeInvalid);
            }
        }
        assert!(realm(&[]).is_err());
        assert!(realm(&[b"Basic realm=/a.key", b"Basic realm=/a.key"]).is_err());
        assert!(realm(&[b"Basic realm=/\xff.key"]).is_err());
    }
}
