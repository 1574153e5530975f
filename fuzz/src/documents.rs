//! JSON that programs read: metadata, claims, pointers.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use himds::{Kind, Metadata};

/// A document is kept as it came, and every view of it answers.
pub(crate) fn metadata(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match Metadata::parse(&*text) {
        Ok(metadata) => {
            assert_eq!(metadata.json(), text.strip_prefix('\u{feff}').unwrap_or(&text), "without a byte order mark");
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
        Err(error) => assert_eq!(error.kind(), Kind::ResponseInvalid),
    }
}

/// Claims are what the middle part holds, and nothing of a text that is not a JWT is shown.
pub(crate) fn claims(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Err(error) = himds::decode_claims(&text) {
        assert_eq!(error.kind(), Kind::ResponseInvalid);
    }
    let jwt = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(data));
    let object: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_slice(data).ok();
    if let (Ok(claims), Some(object)) = (himds::decode_claims(&jwt), object) {
        assert_eq!(claims, object);
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
