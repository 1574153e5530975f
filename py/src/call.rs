//! Calls that may block: the GIL released, signals looked for, panics caught.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use himds::{CallOptions, Error, Kind};
use pyo3::prelude::*;

use crate::argument::Seconds;

/// How often a blocked call asks Python for a pending signal. Ctrl+C shall end a call within 100 ms; attaching to the
/// interpreter 20 times a second costs nothing that could be measured.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// What a signal handler raised while a call was blocked, and on which thread. Python runs handlers on the main thread
/// only, so a handle that several threads share must not give the exception to another one.
type Raised = Arc<Mutex<Option<(ThreadId, PyErr)>>>;

/// Ends the calls it was given to, from any thread. One-shot: once cancelled it stays so.
#[pyclass(frozen, module = "himds")]
pub(crate) struct CancelHandle {
    handle: himds::CancelHandle,
    raised: Raised,
}

#[pymethods]
impl CancelHandle {
    #[new]
    pub(crate) fn new() -> Self {
        let raised = Raised::default();
        let slot = raised.clone();
        let handle = himds::CancelHandle::polling(SIGNAL_INTERVAL, move || {
            // While the interpreter shuts down it cannot be attached to: then there is nobody to answer to either.
            let result = Python::try_attach(|py| py.check_signals()).unwrap_or(Ok(()));
            let Err(error) = result else { return false };
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some((thread::current().id(), error));
            true
        });
        CancelHandle { handle, raised }
    }

    /// Cancels: calls that hold this handle end with CancelledError at once.
    fn cancel(&self) {
        self.handle.cancel();
    }

    /// Whether it was cancelled.
    #[getter]
    fn cancelled(&self) -> bool {
        self.handle.is_cancelled()
    }

    fn __repr__(&self) -> String {
        format!("CancelHandle(cancelled={})", if self.handle.is_cancelled() { "True" } else { "False" })
    }
}

impl CancelHandle {
    fn take_raised(&self) -> Option<PyErr> {
        let mut slot = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        match &*slot {
            Some((thread, _)) if *thread == thread::current().id() => slot.take().map(|(_, error)| error),
            _ => None,
        }
    }
}

/// Why a call ended without a value: what Python raised meanwhile, or an error of the core.
pub(crate) enum Failure {
    Python(PyErr),
    Himds(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Himds(error)
    }
}

/// Runs `call` with the GIL released. Ctrl+C ends it, and so does `cancel` from another thread.
pub(crate) fn blocking<T: Send>(
    py: Python<'_>,
    timeout: Option<Seconds>,
    cancel: Option<&CancelHandle>,
    call: impl FnOnce(CallOptions) -> Result<T, Error> + Send,
) -> Result<T, Failure> {
    let own;
    let cancel = match cancel {
        Some(handle) => handle,
        None => {
            own = CancelHandle::new();
            &own
        }
    };
    let mut options = CallOptions::new().cancel(&cancel.handle);
    if let Some(timeout) = timeout {
        options = options.deadline(timeout.duration("timeout")?);
    }
    let result = py.detach(|| guarded(|| call(options)));
    match cancel.take_raised() {
        Some(error) => Err(Failure::Python(error)),
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
