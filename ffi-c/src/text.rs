//! # Texts
//!
//! JSON and documents that a function returns as an object of its own.

use std::ffi::c_char;

use zeroize::Zeroize;

use crate::counted::Counted;
use crate::pointers::LengthOut;

/// A text from this library: owned, with himds_text_free(). Since ABI 1.
pub struct himds_text {
    text: CText,
    _counted: Counted,
}

impl himds_text {
    pub(crate) fn new(text: &str) -> Self {
        himds_text { text: CText::new(text), _counted: Counted::new() }
    }
}

/// The text, NUL-terminated. JSON or a service's answer may contain a NUL: take its length from
/// `length`.
///
/// Ownership: borrowed from text. length: receives the number of bytes without the final NUL; may
/// be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_text_data(text: Option<&himds_text>, length: LengthOut<'_>) -> *const c_char {
    return_text(text.map(|text| &text.text), length)
}

/// Frees a text. NULL is allowed.
///
/// Ownership: text was owned by the caller and is gone. Blocks: never. Threads: any; no other call
/// may use it.
#[unsafe(no_mangle)]
pub extern "C" fn himds_text_free(text: Option<Box<himds_text>>) {
    drop(text);
}

/// Bytes and a NUL, zeroed when dropped: any text may turn out to be secret, and few of them are hot.
pub(crate) struct CText(Box<[u8]>);

impl CText {
    pub(crate) fn new(text: &str) -> Self {
        // At its final size from the start, so that growing leaves no copy behind.
        let mut bytes = Vec::with_capacity(text.len() + 1);
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
        CText(bytes.into_boxed_slice())
    }
}

impl Drop for CText {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// What every function that returns a text ends with: the text and its length, or an empty text.
pub(crate) fn return_text(text: Option<&CText>, length: LengthOut<'_>) -> *const c_char {
    let bytes: &[u8] = text.map_or(&[0], |text| &text.0);
    if let Some(length) = length {
        length.write(bytes.len() - 1);
    }
    bytes.as_ptr().cast()
}
