//! Reading a token from a complete answer of status 2xx.
//!
//! Facts and sources: `docs/protocol.md`, "HIMDS: user-assigned identities".

use std::time::Duration;

use serde_json::{Map, Value};

use crate::http::prose::one_line;
use crate::http::transport::Response;
use crate::http::words::{ServerMessage, server_time};
use crate::protocol::expiry::{self, Expiry, Fields};
use crate::secret::Secret;
use crate::token::expiry_claim;
use crate::{Error, Identity, Kind, Source, json};

/// A token as it came, not yet tied to a cache.
#[derive(Debug)]
pub(crate) struct ParsedToken {
    pub(crate) secret: Secret,
    pub(crate) token_type: String,
    pub(crate) expiry: Expiry,
    /// The time that the expiry was computed from, in seconds since 1970.
    pub(crate) server_time: u64,
}

/// What is read of an answer.
const MEMBERS: [&str; 9] = [
    "access_token",
    "token_type",
    "expires_in",
    "expires_on",
    "refresh_in",
    "client_id",
    "object_id",
    "msi_res_id",
    "mi_res_id",
];

/// Reads the token. Its expiry is `expires_on` or `expires_in`, the earlier if both are usable; the JWT's `exp` if neither
/// is.
///
/// *response_invalid* if there is no usable token, *identity_mismatch* if it is not for this identity. `now` is
/// the wall clock since 1970; `key` is what was sent, to be kept out of the error.
pub(crate) fn parse(
    source: Source,
    identity: &Identity,
    response: &Response,
    key: Option<&Secret>,
    now: Duration,
) -> Result<ParsedToken, Error> {
    let invalid = |why: &str| {
        let message = ServerMessage::of(response, key);
        let said = message.said_instead().map_or_else(String::new, |said| format!(": {said}"));
        message.into_error(invalid(&format!("{why}{}", one_line(&said))), response, now)
    };
    if json::is_list(response.body.as_slice()) {
        return Err(invalid("it is not a JSON object"));
    }
    let mut members =
        json::members(response.body.as_slice(), &MEMBERS).map_err(|error| invalid(&json::reason(&error)))?;
    // Moved, never copied, and zeroed whatever comes.
    let token = match members.remove("access_token") {
        Some(Value::String(token)) if !token.is_empty() => Secret::new(token),
        _ => return Err(invalid("it has no access_token")),
    };
    if !token.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(invalid("its access_token has characters that a header cannot carry"));
    }
    confirm(source, identity, &members)
        .map_err(|error| ServerMessage::of(response, key).into_error(error, response, now))?;
    let server_time = server_time(&response.headers, now);
    let mut fields = Fields {
        expires_in: members.get("expires_in"),
        expires_on: members.get("expires_on"),
        refresh_in: members.get("refresh_in"),
        jwt_exp: None,
    };
    let expiry = match expiry::parse(&fields, server_time) {
        Some(expiry) => expiry,
        None => {
            let claim = expiry_claim(token.expose());
            fields.jwt_exp = claim.as_ref();
            expiry::parse(&fields, server_time).ok_or_else(|| invalid("it does not say when the token expires"))?
        }
    };
    Ok(ParsedToken {
        secret: token,
        token_type: match members.get("token_type") {
            Some(Value::String(text)) if text.bytes().any(|byte| !byte.is_ascii_graphic()) => {
                return Err(invalid("its token_type has characters that a header cannot carry"));
            }
            Some(Value::String(text)) if !text.is_empty() => text.clone(),
            _ => "Bearer".to_owned(),
        },
        expiry,
        server_time,
    })
}

/// Whether the answer is for the requested identity. Old Arc agents ignore the selector and answer with the
/// machine's own token, so from HIMDS silence means no; IMDS honours the selector and need not repeat it.
fn confirm(source: Source, identity: &Identity, members: &Map<String, Value>) -> Result<(), Error> {
    let (asked, echoes) = match identity {
        Identity::SystemAssigned => return Ok(()),
        Identity::ClientId(id) => (id, ["client_id", ""]),
        Identity::ObjectId(id) => (id, ["object_id", ""]),
        Identity::ResourceId(id) => (id, ["msi_res_id", "mi_res_id"]),
    };
    let mut confirmed = source == Source::Imds;
    for echo in echoes.into_iter().filter_map(|name| members.get(name)) {
        match echo {
            Value::Null => {}
            Value::String(echo) if echo.is_empty() => {}
            Value::String(echo) if echo.eq_ignore_ascii_case(asked) => confirmed = true,
            _ => return Err(mismatch("the answer is for an identity other than the requested one")),
        }
    }
    match confirmed {
        true => Ok(()),
        false => Err(mismatch("the answer does not confirm the requested identity")),
    }
}

fn mismatch(what: &str) -> Error {
    Error::new(Kind::IdentityMismatch, what).with_hint(
        "An Arc agent older than 1.66 ignores the selector and answers with the machine's own identity, so the token \
         was not used. Update the agent (`azcmagent show` prints its version). If the selector names the machine's own \
         identity, leave it out.",
    )
}

fn invalid(what: &str) -> Error {
    Error::new(Kind::ResponseInvalid, format!("the answer holds no usable token: {what}"))
        .with_hint("Something other than the service may be answering: check what listens on that port.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::response;

    fn ask(source: Source, identity: &Identity, body: &str) -> Result<ParsedToken, Error> {
        parse(source, identity, &response(200, &[], body), None, Duration::from_secs(1_700_000_000))
    }

    fn kind(source: Source, identity: &Identity, body: &str) -> Option<Kind> {
        ask(source, identity, body).err().map(|error| error.kind())
    }

    #[test]
    fn identities_are_confirmed() {
        let client = Identity::ClientId("AbC".to_owned());
        let resource = Identity::ResourceId("/sub/x".to_owned());
        let body = |echo: &str| format!(r#"{{"access_token":"t","expires_in":3600{echo}}}"#);
        let table = [
            (&client, r#","client_id":"abc""#, None, None),
            (&client, "", Some(Kind::IdentityMismatch), None),
            (&client, r#","client_id":"""#, Some(Kind::IdentityMismatch), None),
            (&client, r#","client_id":null"#, Some(Kind::IdentityMismatch), None),
            (&client, r#","client_id":"other""#, Some(Kind::IdentityMismatch), Some(Kind::IdentityMismatch)),
            (&client, r#","client_id":7"#, Some(Kind::IdentityMismatch), Some(Kind::IdentityMismatch)),
            (&client, r#","object_id":"abc""#, Some(Kind::IdentityMismatch), None),
            (&resource, r#","msi_res_id":"/SUB/X""#, None, None),
            (&resource, r#","mi_res_id":"/sub/x""#, None, None),
            (&resource, r#","mi_res_id":"/sub/x","msi_res_id":"/sub/x""#, None, None),
            (
                &resource,
                r#","mi_res_id":"/sub/y","msi_res_id":"/sub/x""#,
                Some(Kind::IdentityMismatch),
                Some(Kind::IdentityMismatch),
            ),
            (&Identity::SystemAssigned, r#","client_id":"any""#, None, None),
        ];
        for (identity, echo, himds, imds) in table {
            assert_eq!(kind(Source::Himds, identity, &body(echo)), himds, "himds {identity:?} {echo}");
            assert_eq!(kind(Source::Imds, identity, &body(echo)), imds, "imds {identity:?} {echo}");
        }
    }

    #[test]
    fn unusable_answers() {
        for body in [
            "",
            "<html>",
            "[]",
            "null",
            "7",
            "{}",
            r#"{"access_token":null,"expires_in":1}"#,
            r#"{"access_token":"","expires_in":1}"#,
            r#"{"access_token":7,"expires_in":1}"#,
            r#"{"access_token":"a b","expires_in":1}"#,
            r#"{"access_token":"a\nb","expires_in":1}"#,
            r#"{"access_token":"t"}"#,
            r#"{"access_token":"t","expires_in":"","expires_on":null}"#,
            r#"{"access_token":"t","expires_in":1} trailing"#,
        ] {
            let error = ask(Source::Imds, &Identity::SystemAssigned, body).unwrap_err();
            assert_eq!(error.kind(), Kind::ResponseInvalid, "{body}");
            assert_eq!(error.http_status(), Some(200));
            assert!(error.hint().is_some());
        }
    }

    #[test]
    fn the_servers_clock_counts() {
        // 2023-11-14T22:13:20Z is 1 700 000 000; the local clock is ten hours ahead of the server's.
        let sent = response(
            200,
            &[("date", "Tue, 14 Nov 2023 12:13:20 GMT")],
            r#"{"access_token":"t","expires_on":"1699967600"}"#,
        );
        let received =
            parse(Source::Imds, &Identity::SystemAssigned, &sent, None, Duration::from_secs(1_700_000_000)).unwrap();
        assert_eq!(received.expiry.life, Duration::from_secs(3600));
        assert_eq!(received.expiry.expires_on, 1_699_967_600);
    }
}
