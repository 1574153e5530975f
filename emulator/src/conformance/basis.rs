//! What a rule stands on: the services and the safety of secrets, or a choice of this project.
//!
//! A client that chooses otherwise is not wrong, so choices are counted apart. What is not listed is a choice.

/// Topics of which every scenario is a rule of the protocol, or names of single scenarios.
const OF_PROTOCOL: &str = include_str!("of_protocol.txt");

/// Whether it follows from what the services do, or keeps a key or a token from somebody who must not have it.
pub(crate) fn of_protocol(name: &str) -> bool {
    entries().any(|entry| name == entry || name.strip_prefix(entry).is_some_and(|rest| rest.starts_with(": ")))
}

fn entries() -> impl Iterator<Item = &'static str> {
    OF_PROTOCOL.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::scenario;

    #[test]
    fn every_entry_is_a_scenario_or_a_topic() {
        let scenarios = scenario::packed().unwrap();
        for entry in entries() {
            let named = |name: &str| name == entry || name.starts_with(&format!("{entry}: "));
            assert!(scenarios.iter().any(|scenario| named(&scenario.name)), "{entry} does not exist");
        }
    }

    #[test]
    fn a_topic_covers_its_scenarios_only() {
        assert!(of_protocol("identity: client_id on IMDS"));
        assert!(!of_protocol("cache: a second client"));
        assert!(!of_protocol("identity"));
    }
}
