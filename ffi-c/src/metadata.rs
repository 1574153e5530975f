//! The instance metadata.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use himds::Metadata;
use serde_json::Value;

use crate::guard::{ErrorOut, guard};
use crate::pointers::{Slot, TextIn, required};
use crate::testing::Counted;
use crate::text::{CText, LengthOut, give, himds_text};

/// The instance metadata as the service sent it: owned, with himds_metadata_free(). It does not change and does not
/// depend on its client, so any number of threads may read it.
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

/// The whole document, {"compute":{...},"network":{...}}, as the service sent it.
///
/// Ownership: borrowed from metadata. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_metadata_json(metadata: Option<&himds_metadata>, length: LengthOut<'_>) -> *const c_char {
    give(metadata.map(|metadata| &metadata.json), length)
}

/// The value at a JSON pointer (RFC 6901), such as "/compute/subscriptionId" or "/compute/tagsList/0/value": a string's
/// own text, everything else as JSON. "" is the whole document. On Arc-enabled servers most of a virtual machine's
/// members are there and empty.
///
/// Ownership: pointer is used for the call only; value is owned, with himds_text_free(). Blocks: never. Threads: any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where metadata, pointer or value is NULL, or pointer is not UTF-8 or no JSON
/// pointer; HIMDS_NOT_FOUND where it leads nowhere.
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
        slot.put(match metadata.metadata.pointer(pointer.required("pointer")?)? {
            Value::String(text) => himds_text::new(text),
            other => himds_text::new(&other.to_string()),
        });
        Ok(())
    })
}

/// As himds_metadata_get(), but always JSON: a string comes with its quotes, so that "null" and null differ.
///
/// Ownership: pointer is used for the call only; value is owned, with himds_text_free(). Blocks: never. Threads: any.
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
        slot.put(himds_text::new(&metadata.metadata.pointer(pointer.required("pointer")?)?.to_string()));
        Ok(())
    })
}

/// Frees metadata. NULL is fine.
///
/// Ownership: metadata was owned by the caller and is gone. Blocks: never. Threads: any; no other call may use it.
#[unsafe(no_mangle)]
pub extern "C" fn himds_metadata_free(metadata: Option<Box<himds_metadata>>) {
    drop(metadata);
}
