//! azure-core's classes, if the program has imported azure-core. It is never imported here.

use once_cell::race::OnceBox;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// `sys.modules`, as Python's own import system keeps it.
static MODULES: OnceBox<Py<PyDict>> = OnceBox::new();

/// To be called when this module is imported.
pub(crate) fn remember_modules(py: Python<'_>) -> PyResult<()> {
    let modules = py.import("sys")?.getattr("modules")?.cast_into::<PyDict>()?;
    let _ = MODULES.set(Box::new(modules.unbind()));
    // Interns the name, behind a lock that nobody will wait for later.
    is_imported(py).map(drop)
}

/// Whether `azure.core.credentials` is among the imported modules: about 25 ns.
pub(crate) fn is_imported(py: Python<'_>) -> PyResult<bool> {
    match MODULES.get() {
        Some(modules) => modules.bind(py).contains(intern!(py, "azure.core.credentials")),
        None => Ok(false),
    }
}
