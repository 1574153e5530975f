//! What a fault does to a key file, and how much of that is allowed at run time.

use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

/// What is wrong with a key file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyFault {
    /// What lies at the path.
    pub kind: KeyFileKind,
    /// Another name than `<uuid>.key`.
    pub name: Option<String>,
    /// Another directory, which must exist.
    pub directory: Option<String>,
    /// Another content.
    pub content: Option<String>,
    /// The file's mode in octal.
    pub mode: Option<String>,
    /// The file's owner, by number; needs root.
    pub owner: Option<u32>,
    /// The token directory's owner, by number; needs root.
    pub directory_owner: Option<u32>,
    /// The token directory's mode in octal, until the next challenge.
    pub directory_mode: Option<String>,
}

/// What lies at the path of a key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum KeyFileKind {
    #[default]
    File,
    Symlink,
    HardLink,
    Directory,
    Fifo,
    Missing,
}

/// Reading, writing and executing; without the bits that lend the owner's rights to another user.
const PLAIN_MODE: u32 = 0o777;

impl KeyFault {
    pub(crate) fn mode(&self) -> Option<u32> {
        octal(self.mode.as_deref()?)
    }

    pub(crate) fn directory_mode(&self) -> Option<u32> {
        octal(self.directory_mode.as_deref()?)
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        for (name, mode) in self.modes() {
            octal(mode).ok_or_else(|| format!("key.{name}: {mode:?} is not an octal mode"))?;
        }
        Ok(())
    }

    /// What the admin path accepts. Every user of the machine can use that path: if the emulator runs as root, anything
    /// more would let them write files as root.
    pub(crate) fn check_at_run_time(&self) -> Result<(), String> {
        let only_by_file = [
            ("directory", self.directory.is_some()),
            ("owner", self.owner.is_some()),
            ("directory_owner", self.directory_owner.is_some()),
        ];
        if let Some((name, _)) = only_by_file.iter().find(|(_, given)| *given) {
            return Err(format!("key.{name} is for faults in the configuration file only"));
        }
        if let Some(name) = self.name.as_deref().filter(|name| !is_plain(name)) {
            return Err(format!(
                "key.name: {name:?} is not a plain file name; others are for the configuration file only"
            ));
        }
        match self.modes().find(|(_, mode)| octal(mode).is_none_or(|mode| mode > PLAIN_MODE)) {
            Some((name, mode)) => Err(format!("key.{name}: {mode:?} is for faults in the configuration file only")),
            None => Ok(()),
        }
    }

    fn modes(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [("mode", &self.mode), ("directory_mode", &self.directory_mode)]
            .into_iter()
            .filter_map(|(name, mode)| Some((name, mode.as_deref()?)))
    }
}

/// Whether it names a file in the directory itself.
fn is_plain(name: &str) -> bool {
    let mut components = Path::new(name).components();
    let first = components.next();
    first == Some(Component::Normal(name.as_ref())) && components.next().is_none() && !name.contains(['/', '\\'])
}

fn octal(text: &str) -> Option<u32> {
    u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o7777)
}
