//! Whether a service knows the api-version of a request, and its answer if not.

use serde_json::json;

use crate::config::file::Config;
use crate::http::answer::Answer;
use crate::http::request::Seen;

/// The 400 for an api-version that is missing or unknown, in the agent's words.
pub(super) fn himds(config: &Config, seen: &Seen) -> Option<Answer> {
    let known = &config.himds.api_versions;
    let given = seen.parameter("api-version").unwrap_or_default();
    (!known.iter().any(|version| version == given)).then(|| {
        let text = format!("The api-version not specified. Supported are {}", known.join(" "));
        Answer::himds_error(400, "invalid_request", &text)
    })
}

/// The 400 for an api-version that is missing or unknown; its `error` is prose.
pub(super) fn imds(config: &Config, seen: &Seen) -> Option<Answer> {
    let known = &config.imds.api_versions;
    let given = seen.parameter("api-version");
    if given.is_some_and(|given| known.iter().any(|version| version == given)) {
        return None;
    }
    let wrong = if given.is_some() { "is invalid" } else { "was not specified in the request" };
    let text = format!("Bad request. api-version {wrong}. For more information refer to aka.ms/azureimds");
    let newest: Vec<&String> = known.iter().rev().take(3).collect();
    Some(Answer::json(400, &json!({"error": text, "newest-versions": newest})))
}
