//! Building a client: options, environment, and the checks on both.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::cache::acquire::Tokens;
use crate::call::limits::{MAX_TIME, check_timeout};
use crate::client::{Client, Inner};
use crate::discovery::endpoint::shown_url;
use crate::discovery::environment::Environment;
use crate::discovery::plan::{Plan, PlanOptions};
use crate::http::attempt::Http;
use crate::http::probe::Probe;
use crate::http::seams::Seams;
use crate::http::transport::TransportOptions;
use crate::{Error, Identity, Kind, Source};

/// The time that a call may take, retries included: long enough for an agent's restart, short enough that a service
/// manager's own start-up limit (90 s) is not reached by the first call.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// Tries of one call: with the waits between them about 12 s on IMDS, what Azure's own libraries allow.
pub const DEFAULT_MAX_ATTEMPTS: u32 = 5;
/// Connecting to HIMDS never leaves this machine.
pub const HIMDS_CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// A lost SYN to IMDS is sent again after 1 s.
pub const IMDS_CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Options of a [`Client`]. Everything has a default, so that `Client::builder().build()` suits a program on an
/// Arc-enabled server or an Azure VM.
#[derive(Clone, Default)]
#[must_use]
pub struct ClientBuilder {
    source: Option<Source>,
    endpoint: Option<String>,
    token_dir: Option<PathBuf>,
    identities: Vec<Identity>,
    timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
    max_attempts: Option<u32>,
    wait_for_service: Duration,
    user_agent: Option<String>,
    relayed: bool,
    environment: Environment,
    pub(crate) seams: Seams,
}

impl Client {
    /// Options for a client. Everything has a default.
    ///
    /// The service is chosen when the client is built, by the first of these that applies, from what is on this machine and
    /// without asking the network ([`source_reason`](Self::source_reason) tells which):
    ///
    /// 1. the option [`source`](ClientBuilder::source);
    /// 2. the agent's program exists: HIMDS;
    /// 3. another host's variables are set (App Service, Service Fabric, Cloud Shell, Azure ML, workload identity): none,
    ///    and each call is *unavailable*;
    /// 4. `IDENTITY_ENDPOINT` and `IMDS_ENDPOINT` are both set: HIMDS;
    /// 5. the firmware says that this is an Azure VM: IMDS;
    /// 6. IMDS as a guess.
    ///
    /// HIMDS's address is the first of: the option [`endpoint`](ClientBuilder::endpoint); `IDENTITY_ENDPOINT` and
    /// `IMDS_ENDPOINT`; the same two in the agent's systemd drop-in; `http://127.0.0.1:40342`. IMDS's is the option or
    /// `http://169.254.169.254`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let client = himds::Client::builder()
    ///     .source(himds::Source::Himds)
    ///     .timeout(Duration::from_secs(10))
    ///     .build()?;
    /// assert_eq!(client.source(), Some(himds::Source::Himds));
    /// # Ok::<(), himds::Error>(())
    /// ```
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }
}

impl ClientBuilder {
    /// The service to ask, instead of having it chosen.
    pub fn source(mut self, source: Source) -> Self {
        self.source = Some(source);
        self
    }

    /// The base URL of the service, `http://localhost:40342`. It must be a loopback address (for IMDS also
    /// 169.254.169.254), and it chooses no source by itself.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// The absolute path of the directory in which the agent puts its key files, if it is not the usual one. A
    /// challenge that names a file elsewhere is refused. Deliberately no variable sets this.
    pub fn token_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.token_dir = Some(directory.into());
        self
    }

    /// The identity that tokens are for; the machine's own by default. Two different ones are *configuration*.
    pub fn identity(mut self, identity: Identity) -> Self {
        if identity != Identity::SystemAssigned && !self.identities.contains(&identity) {
            self.identities.push(identity);
        }
        self
    }

    /// The time that a call may take, retries included; [`DEFAULT_TIMEOUT`] by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The time to connect in; by default [`HIMDS_CONNECT_TIMEOUT`] or [`IMDS_CONNECT_TIMEOUT`].
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// How many tries a call has, at least 1; [`DEFAULT_MAX_ATTEMPTS`] by default.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }

    /// How long to wait for a service that is not running yet; by default not at all. If nothing is listening, the request
    /// is made again, with the usual waits, until something is, or this time or the call's deadline ends: for a program
    /// that starts before the agent, at boot. An early refresh does not wait.
    pub fn wait_for_service(mut self, time: Duration) -> Self {
        self.wait_for_service = time;
        self
    }

    /// The `User-Agent` of the requests; `himds/VERSION` by default.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// Whether the key is shown only to a process that can read it anyway (root's, or the owner's of the key file or its
    /// directory), as the kernel says of the connection; `true` by default. Turn it off for a relay that an administrator
    /// runs between this process and the agent. Deliberately no variable sets this.
    pub fn verify_peer(mut self, verify: bool) -> Self {
        self.relayed = !verify;
        self
    }

    /// Stands in for a variable of the process's environment; `None` for "not set". For hosts whose environment is
    /// not the process's, as PowerShell's on Linux. In a privileged program (set-user-id, set-group-id, file
    /// capabilities) these are the only variables that count.
    pub fn environment_variable(mut self, name: impl Into<String>, value: Option<String>) -> Self {
        self.environment.replace(name.into(), value);
        self
    }

    /// Makes the client: options and environment are checked, the source is chosen; nothing is asked of the network.
    ///
    /// *configuration* for an endpoint, directory or pair of options that cannot be used, *invalid_argument* for a
    /// value out of range.
    pub fn build(self) -> Result<Client, Error> {
        let identity = identity(&self.identities)?;
        if let Some(timeout) = self.timeout {
            check_timeout("the option timeout", timeout)?;
        }
        if let Some(timeout) = self.connect_timeout {
            check_timeout("the option connect_timeout", timeout)?;
        }
        if self.max_attempts == Some(0) {
            return Err(invalid("the option max_attempts is 0", "Give at least 1."));
        }
        let user_agent = self.user_agent.unwrap_or_else(|| concat!("himds/", env!("CARGO_PKG_VERSION")).to_owned());
        if user_agent.is_empty() || !user_agent.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(invalid("the option user_agent is not a header value", "Give printable ASCII."));
        }
        let plan = Plan::make(
            &PlanOptions {
                source: self.source,
                endpoint: self.endpoint.as_deref(),
                token_dir: self.token_dir.as_deref(),
            },
            &self.environment,
            &self.seams.root,
        )?;
        crate::event!(source = ?plan.source(), reason = plan.reason(), "source chosen");
        let connect_timeout = self.connect_timeout.unwrap_or(match plan.source() {
            Some(Source::Imds) => IMDS_CONNECT_TIMEOUT,
            _ => HIMDS_CONNECT_TIMEOUT,
        });
        let guess = plan.service().ok().filter(|service| service.is_guess());
        let http = Http {
            seams: self.seams,
            options: TransportOptions { connect_timeout, user_agent, verify_peer: !self.relayed },
            max_attempts: self.max_attempts.unwrap_or(DEFAULT_MAX_ATTEMPTS),
            wait_for_service: self.wait_for_service.min(MAX_TIME),
            probe: Probe::new(guess.map(|service| service.endpoint().token.clone())),
        };
        Ok(Client::new(Inner {
            plan,
            identity,
            timeout: self.timeout.unwrap_or(DEFAULT_TIMEOUT),
            environment: self.environment,
            http,
            tokens: Tokens::default(),
        }))
    }
}

/// The one identity selected.
fn identity(selected: &[Identity]) -> Result<Identity, Error> {
    let identity = match selected {
        [] => return Ok(Identity::SystemAssigned),
        [identity] => identity,
        _ => {
            return Err(Error::new(Kind::Configuration, "more than one identity is selected")
                .with_hint("Give only one of client_id, object_id and resource_id."));
        }
    };
    let (name, id) = identity.selector().unwrap_or_default();
    if id.is_empty() || id.len() > crate::protocol::resource::MAX_LENGTH || id.chars().any(char::is_control) {
        let message = format!("the identity's {name} is empty, too long or holds control characters");
        return Err(invalid(&message, "Leave the selector out for the machine's own identity."));
    }
    Ok(identity.clone())
}

fn invalid(message: &str, hint: &str) -> Error {
    Error::new(Kind::InvalidArgument, message).with_hint(hint)
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("source", &self.source)
            .field("endpoint", &self.endpoint.as_deref().map(shown_url))
            .field("token_dir", &self.token_dir)
            .field("identities", &self.identities)
            .finish_non_exhaustive()
    }
}
