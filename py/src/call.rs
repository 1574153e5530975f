//! Calls that may block: the GIL released, signals looked for, panics caught.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use himds::{CallOptions, Error, Kind};
use pyo3::prelude::*;

use crate::argument::Seconds;

/// How often a blocked call asks Python for a pending signal. Ctrl+C shall end a call within 100 ms; attaching to the
/// interpreter 20 times a second costs nothing that could be measured.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// Ends the calls it was given to, from any thread. One-shot: once cancelled it stays so.
#[pyclass(frozen, module = "himds")]
#[derive(Default)]
pub(crate) struct CancelHandle(Mutex<Shared>);

#[derive(Default)]
struct Shared {
    cancelled: bool,
    /// The calls under way, each by a number of its own.
    calls: BTreeMap<u64, himds::CancelHandle>,
    next: u64,
}

#[pymethods]
impl CancelHandle {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Cancels: calls that hold this handle end with CancelledError at once.
    fn cancel(&self) {
        let mut shared = lock(&self.0);
        shared.cancelled = true;
        shared.calls.values().for_each(himds::CancelHandle::cancel);
    }

    /// Whether it was cancelled.
    #[getter]
    fn cancelled(&self) -> bool {
        lock(&self.0).cancelled
    }

    fn __repr__(&self) -> String {
        format!("CancelHandle(cancelled={})", if self.cancelled() { "True" } else { "False" })
    }
}

impl CancelHandle {
    /// Ends `call` too when cancelled, for as long as the guard lives.
    fn join(&self, call: &himds::CancelHandle) -> Joined<'_> {
        let mut shared = lock(&self.0);
        if shared.cancelled {
            call.cancel();
        }
        let number = shared.next;
        shared.next += 1;
        shared.calls.insert(number, call.clone());
        Joined { handle: self, number }
    }
}

struct Joined<'a> {
    handle: &'a CancelHandle,
    number: u64,
}

impl Drop for Joined<'_> {
    fn drop(&mut self) {
        lock(&self.handle.0).calls.remove(&self.number);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Runs `call` with the GIL released. Ctrl+C ends it, and so does `cancel` from another thread. What a signal handler
/// raises ends this call alone, not the others that `cancel` was given to.
pub(crate) fn blocking<T: Send>(
    py: Python<'_>,
    timeout: Option<Seconds>,
    cancel: Option<&CancelHandle>,
    call: impl FnOnce(CallOptions) -> Result<T, Error> + Send,
) -> Result<T, Failure> {
    let raised = Arc::new(Mutex::new(None));
    let slot = raised.clone();
    let own = himds::CancelHandle::polling(SIGNAL_INTERVAL, move || {
        // While the interpreter shuts down it cannot be attached to: then there is nobody to answer to either.
        let result = Python::try_attach(|py| py.check_signals()).unwrap_or(Ok(()));
        let Err(error) = result else { return false };
        *lock(&slot) = Some(error);
        true
    });
    let _joined = cancel.map(|shared| shared.join(&own));
    let mut options = CallOptions::new().cancel(&own);
    if let Some(timeout) = timeout {
        options = options.deadline(timeout.duration("timeout")?);
    }
    let result = py.detach(|| guarded(|| call(options)));
    let raised = lock(&raised).take();
    match raised {
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
