//! The resource that a token is for.

use crate::{Error, Kind};

/// Longer than any resource in use, short enough for every server's request line.
pub(crate) const MAX_LENGTH: usize = 2048;

/// The resource without a trailing `/.default` (which makes a scope of it): what the cache is keyed by and what is
/// sent. Nothing else is changed; `https://vault.azure.net` and `https://vault.azure.net/` are two resources.
pub(crate) fn without_scope(resource: &str) -> &str {
    resource.strip_suffix("/.default").unwrap_or(resource)
}

/// [`without_scope`], after the checks.
pub(crate) fn checked(resource: &str) -> Result<&str, Error> {
    let invalid = |why: String, hint: &str| Err(Error::new(Kind::InvalidArgument, why).with_hint(hint));
    let stripped = without_scope(resource);
    if stripped.is_empty() {
        let hint = "Name the resource that the token is for, for example https://vault.azure.net.";
        return invalid("the resource is empty".to_owned(), hint);
    }
    if resource.len() > MAX_LENGTH {
        let hint = "A resource is a short URI, for example https://management.azure.com.";
        return invalid(format!("the resource has {} bytes, more than {MAX_LENGTH}", resource.len()), hint);
    }
    if resource.chars().any(char::is_control) {
        let hint = "Look for a line break or a NUL at its end.";
        return invalid("the resource holds a control character".to_owned(), hint);
    }
    Ok(stripped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_its_resource() {
        assert_eq!(checked("https://vault.azure.net/.default").unwrap(), "https://vault.azure.net");
        assert_eq!(checked("https://database.windows.net//.default").unwrap(), "https://database.windows.net/");
        assert_eq!(checked("api://app").unwrap(), "api://app");
        assert_eq!(checked("https://vault.azure.net/").unwrap(), "https://vault.azure.net/");
    }

    #[test]
    fn unusable_resources() {
        for resource in ["", "/.default", "a\0b", "a\nb", "a\u{85}b", "\t", &"x".repeat(2049)] {
            let error = checked(resource).unwrap_err();
            assert_eq!(error.kind(), Kind::InvalidArgument, "{resource:?}");
            assert!(error.hint().is_some());
        }
        assert!(checked(&"x".repeat(2048)).is_ok());
    }
}
