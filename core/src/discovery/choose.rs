//! Which of the two services to ask, decided from local evidence alone.

use crate::Source;
use crate::discovery::environment::Environment;

/// What the local evidence says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// This service, and whether somebody said so (a mere guess is probed before it is used).
    Ask { source: Source, certain: bool, reason: String },
    /// Another host's managed identity, which this library does not speak to.
    OtherHost { host: &'static str, reason: String },
}

/// The first match wins: the option, the agent's program, another host's variables, the agent's variables, IMDS.
pub(crate) fn choose(option: Option<Source>, agent: Option<&str>, environment: &Environment) -> Choice {
    let ask = |source, certain, reason: String| Choice::Ask { source, certain, reason };
    if let Some(source) = option {
        return ask(source, true, format!("the option source says {source}"));
    }
    if let Some(program) = agent {
        return ask(Source::Himds, true, format!("the Connected Machine agent is installed ({program})"));
    }
    if let Some((host, variables)) = other_host(environment) {
        return Choice::OtherHost { host, reason: format!("{variables}: this is {host}") };
    }
    if environment.has("IDENTITY_ENDPOINT") && environment.has("IMDS_ENDPOINT") {
        return ask(Source::Himds, true, "IDENTITY_ENDPOINT and IMDS_ENDPOINT are set".to_owned());
    }
    ask(Source::Imds, false, "there is no sign of Azure Arc here, so this may be an Azure VM".to_owned())
}

/// The other Azure hosts that hand out tokens, known by the variables that they set.
pub(crate) fn other_host(environment: &Environment) -> Option<(&'static str, &'static str)> {
    if environment.has("IDENTITY_ENDPOINT") && environment.has("IDENTITY_HEADER") {
        return Some(if environment.has("IDENTITY_SERVER_THUMBPRINT") {
            ("Service Fabric", "IDENTITY_ENDPOINT, IDENTITY_HEADER and IDENTITY_SERVER_THUMBPRINT are set")
        } else {
            ("App Service", "IDENTITY_ENDPOINT and IDENTITY_HEADER are set")
        });
    }
    environment.has("MSI_ENDPOINT").then_some(("Cloud Shell or Azure ML", "MSI_ENDPOINT is set"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(option: Option<Source>, agent: bool, variables: &[&str]) -> String {
        let environment = Environment::only(variables.iter().map(|name| (*name, "x")));
        match choose(option, agent.then_some("/opt/azcmagent/bin/himds"), &environment) {
            Choice::Ask { source, certain, .. } => format!("{source}{}", if certain { "" } else { "?" }),
            Choice::OtherHost { host, .. } => host.to_owned(),
        }
    }

    #[test]
    fn the_first_match_wins() {
        let all = ["IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IMDS_ENDPOINT", "MSI_ENDPOINT"];
        let table: &[(Option<Source>, bool, &[&str], &str)] = &[
            (Some(Source::Imds), true, &all, "imds"),
            (Some(Source::Himds), false, &[], "himds"),
            (None, true, &all, "himds"),
            (None, false, &all, "App Service"),
            (None, false, &["IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT"], "Service Fabric"),
            (None, false, &["MSI_ENDPOINT"], "Cloud Shell or Azure ML"),
            (None, false, &["IDENTITY_ENDPOINT", "IMDS_ENDPOINT"], "himds"),
            (None, false, &["IDENTITY_ENDPOINT"], "imds?"),
            (None, false, &["IMDS_ENDPOINT"], "imds?"),
            (None, false, &["IDENTITY_HEADER"], "imds?"),
            (None, false, &[], "imds?"),
        ];
        for (option, agent, variables, expected) in table {
            assert_eq!(&chosen(*option, *agent, variables), expected, "{option:?} {agent} {variables:?}");
        }
    }

    #[test]
    fn an_empty_variable_is_unset() {
        let environment = Environment::only([("MSI_ENDPOINT", ""), ("IDENTITY_ENDPOINT", "x"), ("IMDS_ENDPOINT", "")]);
        assert!(matches!(choose(None, None, &environment), Choice::Ask { source: Source::Imds, certain: false, .. }));
    }
}
