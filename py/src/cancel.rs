//! `himds.CancelHandle`.

use pyo3::prelude::*;

/// Ends the calls that it is given to as `cancel=`, from any thread.
///
/// One-shot: once cancelled it stays so, and a call that is given it then ends at once. Any number of calls may share
/// it. It cannot be pickled.
#[pyclass(frozen, module = "himds")]
#[derive(Default)]
pub(crate) struct CancelHandle(pub(crate) himds::CancelHandle);

#[pymethods]
impl CancelHandle {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Cancel: the calls that hold this handle end at once, with CancelledError.
    ///
    /// Never blocks. A second time it does nothing. A signal handler written in Python may
    /// call it, one written in C may not.
    fn cancel(&self) {
        self.0.cancel();
    }

    /// Whether it was cancelled.
    #[getter]
    fn cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    fn __repr__(&self) -> String {
        format!("CancelHandle(cancelled={})", if self.cancelled() { "True" } else { "False" })
    }
}
