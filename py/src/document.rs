//! The compiled half of `himds.Metadata`: the core's document and its typed views.

use himds::{Error, Kind};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict, PyString};

use crate::argument::text;
use crate::error::Raiser;

/// What the core knows of a metadata document. himds.Metadata is the mapping over it.
#[pyclass(frozen, subclass, module = "himds._native")]
pub(crate) struct Document(himds::Metadata);

#[pymethods]
impl Document {
    #[new]
    fn new(text: &Bound<'_, PyString>) -> PyResult<Self> {
        let document = self::text("text", text).and_then(|json| {
            // Here it is the caller's text: no service has answered.
            himds::Metadata::parse(json).map_err(|error| Error::new(Kind::InvalidArgument, error.message()))
        });
        document.map(Document).map_err(|error| Raiser::Client.raise(text.py(), error))
    }

    /// Raise what the core raises for this JSON pointer: NotFoundError or InvalidArgumentError.
    fn _check_pointer(&self, pointer: &Bound<'_, PyString>) -> PyResult<()> {
        let found = text("pointer", pointer).and_then(|pointer| self.0.pointer(&pointer).map(drop));
        found.map_err(|error| Raiser::Client.raise(pointer.py(), error))
    }

    /// The document as the server sent it, without what JSON parsers refuse, such as half of a surrogate pair.
    #[getter]
    fn json(&self) -> &str {
        self.0.json()
    }

    /// ``compute.subscriptionId``.
    #[getter]
    fn subscription_id(&self) -> Option<&str> {
        self.0.subscription_id()
    }

    /// ``compute.resourceGroupName``.
    #[getter]
    fn resource_group(&self) -> Option<&str> {
        self.0.resource_group()
    }

    /// ``compute.location``.
    #[getter]
    fn location(&self) -> Option<&str> {
        self.0.location()
    }

    /// ``compute.name``.
    #[getter]
    fn name(&self) -> Option<&str> {
        self.0.name()
    }

    /// ``compute.resourceId``.
    #[getter]
    fn resource_id(&self) -> Option<&str> {
        self.0.resource_id()
    }

    /// ``compute.vmId``.
    #[getter]
    fn vm_id(&self) -> Option<&str> {
        self.0.vm_id()
    }

    /// ``compute.osType``.
    #[getter]
    fn os_type(&self) -> Option<&str> {
        self.0.os_type()
    }

    /// ``compute.azEnvironment``: ``AzurePublicCloud``, ``AzureUSGovernmentCloud`` and so on.
    #[getter]
    fn environment(&self) -> Option<&str> {
        self.0.environment()
    }

    /// The tags, by name: a new dict each time, empty if there are none.
    ///
    /// From ``compute.tagsList``. Older api-versions have only the joined text ``compute.tags`` (``"a:1;b:2"``),
    /// which is taken apart if that is unambiguous: each part has exactly one colon.
    #[getter]
    fn tags<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.0.tags().into_py_dict(py)
    }
}
