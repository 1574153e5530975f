//! What `__init__` makes of an object, once.

use std::sync::OnceLock;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

/// The inside of an object whose Python subclass may have an `__init__` of its own, with other arguments, and may
/// forget to call ours.
pub(crate) struct Made<T>(OnceLock<T>);

impl<T> Made<T> {
    pub(crate) const fn not_yet() -> Self {
        Made(OnceLock::new())
    }

    pub(crate) fn set(&self, inside: T) -> PyResult<()> {
        self.0.set(inside).map_err(|_| PyRuntimeError::new_err("__init__ was called before, and this does not change"))
    }

    pub(crate) fn get(&self) -> PyResult<&T> {
        self.0.get().ok_or_else(|| PyRuntimeError::new_err("__init__ was not called"))
    }
}

/// What `pickle` and `copy` make a like object from: `_restore` of its class, its keyword arguments and, of a Python
/// subclass, its attributes.
pub(crate) fn reduce<'py>(object: &Bound<'py, PyAny>, arguments: Bound<'py, PyDict>) -> PyResult<Bound<'py, PyTuple>> {
    let restore = object.get_type().getattr("_restore")?;
    let state = object.getattr_opt("__dict__")?;
    (restore, (arguments,), state).into_pyobject(object.py())
}

/// A new object of class `cls`, by the `__init__` of `base`: that of a subclass may take other arguments.
pub(crate) fn restore<'py>(
    cls: &Bound<'py, PyType>,
    base: &Bound<'py, PyType>,
    arguments: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    let object = cls.call_method1("__new__", (cls,))?;
    base.call_method("__init__", (&object,), Some(arguments))?;
    Ok(object)
}
