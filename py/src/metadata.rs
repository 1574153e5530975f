//! The metadata document; `himds.Metadata` is the mapping over it.

use himds::Metadata;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString};

use crate::argument::text;
use crate::error::Raiser;
use crate::token::load_json;

/// The metadata document as the server sent it, and typed views of it.
#[pyclass(frozen, module = "himds._native")]
pub(crate) struct MetadataDocument(Metadata);

#[pymethods]
impl MetadataDocument {
    /// The document's text.
    #[getter]
    fn json(&self) -> &str {
        self.0.json()
    }

    /// `compute.subscriptionId`
    #[getter]
    fn subscription_id(&self) -> Option<&str> {
        self.0.subscription_id()
    }

    /// `compute.resourceGroupName`
    #[getter]
    fn resource_group(&self) -> Option<&str> {
        self.0.resource_group()
    }

    /// `compute.location`
    #[getter]
    fn location(&self) -> Option<&str> {
        self.0.location()
    }

    /// `compute.name`
    #[getter]
    fn name(&self) -> Option<&str> {
        self.0.name()
    }

    /// `compute.resourceId`
    #[getter]
    fn resource_id(&self) -> Option<&str> {
        self.0.resource_id()
    }

    /// `compute.vmId`
    #[getter]
    fn vm_id(&self) -> Option<&str> {
        self.0.vm_id()
    }

    /// `compute.osType`
    #[getter]
    fn os_type(&self) -> Option<&str> {
        self.0.os_type()
    }

    /// `compute.azEnvironment`
    #[getter]
    fn environment(&self) -> Option<&str> {
        self.0.environment()
    }

    /// The tags, from `compute.tagsList`.
    #[getter]
    fn tags<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let tags = PyDict::new(py);
        for (name, value) in self.0.tags() {
            tags.set_item(name, value)?;
        }
        Ok(tags)
    }

    /// The value that a JSON pointer leads to.
    fn pointer<'py>(&self, pointer: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        let py = pointer.py();
        let found = text("pointer", pointer).and_then(|pointer| self.0.pointer(&pointer).map(ToString::to_string));
        load_json(py, &found.map_err(|error| Raiser::Client.raise(py, error))?)
    }
}

/// The `himds.Metadata` over this document.
pub(crate) fn metadata_object(py: Python<'_>, metadata: Metadata) -> PyResult<Bound<'_, PyAny>> {
    static MAPPING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    MAPPING.import(py, "himds._metadata", "Metadata")?.call1((MetadataDocument(metadata),))
}
