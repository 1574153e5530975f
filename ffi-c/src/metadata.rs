//! # Metadata

use std::ffi::c_char;
use std::mem::MaybeUninit;

use himds::Metadata;
use serde_json::Value;

use crate::counted::Counted;
use crate::guard::{ErrorOut, guard};
use crate::pointers::{LengthOut, Slot, TextIn, required};
use crate::text::{CText, himds_text, return_text};

/// The instance metadata as the service sent it: owned, with himds_metadata_free(). It does not
/// change and does not depend on its client, so any number of threads may read it. Since ABI 1.
pub struct himds_metadata {
    metadata: Metadata,
    json: CText,
    _counted: Counted,
}

impl himds_metadata {
    pub(crate) fn new(metadata: Metadata) -> Self {
        let json = CText::new(metadata.json());
        himds_metadata { metadata, json, _counted: Counted::new() }
    }
}

/// The whole document, {"compute":{...},"network":{...}}, as the service sent it, but without what
/// JSON parsers refuse, such as half of a surrogate pair.
///
/// Ownership: borrowed from metadata. length: may be NULL. Given NULL: "" and 0.
/// Blocks: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn himds_metadata_json(metadata: Option<&himds_metadata>, length: LengthOut<'_>) -> *const c_char {
    return_text(metadata.map(|metadata| &metadata.json), length)
}

/// The value at a JSON pointer (RFC 6901), such as "/compute/subscriptionId" or
/// "/compute/tagsList/0/value": for a string its text, for everything else its JSON. "" is the
/// whole document. On Arc-enabled servers most members of a virtual machine are present but empty.
///
/// Ownership: pointer is used for the call only; value is owned, with himds_text_free(). Blocks:
/// never. Threads: any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if metadata, pointer or value is NULL, or pointer is
/// not UTF-8 or not a JSON pointer; HIMDS_NOT_FOUND if it leads nowhere.
#[unsafe(no_mangle)]
pub extern "C" fn himds_metadata_get(
    metadata: Option<&himds_metadata>,
    pointer: TextIn<'_>,
    value: Option<&mut MaybeUninit<*mut himds_text>>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        let slot = Slot::new("value", value)?;
        let metadata = required("metadata", metadata)?;
        slot.write(match metadata.metadata.pointer(pointer.required("pointer")?)? {
            Value::String(text) => himds_text::new(text),
            other => himds_text::new(&other.to_string()),
        });
        Ok(())
    })
}

/// The same as himds_metadata_get(), but always JSON: a string comes with its quotes, so that
/// "null" and null differ.
///
/// Ownership: pointer is used for the call only; value is owned, with himds_text_free(). Blocks:
/// never. Threads: any.
/// Returns: as himds_metadata_get().
#[unsafe(no_mangle)]
pub extern "C" fn himds_metadata_get_json(
    metadata: Option<&himds_metadata>,
    pointer: TextIn<'_>,
    value: Option<&mut MaybeUninit<*mut himds_text>>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        let slot = Slot::new("value", value)?;
        let metadata = required("metadata", metadata)?;
        slot.write(himds_text::new(&metadata.metadata.pointer(pointer.required("pointer")?)?.to_string()));
        Ok(())
    })
}

/// Frees metadata. NULL is allowed.
///
/// Ownership: metadata was owned by the caller and is gone. Blocks: never. Threads: any; no other
/// call may use it.
#[unsafe(no_mangle)]
pub extern "C" fn himds_metadata_free(metadata: Option<Box<himds_metadata>>) {
    drop(metadata);
}
