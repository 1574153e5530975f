//! The Python objects of a token, each made once and kept with the core's token: a cached call makes neither the
//! secret's `str` nor the pair again.

use std::mem::forget;

use once_cell::race::OnceBox;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::azure;
use crate::token::AccessToken;

/// They live as long as the core keeps the token. They hold no reference to it: that would be a cycle. `None` only while
/// they are let go.
struct Objects(Option<Inside>);

struct Inside {
    token: Py<AccessToken>,
    pair: OnceBox<Py<PyAny>>,
    /// The same two as azure-core's classes, from the first call on that finds azure-core imported.
    azure_pair: OnceBox<Py<PyAny>>,
    azure_token: OnceBox<Py<PyAny>>,
}

/// What a credential's method returns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `(token, expires_on)`, of `get_token`.
    Pair,
    /// `himds.AccessToken`, of `get_token_info`.
    Info,
}

/// The `himds.AccessToken` for this token.
pub(crate) fn token_object(py: Python<'_>, token: &himds::AccessToken) -> PyResult<Py<AccessToken>> {
    Ok(objects(py, token)?.token.clone_ref(py))
}

/// The same for a credential, which returns azure-core's classes if the program has imported azure-core.
pub(crate) fn credential_object(py: Python<'_>, token: &himds::AccessToken, shape: Shape) -> PyResult<Py<PyAny>> {
    let objects = objects(py, token)?;
    let (of_azure, maker) = match shape {
        Shape::Pair => (&objects.azure_pair, "pair"),
        Shape::Info => (&objects.azure_token, "info"),
    };
    if let Some(object) = of_azure.get() {
        return Ok(object.clone_ref(py));
    }
    if azure::is_imported(py)? {
        let made = py.import("himds._azure")?.getattr(maker)?.call1((&objects.token,))?;
        // None while another thread still imports azure-core, or if it is too old to have this class.
        if !made.is_none() {
            return Ok(keep(py, of_azure, made));
        }
    }
    match (shape, objects.pair.get()) {
        (Shape::Info, _) => Ok(objects.token.clone_ref(py).into_any()),
        (Shape::Pair, Some(pair)) => Ok(pair.clone_ref(py)),
        (Shape::Pair, None) => {
            let token = objects.token.get();
            let pair =
                py.import("himds._pair")?.getattr("TokenPair")?.call1((token.token.bind(py), token.expires_on))?;
            Ok(keep(py, &objects.pair, pair))
        }
    }
}

/// What is in the cell from now on: this, or what another thread has put there meanwhile.
fn keep(py: Python<'_>, cell: &OnceBox<Py<PyAny>>, made: Bound<'_, PyAny>) -> Py<PyAny> {
    cell.get_or_init(|| Box::new(made.unbind())).clone_ref(py)
}

fn objects<'a>(py: Python<'_>, token: &'a himds::AccessToken) -> PyResult<&'a Inside> {
    let attachment = token.attachment();
    if attachment.get().is_none() {
        // Made before the cell is taken: making Python objects may let another thread run. The object that comes second
        // is thrown away.
        let inside = Inside {
            token: Py::new(py, AccessToken::new(py, token))?,
            pair: OnceBox::new(),
            azure_pair: OnceBox::new(),
            azure_token: OnceBox::new(),
        };
        let _ = attachment.set(Box::new(Objects(Some(inside))));
    }
    let objects = attachment.get().and_then(|any| any.downcast_ref::<Objects>());
    objects
        .and_then(|objects| objects.0.as_ref())
        .ok_or_else(|| PyTypeError::new_err("the token belongs to another binding"))
}

/// The core lets an old token go wherever a newer one arrives: on a thread without the GIL. There pyo3 would put the
/// objects on a list under a lock, which a child that is forked at that moment finds locked for ever.
impl Drop for Objects {
    fn drop(&mut self) {
        let _ = Python::try_attach(|_| drop(self.0.take()));
        // Still there if the interpreter is shutting down: then its objects are of no use to anybody.
        forget(self.0.take());
    }
}
