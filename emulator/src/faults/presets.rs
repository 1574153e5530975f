//! Answers that were recorded from real services, by name.

use super::fault::Fault;

/// Name, status, headers, body.
type Preset = (&'static str, u16, &'static [(&'static str, &'static str)], &'static str);

const JSON: (&str, &str) = ("Content-Type", "application/json; charset=utf-8");
const HTML: (&str, &str) = ("Content-Type", "text/html");

/// The names that [`Fault::preset`] takes.
pub const NAMES: [&str; PRESETS.len()] = names();

const PRESETS: &[Preset] = &[
    ("identity_not_found", 400, &[JSON], r#"{"error":"invalid_request","error_description":"Identity not found"}"#),
    (
        "himds_not_assigned",
        404,
        &[JSON],
        r#"{"error":"identity_not_found","error_description":"The requested identity is not assigned to this machine","error_codes":[404]}"#,
    ),
    (
        "himds_identity_invalid",
        400,
        &[JSON],
        r#"{"error":"invalid_request","error_description":"The requested identity was not found","error_codes":[400]}"#,
    ),
    (
        "himds_api_version",
        400,
        &[JSON],
        r#"{"error":"invalid_request","error_description":"The api-version not specified. Supported are 2021-02-01 2020-06-01 2019-11-01 2019-08-15","error_codes":[400]}"#,
    ),
    (
        "himds_api_version_old",
        400,
        &[JSON],
        r#"{"error":"invalid_request","error_description":"The api-version not specified. Supported are 2019-11-01 2019-08-15","error_codes":[400]}"#,
    ),
    (
        "imds_api_version",
        400,
        &[JSON],
        r#"{"error":"Bad request. api-version is invalid or was not specified in the request. For more information refer to aka.ms/azureimds","newest-versions":["2021-02-01","2021-01-01","2020-12-01"]}"#,
    ),
    (
        "entra",
        400,
        &[JSON],
        r#"{"error":"invalid_resource","error_description":"AADSTS500011: The resource principal named https://nowhere.example was not found in the tenant named Contoso. Trace ID: 7c1b2d3e-0000-4000-8000-000000000001 Correlation ID: 5d0e2b5a-0000-4000-8000-000000000002 Timestamp: 2024-10-18 19:51:37Z","error_codes":[500011],"timestamp":"2024-10-18 19:51:37Z","trace_id":"7c1b2d3e-0000-4000-8000-000000000001","correlation_id":"5d0e2b5a-0000-4000-8000-000000000002","error_uri":"https://login.microsoftonline.com/error?code=500011"}"#,
    ),
    ("error_object", 403, &[JSON], r#"{"error":{"code":"Forbidden","message":"The caller is not allowed."}}"#),
    (
        "status_code_body",
        500,
        &[JSON],
        r#"{"statusCode":500,"message":"Internal server error.","correlationId":"5d0e2b5a-0000-4000-8000-000000000003"}"#,
    ),
    ("updating_404", 404, &[JSON], r#"{"error":"not_found","error_description":"IMDS endpoint is updating"}"#),
    ("updating_410", 410, &[JSON], r#"{"error":"gone","error_description":"IMDS is going through updates"}"#),
    (
        "throttled",
        429,
        &[JSON, ("Retry-After", "0")],
        r#"{"error":"too_many_requests","error_description":"Too many requests"}"#,
    ),
    (
        "unavailable",
        503,
        &[JSON],
        r#"{"error":"service_unavailable","error_description":"The service is temporarily unavailable"}"#,
    ),
    (
        "docker_desktop",
        403,
        &[("Content-Type", "text/plain; charset=utf-8")],
        "connecting to 169.254.169.254:80: connecting to 169.254.169.254:80: dial tcp 169.254.169.254:80: connectex: A socket operation was attempted to an unreachable network.",
    ),
    (
        "ec2",
        401,
        &[HTML, ("Server", "EC2ws")],
        "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\"\n\t\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\" lang=\"en\">\n <head>\n  <title>401 - Unauthorized</title>\n </head>\n <body>\n  <h1>401 - Unauthorized</h1>\n </body>\n</html>\n",
    ),
    ("ec2_bare", 401, &[("Content-Length", "0")], ""),
    (
        "google",
        404,
        &[HTML, ("Metadata-Flavor", "Google"), ("Server", "Metadata Server for VM")],
        "<!DOCTYPE html>\n<html lang=en>\n  <title>Error 404 (Not Found)!!1</title>\n  <p><b>404.</b> <ins>That's an error.</ins>\n",
    ),
    (
        "openstack",
        404,
        &[("Content-Type", "text/html; charset=UTF-8")],
        "<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n  <h1>404 Not Found</h1>\n  The resource could not be found.<br /><br />\n\n\n </body>\n</html>",
    ),
    ("redirect", 302, &[("Location", "http://{host}/metadata/identity/elsewhere")], ""),
    ("not_json", 200, &[HTML], "<html><body>Welcome to the guest network. Please sign in.</body></html>"),
];

const fn names() -> [&'static str; PRESETS.len()] {
    let mut names = [""; PRESETS.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = PRESETS[index].0;
        index += 1;
    }
    names
}

pub(crate) fn find(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.0 == name)
}

/// The fault, completed by its preset: what the fault says itself counts more.
pub(crate) fn resolve(mut fault: Fault) -> Fault {
    let Some((_, status, headers, body)) = fault.preset.as_deref().and_then(find) else {
        return fault;
    };
    fault.status.get_or_insert(*status);
    fault.body.get_or_insert_with(|| (*body).to_owned());
    let own = std::mem::take(&mut fault.headers);
    let named = |name: &str| own.iter().any(|(existing, _)| existing.eq_ignore_ascii_case(name));
    fault.headers = headers
        .iter()
        .filter(|(name, _)| !named(name))
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    fault.headers.extend(own);
    fault
}
