//! The parameters of a query or a form.

use super::refusal::Refusal;

/// Decoded parameters. Names are compared without regard to letter case, and each occurs once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Decodes `name=value&...`. A parameter that occurs twice is refused, whatever its name: which of two values counts
    /// is what two programs read differently.
    pub(crate) fn parse(text: &[u8]) -> Result<Query, Refusal> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(text) {
            if name.chars().chain(value.chars()).any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
                return Err(Refusal::bad_request("A parameter holds control characters or is not UTF-8."));
            }
            let name = name.to_ascii_lowercase();
            if pairs.iter().any(|(given, _)| *given == name) {
                return Err(Refusal::bad_request("A parameter occurs twice."));
            }
            pairs.push((name, value.into_owned()));
        }
        Ok(Query(pairs))
    }

    /// A parameter's value, if it is not empty; the name in lower case.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
        found.filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_and_occur_once() {
        let query = Query::parse(b"api-version=2018-02-01&Resource=https%3A%2F%2Fa.b%2F&client_id=").unwrap();
        assert_eq!(query.value("resource"), Some("https://a.b/"));
        assert_eq!(query.value("client_id"), None);
        let unescaped = Query::parse(b"resource=https://a.b/").unwrap();
        assert_eq!(unescaped.value("resource"), Some("https://a.b/"));
        for twice in ["a=1&a=1", "resource=a&RESOURCE=b", "resource=a&res%6Furce=b"] {
            assert_eq!(Query::parse(twice.as_bytes()).unwrap_err().status, 400, "{twice}");
        }
        for bytes in ["resource=a%00", "resource=a%0Ab", "resource=%ff"] {
            assert_eq!(Query::parse(bytes.as_bytes()).unwrap_err().status, 400, "{bytes}");
        }
    }
}
