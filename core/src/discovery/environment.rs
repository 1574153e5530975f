//! The environment variables as the client sees them: the process's, or what the caller put in their place.
//!
//! In a privileged program the process's own count as unset: the user who started it chose them, and may not choose where a
//! key goes that only the program can read.

use std::collections::HashMap;

use crate::os::privilege::is_privileged;

/// The process's environment with replacements. Variables are read when a client is built, never later.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    replaced: HashMap<String, Option<String>>,
    #[cfg(test)]
    alone: bool,
    #[cfg(test)]
    pub(crate) privileged: bool,
}

impl Environment {
    /// Puts a value in the place of the process's own; `None` is "not set".
    pub(crate) fn replace(&mut self, name: String, value: Option<String>) {
        self.replaced.insert(name, value);
    }

    /// The value of a variable. An empty one counts as unset; what is not UTF-8 is mended, and so fails the checks
    /// on endpoints rather than passing for unset.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let value = match self.replaced.get(name) {
            Some(value) => value.clone(),
            None => self.inherited(name),
        };
        value.filter(|value| !value.is_empty())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    #[allow(clippy::disallowed_methods, reason = "the one place that reads the process's environment")]
    fn inherited(&self, name: &str) -> Option<String> {
        #[cfg(test)]
        if self.alone {
            return None;
        }
        std::env::var_os(name).filter(|_| !self.is_process_ignored()).map(|value| value.to_string_lossy().into_owned())
    }

    /// Whether the process's own variables count as unset.
    pub(crate) fn is_process_ignored(&self) -> bool {
        #[cfg(test)]
        if self.privileged {
            return true;
        }
        is_privileged()
    }

    /// These variables and no others.
    #[cfg(test)]
    pub(crate) fn only<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let own = |(name, value): (&str, &str)| (name.to_owned(), Some(value.to_owned()));
        Environment { replaced: variables.into_iter().map(own).collect(), alone: true, privileged: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_privileged_program_believes_only_what_it_was_told_itself() {
        // Cargo sets it for tests.
        const SET: &str = "CARGO_MANIFEST_DIR";
        let mut environment = Environment::default();
        assert!(environment.has(SET) && !environment.is_process_ignored());
        environment.privileged = true;
        assert!(!environment.has(SET) && environment.is_process_ignored());
        environment.replace(SET.to_owned(), Some("x".to_owned()));
        assert_eq!(environment.get(SET).as_deref(), Some("x"));
    }
}
