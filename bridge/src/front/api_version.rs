//! The api-versions of IMDS, and which of them have tokens.

/// Those that are documented, oldest first.
pub(crate) const KNOWN: [&str; 33] = [
    "2017-03-01",
    "2017-04-02",
    "2017-08-01",
    "2017-10-01",
    "2017-12-01",
    "2018-02-01",
    "2018-04-02",
    "2018-10-01",
    "2019-02-01",
    "2019-03-11",
    "2019-04-30",
    "2019-06-01",
    "2019-06-04",
    "2019-08-01",
    "2019-08-15",
    "2019-11-01",
    "2020-06-01",
    "2020-07-15",
    "2020-09-01",
    "2020-10-01",
    "2020-12-01",
    "2021-01-01",
    "2021-02-01",
    "2021-03-01",
    "2021-05-01",
    "2021-10-01",
    "2021-11-01",
    "2021-11-15",
    "2021-12-13",
    "2023-07-01",
    "2023-11-15",
    "2024-03-15",
    "2025-04-07",
];

/// The first with tokens.
const FIRST_WITH_TOKENS: &str = "2018-02-01";

/// Whether instance metadata can be requested with it.
pub(crate) fn has_metadata(version: &str) -> bool {
    KNOWN.contains(&version)
}

/// Whether a token can be requested with it.
pub(crate) fn has_tokens(version: &str) -> bool {
    has_metadata(version) && version >= FIRST_WITH_TOKENS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_in_order_and_tokens_begin_in_2018() {
        assert!(KNOWN.is_sorted());
        assert!(has_tokens("2018-02-01") && has_tokens("2019-08-01") && has_tokens("2021-12-13"));
        assert!(!has_tokens("2017-12-01") && !has_tokens("2018-02-02") && !has_tokens(""));
    }
}
