//! The command `himds`, run by the interpreter that the package is installed for.

use std::ffi::OsString;
use std::io;

use himds_cli::Streams;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Run the command ``himds`` with the arguments after the program's name, and return its exit status.
///
/// Blocks until it is done; meanwhile Ctrl+C ends the process with status 130. It uses the process's own standard
/// streams, whatever ``sys.stdout`` was replaced with.
#[pyfunction]
pub(crate) fn run_command(py: Python<'_>, arguments: Vec<OsString>) -> PyResult<i32> {
    let sys = py.import("sys")?;
    // A stream that was closed is None; its number may be another file's by now.
    let is_open = |name| PyResult::Ok(!sys.getattr(name)?.is_none());
    let (stdin_open, stdout_open, stderr_open) = (is_open("stdin")?, is_open("stdout")?, is_open("stderr")?);
    let stdout = sys.getattr("stdout")?;
    let terminal = stdout_open && stdout.call_method0("isatty")?.is_truthy()?;
    let encoder = Encoder::of(&stdout)?;
    Ok(py.detach(|| {
        let (mut input, mut output, mut errors, mut nothing) = (io::stdin(), io::stdout(), io::stderr(), io::sink());
        let encode = |text: &str| encoder.as_ref().map_or_else(|| text.into(), |encoder| encoder.encode(text));
        let mut streams = Streams::new(
            if stdin_open { Some(&mut input) } else { None },
            if stdout_open { Some(&mut output) } else { None },
            if stderr_open { &mut errors } else { &mut nothing },
        )
        .terminal(terminal)
        .encode(&encode);
        himds_cli::run(arguments, &mut streams)
    }))
}

/// Whether the command with these arguments needs a process without other threads, and this one has some.
///
/// ``exec`` forks on Linux, and what other threads hold would stay locked in its child. Does not block.
#[pyfunction]
pub(crate) fn needs_process_of_its_own(arguments: Vec<OsString>) -> bool {
    himds_cli::needs_process_of_its_own(&arguments)
}

/// An encoding that Python was told to write text in, if it is not UTF-8.
struct Encoder(String);

impl Encoder {
    fn of(stream: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let name = stream.getattr_opt("encoding")?.and_then(|name| name.extract::<String>().ok());
        Ok(name.filter(|name| !matches!(name.to_ascii_lowercase().as_str(), "utf-8" | "utf8")).map(Encoder))
    }

    /// What the encoding does not know is escaped.
    fn encode(&self, text: &str) -> Vec<u8> {
        let encoded = Python::attach(|py| {
            let bytes = text.into_pyobject(py)?.call_method1("encode", (&self.0, "backslashreplace"))?;
            PyResult::Ok(bytes.cast_into::<PyBytes>()?.as_bytes().to_vec())
        });
        encoded.unwrap_or_else(|_| text.as_bytes().to_vec())
    }
}
