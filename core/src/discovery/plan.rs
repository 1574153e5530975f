//! What a client does, decided once when it is built: which service, where, and why.

use std::path::{Path, PathBuf};

use crate::discovery::agent::agent_program;
use crate::discovery::choose::{Choice, Evidence, choose};
use crate::discovery::endpoint::{Endpoint, HIMDS_BASE, IMDS_BASE};
use crate::discovery::environment::Environment;
use crate::discovery::token_dir;
use crate::discovery::{drop_in, smbios};
use crate::{Error, Kind, Source};

/// The chosen service, or the host that has another one.
#[derive(Debug)]
pub(crate) enum Plan {
    Ask {
        service: Service,
        reason: String,
    },
    /// Another host's managed identity: there is nobody to ask.
    OtherHost {
        host: &'static str,
        reason: String,
    },
}

/// A service and its address. Below the client's door, this is all that there is: nobody asks again which one it is.
#[derive(Debug)]
pub(crate) enum Service {
    Himds {
        endpoint: Endpoint,
        token_dir: PathBuf,
    },
    Imds {
        endpoint: Endpoint,
        /// It is a guess: see whether anything is there before the first request.
        is_guess: bool,
    },
}

impl Service {
    pub(crate) fn source(&self) -> Source {
        match self {
            Service::Himds { .. } => Source::Himds,
            Service::Imds { .. } => Source::Imds,
        }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        match self {
            Service::Himds { endpoint, .. } | Service::Imds { endpoint, .. } => endpoint,
        }
    }

    pub(crate) fn is_guess(&self) -> bool {
        matches!(self, Service::Imds { is_guess: true, .. })
    }
}

/// The caller's options.
#[derive(Debug, Default)]
pub(crate) struct PlanOptions<'a> {
    pub(crate) source: Option<Source>,
    pub(crate) endpoint: Option<&'a str>,
    pub(crate) token_dir: Option<&'a Path>,
}

impl Plan {
    /// Only what the chosen source uses is checked; a value that is there and forbidden is *configuration*.
    pub(crate) fn make(options: &PlanOptions<'_>, environment: &Environment, root: &Path) -> Result<Self, Error> {
        let agent = agent_program(environment, root);
        let evidence = Evidence { agent: agent.as_deref(), azure_vm: smbios::is_azure_vm(root) };
        let (source, certain, reason) = match choose(options.source, evidence, environment) {
            Choice::Ask { source, certain, reason } => (source, certain, reason),
            Choice::OtherHost { host, reason } => return Ok(Plan::OtherHost { host, reason }),
        };
        let service = match source {
            Source::Imds => Service::Imds {
                endpoint: match options.endpoint {
                    Some(text) => Endpoint::from_option(source, text)?,
                    None => Endpoint::from_base(source, IMDS_BASE, "the default endpoint")?,
                },
                is_guess: !certain,
            },
            Source::Himds => Service::Himds {
                endpoint: himds_endpoint(options.endpoint, environment, root)?,
                token_dir: match options.token_dir {
                    Some(directory) => token_dir::checked(directory)?,
                    None => token_dir::default_directory(),
                },
            },
        };
        Ok(Plan::Ask { service, reason })
    }

    /// The service to ask; *unavailable* if another host's managed identity was found.
    pub(crate) fn service(&self) -> Result<&Service, Error> {
        match self {
            Plan::Ask { service, .. } => Ok(service),
            Plan::OtherHost { host, .. } => Err(other_host(host)),
        }
    }

    /// Why, in a sentence.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Plan::Ask { reason, .. } | Plan::OtherHost { reason, .. } => reason,
        }
    }

    pub(crate) fn source(&self) -> Option<Source> {
        match self {
            Plan::Ask { service, .. } => Some(service.source()),
            Plan::OtherHost { .. } => None,
        }
    }
}

fn other_host(host: &str) -> Error {
    let instead = match host {
        "workload identity (AKS)" => {
            "Use azure-identity's WorkloadIdentityCredential there; the option source=imds requests the node's own \
             identity instead."
        }
        _ => "Use azure-identity there.",
    };
    Error::new(Kind::Unavailable, format!("this is {host}, whose managed identity is not served by HIMDS or IMDS"))
        .with_hint(format!("{instead} If those variables are leftovers, set the source: himds or imds."))
}

/// The option, the agent's two variables, the same two from its systemd drop-in, the agent's own port.
fn himds_endpoint(option: Option<&str>, environment: &Environment, root: &Path) -> Result<Endpoint, Error> {
    if let Some(text) = option {
        return Endpoint::from_option(Source::Himds, text);
    }
    if let (Some(identity), Some(imds)) = (environment.get("IDENTITY_ENDPOINT"), environment.get("IMDS_ENDPOINT")) {
        return Endpoint::from_pair(&identity, &imds, "");
    }
    if let Some((identity, imds)) = drop_in::read(root) {
        return Endpoint::from_pair(&identity, &imds, &format!(" in /{}", drop_in::PATH));
    }
    Endpoint::from_base(Source::Himds, HIMDS_BASE, "the default endpoint")
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;

    use super::*;
    use tempfile::TempDir;

    const ARC: [(&str, &str); 2] =
        [("IDENTITY_ENDPOINT", "http://localhost:1/own/token"), ("IMDS_ENDPOINT", "http://localhost:2")];

    fn token_url(options: &PlanOptions<'_>, environment: &Environment, root: &Path) -> Result<String, Kind> {
        Plan::make(options, environment, root)
            .and_then(|plan| Ok(plan.service()?.endpoint().token.to_string()))
            .map_err(|error| error.kind())
    }

    fn put(root: &Path, path: &str, text: &str) {
        fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        fs::write(root.join(path), text).unwrap();
    }

    #[test]
    fn the_url_of_himds_comes_from_the_first_that_is_there() {
        let root = TempDir::new().unwrap();
        let himds = PlanOptions { source: Some(Source::Himds), ..PlanOptions::default() };
        let none = Environment::only([]);
        let default = "http://127.0.0.1:40342/metadata/identity/oauth2/token";
        assert_eq!(token_url(&himds, &none, root.path()).unwrap(), default);
        put(
            root.path(),
            drop_in::PATH,
            "[Manager]\nDefaultEnvironment=\"IDENTITY_ENDPOINT=http://localhost:3/t\" \"IMDS_ENDPOINT=http://localhost:3\"",
        );
        assert_eq!(token_url(&himds, &none, root.path()).unwrap(), "http://localhost:3/t");
        let half = Environment::only([ARC[0]]);
        assert_eq!(token_url(&himds, &half, root.path()).unwrap(), "http://localhost:3/t");
        assert_eq!(token_url(&himds, &Environment::only(ARC), root.path()).unwrap(), "http://localhost:1/own/token");
        let option = PlanOptions { endpoint: Some("http://[::1]:9"), ..himds };
        let own = "http://[::1]:9/metadata/identity/oauth2/token";
        assert_eq!(token_url(&option, &Environment::only(ARC), root.path()).unwrap(), own);
    }

    #[test]
    fn a_drop_in_that_is_not_a_file_is_absent() {
        let root = TempDir::new().unwrap();
        let himds = PlanOptions { source: Some(Source::Himds), ..PlanOptions::default() };
        let path = root.path().join(drop_in::PATH);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Nobody writes to it, so to open it would take for ever.
        let path = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &*path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        let default = "http://127.0.0.1:40342/metadata/identity/oauth2/token";
        assert_eq!(token_url(&himds, &Environment::only([]), root.path()).unwrap(), default);
    }

    #[test]
    fn a_forbidden_value_is_never_fallen_through_from() {
        let root = TempDir::new().unwrap();
        let none = Environment::only([]);
        let himds = PlanOptions { source: Some(Source::Himds), ..PlanOptions::default() };
        put(
            root.path(),
            drop_in::PATH,
            "[Manager]\nDefaultEnvironment=IDENTITY_ENDPOINT=http://10.0.0.1/t IMDS_ENDPOINT=http://localhost:3",
        );
        assert_eq!(token_url(&himds, &none, root.path()), Err(Kind::Configuration));
        let bad = Environment::only([ARC[0], ("IMDS_ENDPOINT", "https://localhost")]);
        assert_eq!(token_url(&himds, &bad, root.path()), Err(Kind::Configuration));
        let imds = PlanOptions { source: Some(Source::Imds), ..PlanOptions::default() };
        assert!(token_url(&imds, &bad, root.path()).is_ok(), "only what the source uses is checked");
        let relative = PlanOptions { token_dir: Some(Path::new("tokens")), ..PlanOptions::default() };
        assert_eq!(
            token_url(&PlanOptions { source: Some(Source::Himds), ..relative }, &Environment::only(ARC), root.path()),
            Err(Kind::Configuration)
        );
        let relative = PlanOptions { token_dir: Some(Path::new("tokens")), source: Some(Source::Imds), endpoint: None };
        assert!(token_url(&relative, &none, root.path()).is_ok());
    }

    #[test]
    fn the_agents_program_is_enough() {
        let root = TempDir::new().unwrap();
        put(root.path(), "opt/azcmagent/bin/himds", "");
        let plan =
            Plan::make(&PlanOptions::default(), &Environment::only([("MSI_ENDPOINT", "x")]), root.path()).unwrap();
        assert_eq!(plan.source(), Some(Source::Himds));
        assert!(plan.reason().contains("/opt/azcmagent/bin/himds"));
    }
}
