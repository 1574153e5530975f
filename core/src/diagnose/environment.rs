//! What the options and the environment say: `source`, `environment`, `proxy`.
//!
//! Values are not repeated: `IDENTITY_HEADER` is a secret, and a proxy's URL may hold a password.

use super::report::StepResult;
use crate::discovery::choose::other_host;
use crate::discovery::environment::Environment;
use crate::discovery::plan::Plan;
use crate::{Identity, Source};

/// `source`. A guess that led to a token was right.
pub(super) fn source(plan: &Plan, has_token: bool) -> StepResult {
    match (plan.service(), plan.reason()) {
        (Err(error), reason) => StepResult::failed(reason, error.hint().unwrap_or_default()),
        (Ok(service), reason) => {
            let (source, url) = (service.source(), &service.endpoint().token);
            let detail = format!("{source}: {reason}; tokens are requested at {url}");
            match service.is_guess() && !has_token {
                true => StepResult::warning(
                    detail,
                    "This is a guess. On an Azure Arc-enabled server name the source himds, on an Azure VM name imds.",
                ),
                false => StepResult::ok(detail),
            }
        }
    }
}

/// `environment`
pub(super) fn environment(source: Source, identity: &Identity, environment: &Environment) -> StepResult {
    let mut remarks = Vec::new();
    let mut fixes = Vec::new();
    let set = |name: &str| environment.has(name);
    let pair = (set("IDENTITY_ENDPOINT"), set("IMDS_ENDPOINT"));
    if let Some((host, variables)) = other_host(environment) {
        remarks.push(format!("{variables}, as on {host}, which is not what was chosen"));
        fixes.push("If this is not that host, unset those variables.".to_owned());
    } else if let (true, false) | (false, true) = pair {
        let (there, missing) =
            if pair.0 { ("IDENTITY_ENDPOINT", "IMDS_ENDPOINT") } else { ("IMDS_ENDPOINT", "IDENTITY_ENDPOINT") };
        remarks
            .push(format!("{there} is set and {missing} is not: one alone is not a sign of Azure Arc and is not used"));
        fixes.push(
            match missing {
                "IMDS_ENDPOINT" => "Set the other too (`export IMDS_ENDPOINT=http://localhost:40342`), or unset both.",
                _ => {
                    "Set the other too \
                 (`export IDENTITY_ENDPOINT=http://localhost:40342/metadata/identity/oauth2/token`), or unset both."
                }
            }
            .to_owned(),
        );
    }
    let has_selector = *identity != Identity::SystemAssigned;
    if !has_selector && set("AZURE_CLIENT_ID") {
        remarks.push("AZURE_CLIENT_ID is set and ignored".to_owned());
        fixes.push("If you mean a user-assigned identity, select it with the option client_id.".to_owned());
    }
    if environment.is_process_ignored() {
        remarks.push(
            "this program is privileged (set-user-id, set-group-id or file capabilities): the variables of its process \
             count as unset"
                .to_owned(),
        );
        fixes.push(
            "If you need such a value, have the program pass it as an option, from a source that it trusts.".to_owned(),
        );
    }
    if !remarks.is_empty() {
        return StepResult::warning(remarks.join("; "), fixes.join(" "));
    }
    StepResult::ok(match (pair, source) {
        ((true, true), Source::Himds) => "IDENTITY_ENDPOINT and IMDS_ENDPOINT are set",
        ((true, true), _) => "IDENTITY_ENDPOINT and IMDS_ENDPOINT are set, and not used for IMDS",
        (_, Source::Himds) => {
            "IDENTITY_ENDPOINT and IMDS_ENDPOINT are not set, which is usual except in services started by systemd"
        }
        _ => "no environment variable affects this",
    })
}

/// The variables by which HTTP clients find proxies for plain HTTP.
const PROXY_VARIABLES: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// `proxy`. `host` is where the service is.
pub(super) fn proxy(host: &str, environment: &Environment) -> StepResult {
    let set: Vec<_> = PROXY_VARIABLES.into_iter().filter(|name| environment.has(name)).collect();
    let Some(last) = set.last() else { return StepResult::ok("no proxy is set") };
    let verb = if set.len() == 1 { "is" } else { "are" };
    let names = if set.len() == 1 { (*last).to_owned() } else { set.join(", ") };
    let exempt =
        ["NO_PROXY", "no_proxy"].iter().filter_map(|name| environment.get(name)).any(|list| covers(&list, host));
    if exempt {
        return StepResult::ok(format!("{names} {verb} set; NO_PROXY exempts {host}, and no proxy is ever used here"));
    }
    StepResult::warning(
        format!("{names} {verb} set and ignored here; other programs may send requests for {host} to the proxy"),
        format!("For other programs: `export NO_PROXY={}`.", exempt_hosts(host).join(",")),
    )
}

/// This host, and those at which the services usually are.
fn exempt_hosts(host: &str) -> Vec<&str> {
    let usual = ["localhost", "127.0.0.1", "169.254.169.254"].into_iter().filter(|usual| *usual != host);
    std::iter::once(host).chain(usual).collect()
}

/// Whether a `NO_PROXY` list names this host, as curl reads it.
fn covers(list: &str, host: &str) -> bool {
    let alike = |entry: &str| entry == "*" || entry.trim_start_matches('.').eq_ignore_ascii_case(host);
    list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(alike)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::report::Status;
    use super::*;
    use crate::discovery::plan::PlanOptions;
    use tempfile::TempDir;

    fn plan(source: Option<Source>, environment: &Environment, root: &Path) -> Plan {
        Plan::make(&PlanOptions { source, ..PlanOptions::default() }, environment, root).unwrap()
    }

    #[test]
    fn the_choice() {
        let root = TempDir::new().unwrap();
        let chosen = |option, variables: &[(&'static str, &'static str)]| {
            source(&plan(option, &Environment::only(variables.iter().copied()), root.path()), false)
        };
        let himds = chosen(Some(Source::Himds), &[]);
        assert_eq!(himds.status, Status::Ok);
        assert!(himds.detail.contains("the option source says himds") && himds.detail.contains("127.0.0.1:40342"));
        assert_eq!(chosen(None, &[]).status, Status::Warning);
        assert_eq!(source(&plan(None, &Environment::only([]), root.path()), true).status, Status::Ok);
        let elsewhere = chosen(None, &[("IDENTITY_ENDPOINT", "x"), ("IDENTITY_HEADER", "hunter2")]);
        assert_eq!(elsewhere.status, Status::Failed);
        assert!(elsewhere.detail.contains("App Service") && elsewhere.fix.contains("himds or imds"));
        assert!(!format!("{elsewhere:?}").contains("hunter2"));
    }

    #[test]
    fn variables() {
        let both = [("IDENTITY_ENDPOINT", "http://localhost:1/t"), ("IMDS_ENDPOINT", "http://localhost:1")];
        let (himds, imds) = ("himds", "imds");
        for (source, variables, status, words) in [
            (himds, &[][..], Status::Ok, "not set"),
            (himds, &both, Status::Ok, "are set"),
            (imds, &both, Status::Ok, "not used"),
            (imds, &[], Status::Ok, "no environment variable"),
            (himds, &both[..1], Status::Warning, "IMDS_ENDPOINT is not"),
            (imds, &both[1..], Status::Warning, "IDENTITY_ENDPOINT is not"),
            (himds, &[("MSI_ENDPOINT", "hunter2")], Status::Warning, "Cloud Shell"),
            (
                imds,
                &[("MSI_ENDPOINT", "http://169.254.169.254/metadata/identity/oauth2/token")],
                Status::Ok,
                "no environment variable",
            ),
            (himds, &[("AZURE_CLIENT_ID", "hunter2")], Status::Warning, "AZURE_CLIENT_ID"),
        ] {
            let variables = Environment::only(variables.iter().copied());
            let found = environment(source.parse().unwrap(), &Identity::SystemAssigned, &variables);
            assert_eq!(found.status, status, "{found:?}");
            assert!(found.detail.contains(words), "{found:?}");
            assert_eq!(found.fix.is_empty(), status == Status::Ok);
            assert!(!format!("{found:?}").contains("hunter2"));
        }
    }

    #[test]
    fn a_privileged_program_is_told() {
        let mut privileged = Environment::only([]);
        privileged.privileged = true;
        let found = environment(Source::Himds, &Identity::SystemAssigned, &privileged);
        assert!(found.status == Status::Warning && found.detail.contains("set-group-id"), "{found:?}");
    }

    #[test]
    fn each_host_is_named_once() {
        assert_eq!(exempt_hosts("127.0.0.1"), ["127.0.0.1", "localhost", "169.254.169.254"]);
        assert_eq!(exempt_hosts("::1"), ["::1", "localhost", "127.0.0.1", "169.254.169.254"]);
    }

    #[test]
    fn proxies() {
        let table: &[(&[(&str, &str)], Status)] = &[
            (&[], Status::Ok),
            (&[("HTTPS_PROXY", "http://p")], Status::Ok),
            (&[("http_proxy", "http://u:hunter2@p")], Status::Warning),
            (&[("HTTP_PROXY", "http://p"), ("ALL_PROXY", "http://p")], Status::Warning),
            (&[("HTTP_PROXY", "http://p"), ("NO_PROXY", "example.com, LOCALHOST")], Status::Ok),
            (&[("HTTP_PROXY", "http://p"), ("no_proxy", "*")], Status::Ok),
            (&[("HTTP_PROXY", "http://p"), ("NO_PROXY", "notlocalhost")], Status::Warning),
        ];
        for (variables, status) in table {
            let found = proxy("localhost", &Environment::only(variables.iter().copied()));
            assert_eq!(found.status, *status, "{variables:?} {found:?}");
            assert!(!format!("{found:?}").contains("hunter2"));
        }
    }
}
