//! himds works in a process's main interpreter only.

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;

/// An ImportError in a subinterpreter: this module's classes are the process's, and a blocked call comes back to Python
/// by `PyGILState_Ensure`, which knows the main interpreter alone.
pub(crate) fn refuse_subinterpreters(py: Python<'_>) -> PyResult<()> {
    if is_main(py)? {
        return Ok(());
    }
    Err(PyImportError::new_err(
        "himds cannot be imported in a subinterpreter. Run the program in the main one: with mod_wsgi by \
         `WSGIApplicationGroup %{GLOBAL}`.",
    ))
}

#[cfg(not(windows))]
#[expect(unsafe_code, reason = "pyo3 has no safe call for it")]
fn is_main(_attached: Python<'_>) -> PyResult<bool> {
    use pyo3::ffi;

    // SAFETY: a thread that is attached has a current interpreter. The main one is the first, and numbered 0.
    Ok(unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) } == 0)
}

/// The stable ABI of 3.9 has no `PyInterpreterState_Get` on Windows.
#[cfg(windows)]
fn is_main(py: Python<'_>) -> PyResult<bool> {
    let interpreters = py.import("_interpreters").or_else(|_| py.import("_xxsubinterpreters"))?;
    interpreters.call_method0("get_current")?.eq(interpreters.call_method0("get_main")?)
}
