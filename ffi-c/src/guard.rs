//! The wrapper around the body of every fallible function.

use std::cell::Cell;
use std::mem::MaybeUninit;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};

use himds::{Error, Kind};

use crate::error::himds_error;
use crate::status::HIMDS_OK;
use crate::thread::Uncancelled;

/// The last parameter of every fallible function.
pub(crate) type ErrorOut<'call> = Option<&'call mut MaybeUninit<*mut himds_error>>;

/// Runs a body. Its error, or its panic as *internal*, becomes the status and, if the caller wants one, the object.
pub(crate) fn guard(mut error_out: ErrorOut<'_>, body: impl FnOnce() -> Result<(), Error>) -> i32 {
    silence_panics();
    let _uncancelled = Uncancelled::new();
    if let Some(output) = &mut error_out {
        output.write(std::ptr::null_mut());
    }
    let error = match panic::catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => return HIMDS_OK,
        Ok(Err(error)) => error,
        Err(payload) => {
            // Dropping a payload may run code of its own, which may panic again: leak what that throws.
            if let Err(again) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                std::mem::forget(again);
            }
            bug()
        }
    };
    report(error_out, error)
}

#[cold]
fn report(error_out: ErrorOut<'_>, error: Error) -> i32 {
    let status = error.kind().number();
    if let Some(output) = error_out {
        output.write(Box::into_raw(Box::new(himds_error::new(&error))));
    }
    status
}

thread_local! {
    /// Where this thread panicked last.
    static PLACE: Cell<Option<(String, u32)>> = const { Cell::new(None) };
}

/// A panic's own text may quote data, so the message gives only its place.
#[cold]
fn bug() -> Error {
    let place = PLACE.take().map_or(String::new(), |(file, line)| format!(" at {file}:{line}"));
    Error::new(Kind::Internal, format!("a bug in himds was caught{place}"))
        .with_hint("Please report it with this message and the library's version. The call had no effect.")
}

/// Keeps a panic from being printed: the library never writes to the host's stderr.
///
/// The hook belongs to the copy of Rust's standard library inside this library. It is not the host's, even if the
/// host is written in Rust, unless that links the static library; so nothing in the process changes.
fn silence_panics() {
    static SILENT: AtomicBool = AtomicBool::new(false);
    // Not a `Once`: if a fork happens while another thread is inside it, the child would wait for it forever.
    if !SILENT.load(Ordering::Relaxed) && !SILENT.swap(true, Ordering::Relaxed) {
        panic::set_hook(Box::new(|panic| {
            PLACE.set(panic.location().map(|at| (at.file().to_owned(), at.line())));
        }));
    }
}
