//! The instance metadata: the server's JSON, and typed views of the members that programs read most.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Error, Kind, json};

/// The instance metadata document (`{"compute":{...},"network":{...}}`) as the server sent it.
///
/// The typed views give `None` if a member is absent, `null` or empty: on Arc-enabled servers most of a virtual
/// machine's members are empty strings.
#[derive(Clone, Debug)]
pub struct Metadata {
    json: String,
    value: Value,
}

impl Metadata {
    /// Reads a document. *response_invalid* if the text is not a JSON object; the message says where (line, column).
    pub fn parse(json: impl Into<String>) -> Result<Self, Error> {
        let mut json = json::text_without_bom(json.into());
        let invalid = |why: &str| {
            Error::new(Kind::ResponseInvalid, format!("the metadata service's answer cannot be used: {why}"))
        };
        let read = |json: &str| json::from_slice::<Value>(json.as_bytes());
        let value = read(&json).or_else(|error| {
            json = json::without_oddities(&json).ok_or(error)?;
            read(&json)
        });
        let value = value.map_err(|error| invalid(&json::reason(&error)))?;
        match value.is_object() {
            true => Ok(Metadata { json, value }),
            false => Err(invalid("it is not a JSON object")),
        }
    }

    /// The document as the server sent it, members unknown to this library included, without what other parsers refuse: a
    /// byte order mark, half of a surrogate pair.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The whole document, parsed.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The value that a JSON pointer (RFC 6901, for example `/compute/tagsList/0/name`) leads to; `""` is the whole
    /// document. *not_found* if it leads nowhere, *invalid_argument* if it is not a JSON pointer.
    pub fn pointer(&self, pointer: &str) -> Result<&Value, Error> {
        let escapes = pointer.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        if !escapes || !pointer.is_empty() && !pointer.starts_with('/') {
            return Err(Error::new(Kind::InvalidArgument, format!("{pointer:?} is not a JSON pointer"))
                .with_hint("A JSON pointer begins with `/`, for example /compute/subscriptionId; in a name, `~0` is `~` and `~1` is `/`."));
        }
        self.value.pointer(pointer).ok_or_else(|| {
            Error::new(Kind::NotFound, format!("the metadata has no value at {pointer:?}"))
                .with_hint("Check the whole document for the members that this machine has; letter case matters.")
        })
    }

    /// `compute`, or `None` if the document has no such object.
    pub fn compute(&self) -> Option<&serde_json::Map<String, Value>> {
        self.value.get("compute")?.as_object()
    }

    /// `network`, or `None` if the document has no such object. Empty on Arc-enabled servers.
    pub fn network(&self) -> Option<&serde_json::Map<String, Value>> {
        self.value.get("network")?.as_object()
    }

    /// `compute.subscriptionId`
    pub fn subscription_id(&self) -> Option<&str> {
        self.text("subscriptionId")
    }

    /// `compute.resourceGroupName`
    pub fn resource_group(&self) -> Option<&str> {
        self.text("resourceGroupName")
    }

    /// `compute.location`
    pub fn location(&self) -> Option<&str> {
        self.text("location")
    }

    /// `compute.name`
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// `compute.resourceId`
    pub fn resource_id(&self) -> Option<&str> {
        self.text("resourceId")
    }

    /// `compute.vmId`
    pub fn vm_id(&self) -> Option<&str> {
        self.text("vmId")
    }

    /// `compute.osType`
    pub fn os_type(&self) -> Option<&str> {
        self.text("osType")
    }

    /// `compute.azEnvironment`: `AzurePublicCloud`, `AzureUSGovernmentCloud`, `AzureChinaCloud` and so on, in the
    /// server's letter case.
    pub fn environment(&self) -> Option<&str> {
        self.text("azEnvironment")
    }

    /// The tags, from `compute.tagsList`. Older api-versions have only the joined text `compute.tags` (`a:1;b:2`). A
    /// value may hold `:` and `;`, so that is taken apart only if each part has exactly one `:`.
    pub fn tags(&self) -> BTreeMap<&str, &str> {
        let member = |name| self.compute()?.get(name);
        match member("tagsList") {
            Some(list) => list
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|tag| Some((tag.get("name")?.as_str()?, tag.get("value")?.as_str()?)))
                .collect(),
            None => member("tags").and_then(Value::as_str).and_then(joined_tags).unwrap_or_default(),
        }
    }

    fn text(&self, member: &str) -> Option<&str> {
        self.compute()?.get(member)?.as_str().filter(|text| !text.is_empty())
    }
}

fn joined_tags(text: &str) -> Option<BTreeMap<&str, &str>> {
    text.split(';').map(|part| part.split_once(':').filter(|(_, value)| !value.contains(':'))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_tags_are_taken_apart_if_there_is_one_way_to() {
        let tags = |compute: &str| {
            let metadata = Metadata::parse(format!(r#"{{"compute":{compute}}}"#)).unwrap();
            metadata.tags().into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
        };
        assert_eq!(tags(r#"{"tags":"a:1;b:2"}"#), ["a=1", "b=2"]);
        for ambiguous in ["", "a", "a:1;b", "a:1;", "a:1;b:2:3", "a:https://x"] {
            assert!(tags(&format!(r#"{{"tags":"{ambiguous}"}}"#)).is_empty(), "{ambiguous}");
        }
        // With a list, even a strange one, the joined text is not read.
        let of_list = ["[]", "null", "7"].map(|list| format!(r#"{{"tags":"a:1","tagsList":{list}}}"#));
        for odd in of_list.iter().map(String::as_str).chain([r#"{"tags":7}"#, "7"]) {
            assert!(tags(odd).is_empty(), "{odd}");
        }
    }

    #[test]
    fn other_parsers_refuse_a_byte_order_mark_so_it_is_not_passed_on() {
        for marks in ["\u{feff}", "\u{feff}\u{feff}"] {
            let metadata = Metadata::parse(format!("{marks}{{\"compute\":{{}}}}")).unwrap();
            assert_eq!(metadata.json(), "{\"compute\":{}}");
            assert!(metadata.compute().is_some());
        }
    }

    #[test]
    fn an_error_says_where() {
        let error = Metadata::parse("{\n\"a\":}").unwrap_err();
        assert_eq!(error.kind(), Kind::ResponseInvalid);
        assert!(error.message().ends_with("(line 2, column 5)"), "{error}");
        assert!(Metadata::parse("[]").is_err());
    }
}
