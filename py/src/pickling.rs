//! Pickling and copying a client or credential: its arguments, never a token.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

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
