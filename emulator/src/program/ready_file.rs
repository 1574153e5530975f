//! The file that a script waits for: it exists while the emulator accepts connections.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use himds_emulator::Error;
use tempfile::Builder;

/// The file, removed when dropped.
pub(crate) struct ReadyFile(PathBuf);

impl ReadyFile {
    /// A reader never sees half of it: it is written under another name, of which nothing stays.
    pub(crate) fn write(path: &Path, text: &str) -> Result<Self, Error> {
        let mut builder = Builder::new();
        builder.prefix(".himds-emulator-");
        // As for any new file; tempfile's own are for their owner alone.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let write = || {
            let mut file = builder.tempfile_in(path.parent().unwrap_or(path))?;
            file.write_all(text.as_bytes())?;
            file.persist(path).map(drop).map_err(|refused| refused.error)
        };
        write().map(|()| Self(path.to_owned())).map_err(refused(path))
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                eprintln!("himds-emulator: {}", refused(&self.0)(error));
            }
            _ => {}
        }
    }
}

fn refused(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    Error::io(format!("--ready-file {}", path.display()))
}
