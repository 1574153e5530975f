//! Which of the two services to ask, decided from local evidence alone.
//!
//! Facts and sources: `docs/protocol.md`, "Which service is here".

use std::net::{IpAddr, Ipv4Addr};

use url::{Host, Url};

use crate::Source;
use crate::discovery::endpoint::has_plain_host;
use crate::discovery::environment::Environment;

const IMDS_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254));
const HIMDS_PORT: u16 = 40342;

/// What the local evidence says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// This service, and whether somebody said so (a mere guess is probed before it is used).
    Ask { source: Source, certain: bool, reason: String },
    /// Another host's managed identity, which this library does not speak to.
    OtherHost { host: &'static str, reason: String },
}

/// What the machine itself says, without the network.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Evidence<'a> {
    /// The agent's program, if it exists.
    pub(crate) agent: Option<&'a str>,
    /// The firmware says that this is an Azure VM.
    pub(crate) azure_vm: bool,
}

/// The first match wins: the option, the agent's program, another host's variables, the agent's variables, the
/// firmware, IMDS as a guess.
pub(crate) fn choose(option: Option<Source>, evidence: Evidence<'_>, environment: &Environment) -> Choice {
    let ask = |source, certain, reason: String| Choice::Ask { source, certain, reason };
    if let Some(source) = option {
        return ask(source, true, format!("the option source says {source}"));
    }
    if let Some(program) = evidence.agent {
        return ask(Source::Himds, true, format!("the Connected Machine agent is installed ({program})"));
    }
    if let Some((host, variables)) = other_host(environment) {
        return Choice::OtherHost { host, reason: format!("{variables}: this is {host}") };
    }
    if environment.has("IDENTITY_ENDPOINT") && environment.has("IMDS_ENDPOINT") {
        return ask(Source::Himds, true, "IDENTITY_ENDPOINT and IMDS_ENDPOINT are set".to_owned());
    }
    if evidence.azure_vm {
        return ask(Source::Imds, true, "the machine's firmware says that it is an Azure VM".to_owned());
    }
    ask(Source::Imds, false, "nothing here indicates Azure Arc, so this may be an Azure VM".to_owned())
}

/// The other Azure hosts that hand out tokens, known by the variables that they set.
pub(crate) fn other_host(environment: &Environment) -> Option<(&'static str, &'static str)> {
    let set = |name: &str| environment.has(name);
    if set("IDENTITY_ENDPOINT") && set("IDENTITY_HEADER") {
        return Some(if set("IDENTITY_SERVER_THUMBPRINT") {
            ("Service Fabric", "IDENTITY_ENDPOINT, IDENTITY_HEADER and IDENTITY_SERVER_THUMBPRINT are set")
        } else {
            ("App Service", "IDENTITY_ENDPOINT and IDENTITY_HEADER are set")
        });
    }
    if environment.get("MSI_ENDPOINT").is_some_and(|url| !is_a_metadata_service(&url)) {
        return Some(("Cloud Shell or Azure ML", "MSI_ENDPOINT is set"));
    }
    (set("AZURE_FEDERATED_TOKEN_FILE") && set("AZURE_CLIENT_ID") && set("AZURE_TENANT_ID")).then_some((
        "workload identity (AKS)",
        "AZURE_FEDERATED_TOKEN_FILE, AZURE_CLIENT_ID and AZURE_TENANT_ID are set",
    ))
}

/// Whether this is IMDS's or HIMDS's own address: MSI_ENDPOINT tells it to old tools, on machines that are not
/// another host.
fn is_a_metadata_service(url: &str) -> bool {
    // Old tools took it without the scheme too.
    let text = if url.contains("://") { url.trim().to_owned() } else { format!("http://{}", url.trim()) };
    if !has_plain_host(&text) {
        return false;
    }
    let Ok(url) = Url::parse(&text) else { return false };
    let (imds, himds) = (matches!(url.port(), None | Some(80)), url.port() == Some(HIMDS_PORT));
    let is_one = |address: IpAddr| imds && address == IMDS_ADDRESS || himds && address.is_loopback();
    match url.host() {
        Some(Host::Ipv4(address)) => is_one(address.into()),
        Some(Host::Ipv6(address)) => is_one(address.to_canonical()),
        Some(Host::Domain(name)) => himds && name.trim_end_matches('.').eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(option: Option<Source>, agent: bool, variables: &[&str]) -> String {
        let environment = Environment::only(variables.iter().map(|name| (*name, "x")));
        let evidence = Evidence { agent: agent.then_some("/opt/azcmagent/bin/himds"), azure_vm: false };
        match choose(option, evidence, &environment) {
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
            (
                None,
                false,
                &["AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLIENT_ID", "AZURE_TENANT_ID"],
                "workload identity (AKS)",
            ),
            (None, false, &["AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLIENT_ID"], "imds?"),
        ];
        for (option, agent, variables, expected) in table {
            assert_eq!(&chosen(*option, *agent, variables), expected, "{option:?} {agent} {variables:?}");
        }
    }

    #[test]
    fn an_empty_variable_is_unset() {
        let environment = Environment::only([("MSI_ENDPOINT", ""), ("IDENTITY_ENDPOINT", "x"), ("IMDS_ENDPOINT", "")]);
        assert!(matches!(
            choose(None, Evidence::default(), &environment),
            Choice::Ask { source: Source::Imds, certain: false, .. }
        ));
    }

    #[test]
    fn the_firmware_is_certain_and_comes_after_the_agents_own_signs() {
        let evidence = Evidence { agent: None, azure_vm: true };
        let choice = |variables: &[(&'static str, &'static str)]| {
            choose(None, evidence, &Environment::only(variables.iter().copied()))
        };
        assert!(matches!(choice(&[]), Choice::Ask { source: Source::Imds, certain: true, .. }));
        let arc = choice(&[("IDENTITY_ENDPOINT", "x"), ("IMDS_ENDPOINT", "x")]);
        assert!(matches!(arc, Choice::Ask { source: Source::Himds, .. }));
    }

    #[test]
    fn a_metadata_services_own_address_is_not_a_sign_of_another_host() {
        for (url, expected) in [
            ("http://169.254.169.254/metadata/identity/oauth2/token", true),
            ("http://localhost:40342/metadata/identity/oauth2/token", true),
            ("http://127.0.0.1:40342/x", true),
            ("http://[::1]:40342", true),
            ("HTTP://169.254.169.254:80/", true),
            ("169.254.169.254/metadata/identity/oauth2/token", true),
            ("localhost:40342", true),
            ("http://localhost.:40342/", true),
            ("http://[::ffff:127.0.0.1]:40342/", true),
            ("http://169.254.169.254:8081/msi/token", false),
            ("http://169.254.169.254@10.0.0.1/", false),
            ("http://localhost:50342/oauth2/token", false),
            ("http://127.0.0.1:41078/MSI/token/", false),
            ("http://10.0.0.1:40342/", false),
            ("x", false),
            ("http://K\u{ff}:40342/", false),
            ("http:\\\\K%FF", false),
        ] {
            assert_eq!(is_a_metadata_service(url), expected, "{url}");
        }
    }
}
