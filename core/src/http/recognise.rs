//! Whose metadata service an answer is from. Clouds share the address 169.254.169.254, and anything may answer there.

use serde_json::{Map, Value};

use crate::http::transport::Response;
use crate::json;

/// Error codes of Azure's IMDS (Microsoft Learn, "How to use managed identities on a virtual machine to acquire an access
/// token", error handling).
const AZURE_ERRORS: [&str; 9] = [
    "bad_request_102",
    "unknown_source",
    "invalid_request",
    "invalid_resource",
    "unauthorized_client",
    "access_denied",
    "unsupported_response_type",
    "invalid_scope",
    "identity_not_found",
];

/// The members by which a document of IMDS is known (`network` is never without `compute`).
const AZURE_MEMBERS: [&str; 9] = [
    "access_token",
    "error",
    "error_description",
    "compute",
    "apiVersions",
    "newest-versions",
    "tenantId",
    "loadbalancer",
    "DocumentIncarnation",
];

/// Whether the answer shows by itself that it is from Azure's IMDS: its `Server` header, or a document that only IMDS
/// sends.
pub(crate) fn looks_like_imds(response: &Response) -> bool {
    let server = response.header("server").unwrap_or_default();
    if server.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("IMDS/")) {
        return true;
    }
    json::members(response.body.as_slice(), &AZURE_MEMBERS).is_ok_and(|members| is_azure_document(&members))
}

/// A member alone may be anybody's, so it must be what IMDS makes of it.
fn is_azure_document(members: &Map<String, Value>) -> bool {
    let is = |member: &str, fits: fn(&Value) -> bool| members.get(member).is_some_and(fits);
    let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let error = members.get("error");
    let code = error.and_then(|error| error.as_str().or_else(|| error.get("code")?.as_str()));
    code.is_some_and(|code| AZURE_ERRORS.iter().any(|known| known.eq_ignore_ascii_case(code)))
        || is("access_token", text)
        || is("error", text) && is("error_description", Value::is_string)
        || is("compute", Value::is_object)
        || is("apiVersions", Value::is_array)
        || is("newest-versions", Value::is_array)
        || is("tenantId", text)
        || is("loadbalancer", Value::is_object)
        || is("DocumentIncarnation", Value::is_number)
}

/// The other cloud whose metadata service this is.
pub(crate) fn other_cloud(response: &Response) -> Option<&'static str> {
    if response.header("metadata-flavor").is_some_and(|flavor| flavor.eq_ignore_ascii_case("google")) {
        return Some("Google Cloud");
    }
    if response.header("server").is_some_and(|server| server.eq_ignore_ascii_case("EC2ws")) {
        return Some("Amazon EC2");
    }
    // OpenStack's is a Python web service whose errors have always had this text.
    let body = || String::from_utf8_lossy(response.body.as_slice());
    if response.status == 404 && body().contains("<h1>404 Not Found</h1>") && body().contains("could not be found") {
        return Some("OpenStack");
    }
    (response.status == 401 && !looks_like_imds(response)).then_some("another cloud")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::response;

    #[test]
    fn what_looks_like_imds() {
        let imds = |headers: &[(&str, &str)], body: &str| looks_like_imds(&response(400, headers, body));
        assert!(imds(&[("server", "IMDS/150.870.65.1324")], ""));
        assert!(imds(&[("server", "imds/1")], "<html>"));
        for body in [
            r#"{"access_token":"t"}"#,
            "\u{feff}{\"compute\":{}}",
            r#"{"error":"unknown_source"}"#,
            r#"{"error":"x","error_description":"y"}"#,
            r#"{"apiVersions":[]}"#,
            r#"{"error":"Bad request. api-version is invalid","newest-versions":["2021-02-01"]}"#,
            r#"{"error":{"code":"unknown_source","message":"x"}}"#,
            r#"{"tenantId":"t"}"#,
            r#"{"DocumentIncarnation":1,"Events":[]}"#,
        ] {
            assert!(imds(&[], body), "{body}");
        }
        for body in [
            "",
            "<html>",
            "null",
            "[]",
            r#"{"error":"not found"}"#,
            r#"{"message":"no"}"#,
            r#"["access_token"]"#,
            r#"{"access_token":null}"#,
            r#"{"access_token":""}"#,
            r#"{"error":null,"error_description":null}"#,
            r#"{"error":{"code":"not_found"}}"#,
            r#"{"compute":7}"#,
            r#"{"network":"wlan0","status":"up"}"#,
        ] {
            assert!(!imds(&[("server", "nginx")], body), "{body}");
        }
    }
}
