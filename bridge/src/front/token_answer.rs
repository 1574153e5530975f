//! A token as each service writes it. Every member is a string, numbers too: that is what old clients parse.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::ask::{Form, TokenAsk};
use super::core::Issued;

/// The answer's body. `now` is in seconds since 1970.
pub(crate) fn body(ask: &TokenAsk, issued: &Issued, now: u64) -> Value {
    let (secret, resource) = (issued.secret.as_str(), ask.resource.as_str());
    let left = issued.expires_on.saturating_sub(now).to_string();
    match ask.form {
        Form::Imds => json!({
            "access_token": secret, "client_id": issued.client_id, "expires_in": left,
            "expires_on": issued.expires_on.to_string(), "ext_expires_in": left,
            "not_before": issued.not_before.to_string(), "resource": resource, "token_type": issued.token_type,
        }),
        Form::AppService2019 => json!({
            "access_token": secret, "client_id": issued.client_id, "expires_on": issued.expires_on.to_string(),
            "resource": resource, "token_type": issued.token_type,
        }),
        Form::AppService2017 => json!({
            "access_token": secret, "client_id": issued.client_id, "expires_on": date(issued.expires_on),
            "resource": resource, "token_type": issued.token_type,
        }),
    }
}

/// `06/20/2019 02:57:58 +00:00`, as App Service on Linux writes it.
fn date(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map_or_else(|| seconds.to_string(), |time| time.strftime("%m/%d/%Y %H:%M:%S +00:00").to_string())
}

#[cfg(test)]
mod tests {
    use himds::Identity;

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
        body(&ask, &issued, 1_560_995_878)
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
