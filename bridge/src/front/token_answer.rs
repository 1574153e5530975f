//! A token as each service writes it. Every member is a string, numbers too: that is what old clients parse.

use jiff::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

use super::ask::{Form, TokenAsk};
use super::core::Issued;

/// More than everything but the token and its resource needs: a vector that grows leaves copies of the token behind.
const OTHER_MEMBERS: usize = 512;

#[derive(Serialize)]
struct Body<'a> {
    access_token: &'a str,
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<&'a str>,
    expires_on: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ext_expires_in: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<&'a str>,
    resource: &'a str,
    token_type: &'a str,
}

/// The answer's body. `now` is in seconds since 1970.
///
/// The token is written straight into the bytes that are sent: no other copy of it is made.
pub(crate) fn body(ask: &TokenAsk, issued: &Issued, now: u64) -> Zeroizing<Vec<u8>> {
    let left = issued.expires_on.saturating_sub(now).to_string();
    let not_before = issued.not_before.to_string();
    let imds = ask.form == Form::Imds;
    let body = Body {
        access_token: &issued.secret,
        client_id: &issued.client_id,
        expires_in: imds.then_some(&left),
        expires_on: &if ask.form == Form::AppService2017 {
            date(issued.expires_on)
        } else {
            issued.expires_on.to_string()
        },
        ext_expires_in: imds.then_some(&left),
        not_before: imds.then_some(&not_before),
        resource: &ask.resource,
        token_type: &issued.token_type,
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(issued.secret.len() + ask.resource.len() + OTHER_MEMBERS));
    // Nothing but strings, into memory: it cannot fail.
    let _ = serde_json::to_writer(&mut *bytes, &body);
    bytes
}

/// `06/20/2019 02:57:58 +00:00`, as App Service on Linux writes it.
fn date(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map_or_else(|| seconds.to_string(), |time| time.strftime("%m/%d/%Y %H:%M:%S +00:00").to_string())
}

#[cfg(test)]
mod tests {
    use himds::Identity;
    use serde_json::{Value, json};

    use super::*;

    fn written(form: Form) -> Value {
        let ask =
            TokenAsk { resource: "https://a.b/".into(), identity: Identity::SystemAssigned, bypass_cache: false, form };
        let issued = Issued {
            secret: String::from("T").into(),
            token_type: "Bearer".into(),
            expires_on: 1_560_999_478,
            not_before: 1_560_990_000,
            client_id: "C".into(),
            fingerprint: String::new(),
        };
        serde_json::from_slice(&body(&ask, &issued, 1_560_995_878)).unwrap()
    }

    #[test]
    fn imds_has_these_members_and_all_are_strings() {
        assert_eq!(
            written(Form::Imds),
            json!({
                "access_token": "T", "client_id": "C", "expires_in": "3600", "expires_on": "1560999478",
                "ext_expires_in": "3600", "not_before": "1560990000", "resource": "https://a.b/", "token_type": "Bearer",
            })
        );
    }

    #[test]
    fn app_service_of_2017_writes_a_date() {
        assert_eq!(written(Form::AppService2019)["expires_on"], "1560999478");
        assert_eq!(written(Form::AppService2017)["expires_on"], "06/20/2019 02:57:58 +00:00");
    }
}
