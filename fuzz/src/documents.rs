//! JSON that programs read: metadata, claims, pointers.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use himds::{Kind, Metadata};
use serde_json::{Map, Value};

use crate::oracle::{assert_usable, texts};

/// The services' documents nest to a depth of eight, and are taken to one of 32.
const DEEP: usize = 32;

/// A document is kept as it came, and every view of it answers. What is JSON is taken.
pub(crate) fn metadata(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let plain = text.trim_start_matches('\u{feff}');
    let object: Option<Map<String, Value>> = serde_json::from_str(plain).ok();
    match Metadata::parse(&*text) {
        Ok(metadata) => {
            match object {
                Some(object) => {
                    assert_eq!(metadata.json(), plain, "without byte order marks");
                    assert_eq!(metadata.value().as_object(), Some(&object));
                }
                // What is JSON, but what parsers cannot hold, was replaced in its place.
                None => {
                    assert!(serde_json::from_str::<Map<String, Value>>(metadata.json()).is_ok(), "parsers hold it now");
                    assert_eq!(metadata.json().len(), plain.len());
                    assert!(["\\ufffd", "null"].iter().any(|written| metadata.json().contains(written)));
                }
            }
            assert_eq!(metadata.pointer("").expect("the whole"), metadata.value());
            let texts = [
                metadata.subscription_id(),
                metadata.resource_group(),
                metadata.location(),
                metadata.name(),
                metadata.resource_id(),
                metadata.vm_id(),
                metadata.os_type(),
                metadata.environment(),
            ];
            assert!(texts.into_iter().flatten().all(|text| !text.is_empty()));
            let _ = (metadata.tags(), metadata.network());
        }
        Err(error) => {
            assert_eq!(error.kind(), Kind::ResponseInvalid);
            assert_usable(&error);
            assert!(object.is_none() || opened(plain) > DEEP, "an object is refused");
        }
    }
}

/// At least so deep does a text nest.
fn opened(text: &str) -> usize {
    text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count()
}

/// Claims are what the middle part holds, and nothing of a text that is not a JWT is shown.
pub(crate) fn claims(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Err(error) = himds::decode_claims(&text) {
        assert_eq!(error.kind(), Kind::ResponseInvalid);
        assert_usable(&error);
        // Every text gets the same words, so that nothing of it is in them.
        let other = himds::decode_claims("none").expect_err("not a JWT");
        assert_eq!(texts(&error), texts(&other));
    }
    let jwt = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(data));
    let object: Option<Map<String, Value>> = serde_json::from_slice(data).ok();
    match (himds::decode_claims(&jwt), object) {
        (Ok(claims), Some(object)) => assert_eq!(claims, object),
        (Ok(_), None) => assert!(data.starts_with("\u{feff}".as_bytes()), "claims of what is not an object"),
        (Err(_), object) => assert!(object.is_none() || opened(&text) > DEEP, "the claims of a JWT are refused"),
    }
}

/// A line with a pointer, then a document: found as RFC 6901 says, or an error that names the pointer's fault.
pub(crate) fn pointer(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (pointer, document) = text.split_once('\n').unwrap_or((&text, r#"{"a":{"b":[1]}}"#));
    let Ok(metadata) = Metadata::parse(document) else { return };
    let expected = metadata.value().pointer(pointer);
    match metadata.pointer(pointer) {
        Ok(value) => assert_eq!(Some(value), expected),
        Err(error) if error.kind() == Kind::NotFound => assert_eq!(expected, None),
        Err(error) => {
            assert_eq!(error.kind(), Kind::InvalidArgument);
            let escapes = pointer.replace("~0", "").replace("~1", "").contains('~');
            assert!(escapes || !pointer.is_empty() && !pointer.starts_with('/'), "{pointer:?}");
        }
    }
}
