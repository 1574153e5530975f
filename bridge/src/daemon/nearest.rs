//! "Did you mean": the name that is nearest to one that is not known. Pure.

/// The nearest of the known names, if it is near enough to be meant: a slip or two for every eight letters.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.len() / 8).clamp(1, 4) + 1;
    let distances = known.into_iter().map(|other| (strsim::osa_distance(name, other), other));
    distances.filter(|(distance, _)| (1..=limit).contains(distance)).min().map(|(_, other)| other)
}

/// The known resource that is meant, also if its scheme was left out.
pub(crate) fn nearest_resource(resource: &str) -> Option<&'static str> {
    let bare = |known: &&str| known.strip_prefix("https://") == Some(resource);
    RESOURCES.into_iter().find(bare).or_else(|| nearest(resource, RESOURCES))
}

/// Resources that many tools request tokens for.
pub(crate) const RESOURCES: [&str; 14] = [
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://storage.azure.com",
    "https://vault.azure.net",
    "https://graph.microsoft.com",
    "https://database.windows.net",
    "https://ossrdbms-aad.database.windows.net",
    "https://eventhubs.azure.net",
    "https://servicebus.azure.net",
    "https://monitor.azure.com",
    "https://cosmos.azure.com",
    "https://api.loganalytics.io",
    "https://datalake.azure.net",
    "https://batch.core.windows.net",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_seen_and_another_name_is_not() {
        for (name, expected) in [
            ("https://storage.azure.net", Some("https://storage.azure.com")),
            ("https://vaults.azure.net", Some("https://vault.azure.net")),
            ("https://vault.azure.net", None),
            ("https://mine.example.com", None),
            ("api://my-app", None),
        ] {
            assert_eq!(nearest(name, RESOURCES), expected, "{name}");
        }
        assert_eq!(nearest("bakcup", ["root", "backup"]), Some("backup"));
        assert_eq!(nearest("sshd.service", ["ssh.service"]), Some("ssh.service"));
        assert_eq!(nearest("x", ["root", "backup"]), None);
    }
}
