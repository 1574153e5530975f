//! No secret that was put into an answer comes out of the error that it becomes.

use himds::fuzzing::{self, Answer};
use himds::{Identity, Source};

use crate::input::Choices;
use crate::oracle::{assert_hides, assert_usable};
use crate::spelling::spelled;

/// What keys and tokens are made of.
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+/=~";
/// The members that hold secrets, as servers have written them.
const MEMBERS: [&str; 10] = [
    "access_token",
    "refresh_token",
    "id_token",
    "client_secret",
    "accessToken",
    "ACCESS-TOKEN",
    "password",
    "token",
    "secret",
    "client_assertion",
];

pub(crate) fn redaction(data: &[u8]) {
    let mut choices = Choices::new(data);
    let Some(secret) = secret(&mut choices) else { return };
    let source = [Source::Himds, Source::Imds][choices.below(2)];
    let status = [400, 401, 403, 404, 429, 500, 503, 200][choices.below(8)];
    let is_key = choices.below(2) == 0;
    let (body, headers) = match is_key {
        true => anywhere(&secret, &mut choices),
        false => (in_a_member(&secret, &mut choices), Vec::new()),
    };
    let body = [body.as_bytes(), choices.rest()].concat();
    check(source, &Answer { status, headers, body }, &secret, is_key.then_some(&*secret));
}

fn check(source: Source, answer: &Answer, secret: &str, key: Option<&str>) {
    let errors = match answer.status {
        200 => {
            // An identity that no answer confirms, so that a usable token is refused as well.
            let identity = Identity::ClientId("none".to_owned());
            fuzzing::token(source, &identity, answer, key).err().into_iter().collect()
        }
        _ => vec![
            fuzzing::error(source, Some("https://vault.azure.net"), answer, key),
            fuzzing::error(source, None, answer, key),
        ],
    };
    for error in errors {
        assert_usable(&error);
        assert_hides(&error, secret);
    }
}

/// Twelve to sixty characters, with so many digits that no error's own words could hold them.
fn secret(choices: &mut Choices<'_>) -> Option<String> {
    let length = 12 + choices.below(49);
    let bytes = choices.take(length);
    let of = |(at, byte): (usize, &u8)| match at % 5 {
        4 => char::from(b'0' + byte % 10),
        _ => char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]),
    };
    let secret: String = bytes.iter().enumerate().map(of).collect();
    let letters = secret.bytes().filter(u8::is_ascii_alphanumeric).count();
    (letters >= 12).then_some(secret)
}

/// The key that was sent: a server may repeat it in any place.
fn anywhere(secret: &str, choices: &mut Choices<'_>) -> (String, Vec<(String, Vec<u8>)>) {
    let said = spelled(secret, choices);
    let json = || said.replace('\n', "\\n");
    let body = match choices.below(6) {
        0 => format!("the key {said} is unknown"),
        1 => format!(r#"{{"error":"bad_key","error_description":"key {} unknown"}}"#, json()),
        2 => format!(r#"{{"error":{{"code":"{}","message":"m"}}}}"#, json()),
        3 => format!("<html><title>{said}</title><body>no</body></html>"),
        4 => format!(r#"{{"error":"x","{}":[1,{{"a":"b"}}]"#, json()),
        _ => "{\"error\":\"x\"}".to_owned(),
    };
    let header = |name: &str| (name.to_owned(), said.replace('\n', "").into_bytes());
    let headers = match choices.below(4) {
        0 => vec![header("x-ms-request-id")],
        1 => vec![header("x-ms-correlation-request-id"), header("server")],
        _ => Vec::new(),
    };
    (body, headers)
}

/// A secret that this process has never seen: only its place tells what it is.
fn in_a_member(secret: &str, choices: &mut Choices<'_>) -> String {
    let name = MEMBERS[choices.below(MEMBERS.len())];
    let name: String = match choices.below(3) {
        0 => name
            .bytes()
            .map(|byte| if byte == b'_' { "\\u005f".to_owned() } else { char::from(byte).to_string() })
            .collect(),
        _ => name.to_owned(),
    };
    let value = match choices.below(3) {
        0 => secret.bytes().map(|byte| format!("\\u{byte:04x}")).collect(),
        1 => secret.replace('/', "\\/"),
        _ => secret.to_owned(),
    };
    let member = match choices.below(3) {
        0 => format!(r#""{name}" : "{value}""#),
        1 => format!(r#""{name}":{{"value":["{value}"]}}"#),
        _ => format!(r#""{name}":"{value}""#),
    };
    match choices.below(5) {
        0 => format!(r#"{{"error":"x",{member}"#),
        1 => format!(
            r#"{{{member},"error_description":"cannot use {}"}}"#,
            spelled(secret, choices).replace('\n', "\\n")
        ),
        2 => format!(r#"{{"error":{{"code":"c","inner":{{{member}}}}}}}"#),
        3 => format!(r#"{{"expires_in":3600,{member}}}"#),
        _ => format!(r#"[{{"a":[]}},{{{member}}}]"#),
    }
}
