//! Texts that go out: NUL-terminated, with their length.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use zeroize::Zeroize;

use crate::testing::Counted;

/// A text that this library gives out: owned, with himds_text_free().
pub struct himds_text {
    text: CText,
    _counted: Counted,
}

impl himds_text {
    pub(crate) fn new(text: &str) -> Self {
        himds_text { text: CText::new(text), _counted: Counted::new() }
    }
}

/// The text, NUL-terminated. It may be JSON or a server's answer and may then hold a NUL of its own: `length` tells.
///
/// Ownership: borrowed from text. length: written with the number of bytes without the NUL; may be NULL.
/// Blocks: never. Threads: any. Given NULL: "" and 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_text_data(text: Option<&himds_text>, length: LengthOut<'_>) -> *const c_char {
    give(text.map(|text| &text.text), length)
}

/// Frees a text. NULL is fine.
///
/// Ownership: text was owned by the caller and is gone. Blocks: never. Threads: any; no other call may use it.
#[unsafe(no_mangle)]
pub extern "C" fn himds_text_free(text: Option<Box<himds_text>>) {
    drop(text);
}

/// Bytes with a NUL after them, zeroed when dropped: any text may turn out to be secret, and few are hot.
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

/// Where an accessor for text writes the length, where the caller wants it.
pub(crate) type LengthOut<'call> = Option<&'call mut MaybeUninit<usize>>;

/// What every accessor for text returns: the text and its length, or an empty one.
pub(crate) fn give(text: Option<&CText>, length: LengthOut<'_>) -> *const c_char {
    let bytes: &[u8] = text.map_or(&[0], |text| &text.0);
    if let Some(length) = length {
        length.write(bytes.len() - 1);
    }
    bytes.as_ptr().cast()
}
