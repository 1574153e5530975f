//! The one file with `unsafe` blocks: how a C caller's pointers become Rust values.
//!
//! Most parameters need none of it, because their types already say what C passes: `Option<&T>` is a pointer that may be
//! NULL, `Option<&mut MaybeUninit<*mut T>>` an output that may be NULL and need not be initialised, `Option<Box<T>>`
//! a handle that C gives back. What is left is text of unknown length and a caller's buffer.

use std::ffi::{CStr, c_char};
use std::marker::PhantomData;
use std::mem::MaybeUninit;

use himds::{Error, Kind};

/// Text that C passes in: NULL or the start of a NUL-terminated string that stays as it is during the call.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct TextIn<'call>(*const c_char, PhantomData<&'call c_char>);

impl<'call> TextIn<'call> {
    /// The text, `None` for NULL; *invalid_argument* if it is not UTF-8. `name` is the parameter's.
    pub(crate) fn optional(self, name: &str) -> Result<Option<&'call str>, Error> {
        if self.0.is_null() {
            return Ok(None);
        }
        // SAFETY: only C makes values of this type, and the header demands a NUL-terminated string that nobody changes
        // during the call, which is the lifetime given here.
        let text = unsafe { CStr::from_ptr(self.0) };
        text.to_str().map(Some).map_err(|error| {
            Error::new(Kind::InvalidArgument, format!("{name} is not UTF-8: {error}"))
                .with_hint("Texts are passed in UTF-8; convert from the locale's encoding first.")
        })
    }

    /// The same as [`optional`](Self::optional), but NULL is *invalid_argument* too.
    pub(crate) fn required(self, name: &str) -> Result<&'call str, Error> {
        self.optional(name)?.ok_or_else(|| null(name))
    }
}

/// A caller's buffer: NULL or the start of as many writable bytes as the parameter after it says.
#[repr(transparent)]
pub struct BufferOut<'call>(*mut c_char, PhantomData<&'call mut c_char>);

impl BufferOut<'_> {
    /// *invalid_argument* for a NULL buffer that is said to have a size.
    pub(crate) fn check(&self, size: usize) -> Result<(), Error> {
        if self.0.is_null() && size > 0 { Err(null("buffer")) } else { Ok(()) }
    }

    /// Copies the text and a NUL into the buffer, or writes an empty text and returns `false` if they do not fit.
    /// A NULL buffer has the size 0.
    pub(crate) fn fill(&mut self, size: usize, text: &str) -> bool {
        if self.0.is_null() || size == 0 {
            return false;
        }
        let fits = text.len() < size;
        let text = if fits { text } else { "" };
        // SAFETY: only C makes values of this type, and the header demands `size` writable bytes, initialised or not,
        // that nothing else uses during the call; the text and its NUL are at most `size` bytes.
        unsafe {
            self.0.cast::<u8>().copy_from_nonoverlapping(text.as_ptr(), text.len());
            self.0.add(text.len()).write(0);
        }
        fits
    }
}

/// Where a function that returns a text writes its length: NULL if the caller does not want it.
pub(crate) type LengthOut<'call> = Option<&'call mut MaybeUninit<usize>>;

/// An output for a handle: NULL is written at once, the value later.
pub(crate) struct Slot<'call, T>(&'call mut MaybeUninit<*mut T>);

impl<'call, T> Slot<'call, T> {
    /// Writes NULL; *invalid_argument* if the output itself is NULL. `name` is the parameter's.
    pub(crate) fn new(name: &str, output: Option<&'call mut MaybeUninit<*mut T>>) -> Result<Self, Error> {
        let output = output.ok_or_else(|| null(name))?;
        output.write(std::ptr::null_mut());
        Ok(Slot(output))
    }

    /// Gives the value to the caller, who owns it from now on.
    pub(crate) fn write(self, value: T) {
        self.0.write(Box::into_raw(Box::new(value)));
    }
}

/// The object behind a handle; *invalid_argument* for NULL. `name` is the parameter's.
pub(crate) fn required<'call, T>(name: &str, handle: Option<&'call T>) -> Result<&'call T, Error> {
    handle.ok_or_else(|| null(name))
}

/// The same as [`required`], for an object that the call changes.
pub(crate) fn required_mut<'call, T>(name: &str, handle: Option<&'call mut T>) -> Result<&'call mut T, Error> {
    handle.ok_or_else(|| null(name))
}

#[cold]
fn null(name: &str) -> Error {
    Error::new(Kind::InvalidArgument, format!("{name} is NULL"))
        .with_hint("Pass a valid pointer; the header says which parameters may be NULL.")
}
