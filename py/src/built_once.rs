//! What `__init__` builds for an object, once.

use once_cell::race::OnceBox;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// The inside of an object whose Python subclass may have an `__init__` of its own, with other arguments, and may
/// forget to call ours.
pub(crate) struct BuiltOnce<T>(OnceBox<T>);

impl<T> BuiltOnce<T> {
    pub(crate) const fn not_yet() -> Self {
        BuiltOnce(OnceBox::new())
    }

    pub(crate) fn set(&self, inside: T) -> PyResult<()> {
        let set = self.0.set(Box::new(inside));
        set.map_err(|_| PyRuntimeError::new_err("__init__ was called before, and this does not change"))
    }

    pub(crate) fn get(&self) -> PyResult<&T> {
        self.0.get().ok_or_else(|| PyRuntimeError::new_err("__init__ was not called"))
    }
}
