//! Where the agent puts its key files.

use std::path::{Path, PathBuf};

use crate::{Error, Kind};

/// The agent's own directory.
#[cfg(unix)]
pub(crate) fn default_directory() -> PathBuf {
    PathBuf::from("/var/opt/azcmagent/tokens")
}

/// The agent's own directory.
#[cfg(windows)]
pub(crate) fn default_directory() -> PathBuf {
    crate::os::windows::program_data().join(r"AzureConnectedMachineAgent\Tokens")
}

/// The directory that the option names, if it can be used.
pub(crate) fn checked(directory: &Path) -> Result<PathBuf, Error> {
    let refuse = |why: &str| {
        Err(Error::new(Kind::Configuration, format!("the option token_dir ({directory:?}) cannot be used: {why}"))
            .with_hint("Give the absolute path of the directory in which the agent puts its key files."))
    };
    match directory.to_str() {
        None => refuse("it is not UTF-8, and a challenge is text"),
        Some(text) if text.chars().any(char::is_control) => refuse("it holds a control character"),
        Some(_) if !directory.is_absolute() => refuse("it is not absolute"),
        #[cfg(windows)]
        Some(_) if !is_on_a_drive(directory) => refuse("it does not begin with a drive, such as C:"),
        Some(_) => Ok(directory.to_owned()),
    }
}

/// Whether the path begins with a drive, `C:\` or `\\?\C:\`. To open one of another machine would show it this user's
/// credentials, and `\\.\` leads to devices and pipes.
#[cfg(windows)]
fn is_on_a_drive(path: &Path) -> bool {
    use std::path::{Component, Prefix};

    let Some(Component::Prefix(prefix)) = path.components().next() else { return false };
    matches!(prefix.kind(), Prefix::Disk(_) | Prefix::VerbatimDisk(_))
}
