//! The operations of the drivers' protocol and their arguments, so that a misspelt one is refused and not ignored.

/// Each operation and its own arguments. `tests/README.md` says what they mean.
const OPERATIONS: [(&str, &[&str]); 13] = [
    (
        "client",
        &[
            "source",
            "endpoint",
            "token_dir",
            "client_id",
            "object_id",
            "resource_id",
            "timeout",
            "connect_timeout",
            "max_attempts",
            "user_agent",
            "wait_for_service",
        ],
    ),
    ("token", &["resource", "force_refresh", "claims", "timeout", "cancel_after_ms", "cancel"]),
    ("cancel", &[]),
    ("peek", &["resource"]),
    ("copy", &["resource", "size"]),
    ("claims", &["resource"]),
    ("metadata", &[]),
    ("pointer", &["pointer"]),
    ("get", &["path", "api_version"]),
    ("source", &[]),
    ("diagnose", &["resource"]),
    ("clear_cache", &[]),
    ("close", &[]),
];

/// Why no driver understands this call.
pub(crate) fn mistake<'a>(operation: &str, mut arguments: impl Iterator<Item = &'a String>) -> Option<String> {
    let Some((_, known)) = OPERATIONS.iter().find(|(name, _)| *name == operation) else {
        return Some(format!("unknown operation {operation:?}"));
    };
    let unknown = arguments.find(|name| !known.contains(&name.as_str()))?;
    Some(format!("unknown argument {unknown:?} of {operation:?}"))
}
