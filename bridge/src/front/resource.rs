//! Resources, and the one form in which two of them are compared.

/// The longest resource that the core takes.
const LONGEST: usize = 2048;

/// Whether the text can be a resource: 1 to 2048 visible ASCII characters.
pub fn is_resource(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The canonical form, for comparing only: scheme and host in lower case, `/.default` and one trailing slash off. What
/// the answer repeats is the resource as the client wrote it.
pub fn canonical(resource: &str) -> String {
    let bare = resource.strip_suffix("/.default").unwrap_or(resource);
    let bare = bare.strip_suffix('/').unwrap_or(bare);
    let Some((scheme, rest)) = bare.split_once("://") else {
        return bare.to_owned();
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    format!("{}://{}{path}", scheme.to_ascii_lowercase(), host.to_ascii_lowercase())
}

/// What is requested of the service: a host in lower case, everything else as the client wrote it. However a client spells
/// a host, it is one token.
pub(crate) fn requested(resource: &str) -> String {
    match resource.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http") => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            format!("{}://{}{path}", scheme.to_ascii_lowercase(), host.to_ascii_lowercase())
        }
        _ => resource.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_comparing() {
        for (resource, form) in [
            ("https://storage.azure.com", "https://storage.azure.com"),
            ("https://storage.azure.com/", "https://storage.azure.com"),
            ("HTTPS://Storage.Azure.com/.default", "https://storage.azure.com"),
            ("https://storage.azure.com//.default", "https://storage.azure.com"),
            ("https://a.b/Path/", "https://a.b/Path"),
            ("https://a.b//", "https://a.b/"),
            ("499b84ac-1321-427f-aa17-267ca6975798", "499b84ac-1321-427f-aa17-267ca6975798"),
            ("api://App", "api://app"),
            ("https://storage.azure.com.evil", "https://storage.azure.com.evil"),
            ("https://storage.azure.com/x", "https://storage.azure.com/x"),
        ] {
            assert_eq!(canonical(resource), form, "{resource}");
        }
    }

    #[test]
    fn what_is_requested_differs_in_a_host_alone() {
        for (resource, sent) in [
            ("HTTPS://Storage.Azure.com/", "https://storage.azure.com/"),
            ("https://A.B/Path/.default", "https://a.b/Path/.default"),
            ("api://App", "api://App"),
            ("499B84AC-1321-427f-aa17-267ca6975798", "499B84AC-1321-427f-aa17-267ca6975798"),
        ] {
            assert_eq!(requested(resource), sent, "{resource}");
        }
    }

    #[test]
    fn what_a_resource_is() {
        for bad in ["", "a b", "https://ä", "a\n"] {
            assert!(!is_resource(bad), "{bad:?}");
        }
        assert!(is_resource("https://vault.azure.net") && !is_resource(&"a".repeat(LONGEST + 1)));
    }
}
