//! What `himds exec` is told.

use std::ffi::OsString;

use himds::{ClientBuilder, Identity};

use crate::front::is_resource;

/// How the command's requests are led to us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// `Connect` if this system allows it, otherwise `Env`.
    #[default]
    Auto,
    /// Calls of `connect` to 169.254.169.254:80 are led to us. Linux 5.9 or newer.
    Connect,
    /// Variables name our listener.
    Env,
}

/// The options of `himds exec`.
#[derive(Clone, Default)]
pub struct Options {
    /// The command and its arguments.
    pub command: Vec<OsString>,
    /// Tokens for these resources only; for any if it is empty.
    pub resources: Vec<String>,
    /// Tokens as this identity. Unless it is the machine's own, other identities are refused.
    pub identity: Identity,
    /// Variables that hold a token from the start: name and resource.
    pub set_env: Vec<(String, String)>,
    /// Instance metadata is refused.
    pub no_metadata: bool,
    /// One line for each answer on stderr, never a token.
    pub verbose: bool,
    /// How the command's requests are led to us.
    pub mode: Mode,
    /// Also answers as Cloud Shell does (`MSI_ENDPOINT` without a secret).
    pub cloud_shell: bool,
    /// The command ignores SIGPIPE, as this process did when it was started: std changes that for itself.
    pub sigpipe_ignored: bool,
    /// Source, endpoint, token directory and time limits. Its identity must not be set.
    pub client: ClientBuilder,
}

impl Options {
    /// What is wrong with the options, in a sentence.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.command.first().is_none_or(|program| program.is_empty()) {
            return Err("no command is given. Write it after `--`, for example `himds exec -- rclone ls azure:`".into());
        }
        let resources = self.resources.iter().chain(self.set_env.iter().map(|(_, resource)| resource));
        if let Some(bad) = resources.into_iter().find(|resource| !is_resource(resource)) {
            return Err(format!(
                "{bad:?} is not a resource. A resource is what a token is for, such as https://vault.azure.net"
            ));
        }
        if let Some((name, _)) = self.set_env.iter().find(|(name, _)| !is_variable(name)) {
            return Err(format!("{name:?} is not the name of a variable"));
        }
        let client = self.client.clone().identity(self.identity.clone()).build();
        client.map(drop).map_err(|error| match error.hint() {
            Some(hint) => format!("{error}. {hint}"),
            None => error.to_string(),
        })
    }
}

fn is_variable(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    name.bytes().next().is_some_and(letter) && name.bytes().all(|byte| letter(byte) || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options { command: vec!["true".into()], ..Options::default() }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        assert_eq!(options().check(), Ok(()));
        assert!(Options::default().check().unwrap_err().contains("no command"));
        let resource = Options { resources: vec!["not one".into()], ..options() };
        assert!(resource.check().unwrap_err().contains("not a resource"));
        for name in ["", "1A", "A-B", "A=B", "Ä"] {
            let variable = Options { set_env: vec![(name.into(), "https://a.b".into())], ..options() };
            assert!(variable.check().unwrap_err().contains("not the name of a variable"), "{name}");
        }
        let two = options().client.identity(Identity::ClientId("a".into()));
        let two = Options { client: two, identity: Identity::ObjectId("b".into()), ..options() };
        assert!(two.check().unwrap_err().contains("more than one identity"));
    }
}
