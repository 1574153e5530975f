//! What other programs must know to use a running emulator.

use himds_emulator::Addresses;

/// Variables that would lead clients to another service.
pub(crate) const INHERITED: [&str; 6] = [
    "IDENTITY_ENDPOINT",
    "IMDS_ENDPOINT",
    "IDENTITY_HEADER",
    "IDENTITY_SERVER_THUMBPRINT",
    "MSI_ENDPOINT",
    "MSI_SECRET",
];

/// The variables that the agent sets, and some of the emulator's own.
pub(crate) fn variables(addresses: &Addresses) -> Vec<(&'static str, String)> {
    let mut variables = Vec::new();
    if let Some(himds) = &addresses.himds {
        variables.push(("IDENTITY_ENDPOINT", format!("{himds}/metadata/identity/oauth2/token")));
        variables.push(("IMDS_ENDPOINT", himds.clone()));
        variables.push(("HIMDS_EMULATOR_HIMDS", himds.clone()));
    }
    variables.push(("HIMDS_EMULATOR_TOKEN_DIR", addresses.token_dir.clone()));
    for (name, value) in [
        ("HIMDS_EMULATOR_IMDS", &addresses.imds),
        ("HIMDS_EMULATOR_ARM", &addresses.arm),
        ("HIMDS_EMULATOR_VAULT", &addresses.vault),
        ("HIMDS_EMULATOR_CA_FILE", &addresses.ca_file),
    ] {
        variables.extend(value.clone().map(|value| (name, value)));
    }
    variables
}

/// One line for people.
pub(crate) fn summary(addresses: &Addresses) -> String {
    let part = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name} {value}"));
    let directory = addresses.himds.as_ref().map(|_| format!("key files in {}", addresses.token_dir));
    [
        part("HIMDS at", &addresses.himds),
        directory,
        part("IMDS at", &addresses.imds),
        part("ARM at", &addresses.arm),
        part("Key Vault at", &addresses.vault),
        part("their certificate in", &addresses.ca_file),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(", ")
}

/// For a POSIX shell.
pub(crate) fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_quote_is_quoted() {
        assert_eq!(super::quoted("it's"), r"'it'\''s'");
    }
}
