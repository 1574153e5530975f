//! Reading the configuration's file: root's, and writable by nobody else.

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::accounts::Accounts;
use super::config::Config;

/// The file if no other is named.
pub const DEFAULT: &str = "/etc/himds/bridge.toml";
/// The longest file.
const LONGEST: u64 = 1 << 20;

/// Reads the rules, all or none. The error names the file and says what to do.
pub(crate) fn load(path: &Path, accounts: &dyn Accounts) -> Result<Config, String> {
    let text = read(path).map_err(|problem| format!("{}: {problem}", path.display()))?;
    Config::parse(&text, accounts).map_err(|problem| format!("{}: {problem}", path.display()))
}

fn read(path: &Path) -> Result<String, String> {
    let cannot = |error: std::io::Error| format!("cannot be read: {error}");
    // What is checked is what is open: a name may lead elsewhere a moment later.
    let mut file = File::open(path).map_err(cannot)?;
    let metadata = file.metadata().map_err(cannot)?;
    if !metadata.is_file() {
        return Err("is not a file".into());
    }
    roots_alone(&metadata, "the file")?;
    // Whoever may write to its directory may put another file in its place.
    let real = path.canonicalize().map_err(cannot)?;
    for directory in real.ancestors().skip(1) {
        let metadata = std::fs::metadata(directory).map_err(cannot)?;
        roots_alone(&metadata, &format!("its directory {}", directory.display()))?;
    }
    if metadata.len() > LONGEST {
        return Err("is longer than 1 MiB".into());
    }
    let mut text = String::new();
    file.by_ref().take(LONGEST).read_to_string(&mut text).map_err(cannot)?;
    Ok(text)
}

fn roots_alone(metadata: &Metadata, what: &str) -> Result<(), String> {
    // In a directory with the sticky bit, such as /tmp, nobody can rename another's file.
    let sticky = metadata.is_dir() && metadata.mode() & 0o1000 != 0;
    if metadata.uid() != 0 {
        return Err(format!("{what} belongs to uid {}. It must belong to root: chown root", metadata.uid()));
    }
    if metadata.mode() & 0o022 != 0 && !sticky {
        return Err(format!(
            "{what} can be written by others than root (mode {:04o}): chmod go-w",
            metadata.mode() & 0o7777
        ));
    }
    Ok(())
}
