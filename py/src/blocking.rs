//! Calls that may block: the GIL released, signals checked, panics caught.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::sync::Arc;
use std::time::Duration;

use himds::{CallOptions, Error, Kind};
use once_cell::race::OnceBox;
use pyo3::prelude::*;

use crate::argument::Seconds;
use crate::cancel::CancelHandle;
use crate::error::Failure;

/// How often a blocked call asks Python for a pending signal. Ctrl+C shall end a call within 100 ms; attaching to the
/// interpreter 20 times a second costs nothing that could be measured.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// Runs `call` with the GIL released. Ctrl+C ends it, and so does `cancel` from another thread. What a signal handler
/// raises ends this call alone, not the others that `cancel` was given to.
pub(crate) fn blocking<T: Send>(
    py: Python<'_>,
    timeout: Option<Seconds>,
    cancel: Option<&CancelHandle>,
    call: impl FnOnce(CallOptions) -> Result<T, Error> + Send,
) -> Result<T, Failure> {
    let raised = Arc::new(OnceBox::new());
    let slot = raised.clone();
    let mut options = CallOptions::new().interrupt(SIGNAL_INTERVAL, move || {
        // While the interpreter shuts down it cannot be attached to: then there is nobody to answer to either.
        let Some(Err(error)) = Python::try_attach(|py| py.check_signals()) else { return false };
        let _ = slot.set(Box::new(error));
        true
    });
    if let Some(handle) = cancel {
        options = options.cancel(&handle.0);
    }
    if let Some(timeout) = timeout {
        options = options.deadline(timeout.duration("timeout")?);
    }
    let result = py.detach(|| guarded(|| call(options)));
    match raised.get() {
        Some(error) => Err(Failure::Python(error.clone_ref(py))),
        None => Ok(result?),
    }
}

/// Runs `call`; a panic in it is a bug of ours and becomes an *internal* error.
pub(crate) fn guarded<T>(call: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| {
        let place = PLACE.take().map_or(String::new(), |(file, line)| format!(" at {file}:{line}"));
        Err(Error::new(Kind::Internal, format!("a bug in himds was caught{place}"))
            .with_hint("Please report it with this message and the library's version."))
    })
}

thread_local! {
    /// Where this thread panicked last.
    static PLACE: Cell<Option<(String, u32)>> = const { Cell::new(None) };
}

/// Keeps panics from being printed: a library does not write to its host's stderr. Only the place is kept, for a
/// panic's own text may quote data. The hook is this extension module's own: other Rust code in the process has
/// another copy of the standard library.
pub(crate) fn silence_panics() {
    set_hook(Box::new(|panic| PLACE.set(panic.location().map(|at| (at.file().to_owned(), at.line())))));
}
