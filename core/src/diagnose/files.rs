//! Looking at the machine's files, below the injected root.
#![allow(clippy::disallowed_methods, reason = "local evidence below the injected root")]

use std::path::Path;
#[cfg(target_os = "linux")]
use std::path::PathBuf;

/// The file system below a root.
#[derive(Clone, Copy)]
pub(super) struct Files<'a> {
    pub(super) root: &'a Path,
}

impl Files<'_> {
    pub(super) fn exists(self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// The file's text; what cannot be read counts as absent.
    pub(super) fn text(self, path: &str) -> Option<String> {
        let bytes = std::fs::read(self.root.join(path)).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The user that a file or a process's directory belongs to.
    #[cfg(target_os = "linux")]
    pub(super) fn owner(self, path: &str) -> Option<u32> {
        use std::os::unix::fs::MetadataExt;

        std::fs::metadata(self.root.join(path)).ok().map(|metadata| metadata.uid())
    }

    /// The names in a directory, `None` if it cannot be listed.
    #[cfg(target_os = "linux")]
    pub(super) fn names(self, path: &str) -> Option<Vec<String>> {
        let entries = std::fs::read_dir(self.root.join(path)).ok()?;
        Some(entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
    }

    /// Where a symbolic link points.
    #[cfg(target_os = "linux")]
    pub(super) fn link(self, path: &str) -> Option<PathBuf> {
        std::fs::read_link(self.root.join(path)).ok()
    }
}
