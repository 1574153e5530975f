//! # Options of a client
//!
//! Every option has a default that fits; most programs pass NULL to himds_client_new().

use std::mem::MaybeUninit;
use std::time::Duration;

use himds::{Client, ClientBuilder, Error, Identity, Kind, Source};

use crate::counted::Counted;
use crate::guard::{ErrorOut, guard};
use crate::pointers::{Slot, TextIn, required_mut};
use crate::request::positive_milliseconds;

/// Options for clients that are created later: owned, with himds_options_free(). While one thread
/// changes them no other may use them. Since ABI 1.
pub struct himds_options {
    source: Option<Source>,
    endpoint: Option<String>,
    token_dir: Option<String>,
    client_id: Option<String>,
    object_id: Option<String>,
    resource_id: Option<String>,
    user_agent: Option<String>,
    timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
    max_attempts: Option<u32>,
    verify_peer: bool,
    wait_for_service: Duration,
    environment: Vec<(String, Option<String>)>,
    _counted: Counted,
}

impl himds_options {
    fn new() -> Self {
        himds_options {
            source: None,
            endpoint: None,
            token_dir: None,
            client_id: None,
            object_id: None,
            resource_id: None,
            user_agent: None,
            timeout: None,
            connect_timeout: None,
            max_attempts: None,
            verify_peer: true,
            wait_for_service: Duration::ZERO,
            environment: Vec::new(),
            _counted: Counted::new(),
        }
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        let mut builder = Client::builder();
        if let Some(source) = self.source {
            builder = builder.source(source);
        }
        if let Some(endpoint) = &self.endpoint {
            builder = builder.endpoint(endpoint);
        }
        if let Some(token_dir) = &self.token_dir {
            builder = builder.token_dir(token_dir);
        }
        if let Some(id) = &self.client_id {
            builder = builder.identity(Identity::ClientId(id.clone()));
        }
        if let Some(id) = &self.object_id {
            builder = builder.identity(Identity::ObjectId(id.clone()));
        }
        if let Some(id) = &self.resource_id {
            builder = builder.identity(Identity::ResourceId(id.clone()));
        }
        if let Some(user_agent) = &self.user_agent {
            builder = builder.user_agent(user_agent);
        }
        if let Some(timeout) = self.timeout {
            builder = builder.timeout(timeout);
        }
        if let Some(timeout) = self.connect_timeout {
            builder = builder.connect_timeout(timeout);
        }
        if let Some(attempts) = self.max_attempts {
            builder = builder.max_attempts(attempts);
        }
        builder = builder.verify_peer(self.verify_peer).wait_for_service(self.wait_for_service);
        for (name, value) in &self.environment {
            builder = builder.environment_variable(name, value.clone());
        }
        builder
    }
}

/// Creates options with every default.
///
/// Ownership: options is owned, with himds_options_free(). Blocks: never. Threads: any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn himds_options_new(options: Option<&mut MaybeUninit<*mut himds_options>>, error: ErrorOut<'_>) -> i32 {
    guard(error, || {
        Slot::new("options", options)?.write(himds_options::new());
        Ok(())
    })
}

/// Which service to use: "himds" (Azure Arc-enabled server) or "imds" (Azure VM). NULL: the library
/// chooses by what it finds on the machine, and himds_client_source_reason() says why.
///
/// Ownership: source is copied. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL or source is not UTF-8;
/// HIMDS_CONFIGURATION if source is neither of the two.
#[unsafe(no_mangle)]
pub extern "C" fn himds_options_set_source(
    options: Option<&mut himds_options>,
    source: TextIn<'_>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        let options = required_mut("options", options)?;
        options.source = source.optional("source")?.map(str::parse).transpose()?;
        Ok(())
    })
}

/// The service's base URL, such as "http://127.0.0.1:40342"; a token URL with the usual path works
/// too. HIMDS must have a loopback address, IMDS 169.254.169.254 or a loopback address. NULL: the
/// usual URL of the source. himds_client_new() checks it.
///
/// Ownership: endpoint is copied. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL or endpoint is not UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn himds_options_set_endpoint(
    options: Option<&mut himds_options>,
    endpoint: TextIn<'_>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        required_mut("options", options)?.endpoint = endpoint.optional("endpoint")?.map(str::to_owned);
        Ok(())
    })
}

/// The directory in which the Arc agent puts its key files, an absolute path. NULL:
/// /var/opt/azcmagent/tokens, on Windows the folder Tokens of AzureConnectedMachineAgent in
/// ProgramData. For tests and containers. A key is never read from anywhere else.
/// himds_client_new() checks it.
///
/// Ownership: token_dir is copied. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL or token_dir is not UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn himds_options_set_token_dir(
    options: Option<&mut himds_options>,
    token_dir: TextIn<'_>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        required_mut("options", options)?.token_dir = token_dir.optional("token_dir")?.map(str::to_owned);
        Ok(())
    })
}

/// The client id (application id) of the user-assigned identity to use. NULL: the machine's own,
/// system-assigned identity. Set at most one of client id, object id and resource id:
/// himds_client_new() refuses more.
///
/// Ownership: client_id is copied. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL, or client_id is empty or not
/// UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn himds_options_set_client_id(
    options: Option<&mut himds_options>,
    client_id: TextIn<'_>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        required_mut("options", options)?.client_id = selector("client_id", client_id)?;
        Ok(())
    })
}

/// The object id (principal id) of the user-assigned identity to use. NULL: the machine's own,
/// system-assigned identity. See also: himds_options_set_client_id().
///
/// Ownership: object_id is copied. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL, or object_id is empty or not
/// UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn himds_options_set_object_id(
    options: Option<&mut himds_options>,
    object_id: TextIn<'_>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        required_mut("options", options)?.object_id = selector("object_id", object_id)?;
        Ok(())
    })
}

/// The Azure resource id (/subscriptions/...) of the user-assigned identity to use. NULL: the
/// machine's own, system-assigned identity. See also: himds_options_set_client_id().
///
/// Ownership: resource_id is copied. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL, or resource_id is empty or not
/// UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn himds_options_set_resource_id(
    options: Option<&mut himds_options>,
    resource_id: TextIn<'_>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        required_mut("options", options)?.resource_id = selector("resource_id", resource_id)?;
        Ok(())
    })
}

/// The User-Agent header of every request. NULL: the library's name and version.
///
/// Ownership: user_agent is copied. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL or user_agent is not UTF-8.
/// himds_client_new() refuses a text that a header cannot carry.
#[unsafe(no_mangle)]
pub extern "C" fn himds_options_set_user_agent(
    options: Option<&mut himds_options>,
    user_agent: TextIn<'_>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        required_mut("options", options)?.user_agent = user_agent.optional("user_agent")?.map(str::to_owned);
        Ok(())
    })
}

/// How long a call may take with all its tries and waits, in milliseconds. Default: 30 000. For a
/// single call, see himds_request_set_deadline_ms().
///
/// Ownership: options is used for the call only. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL or timeout_ms is 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_options_set_timeout_ms(
    options: Option<&mut himds_options>,
    timeout_ms: u64,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        required_mut("options", options)?.timeout = Some(positive_milliseconds("timeout_ms", timeout_ms)?);
        Ok(())
    })
}

/// How long connecting may take, in milliseconds. Default: 1 000 to HIMDS, 2 000 to IMDS.
///
/// Ownership: options is used for the call only. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL or connect_timeout_ms is 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_options_set_connect_timeout_ms(
    options: Option<&mut himds_options>,
    connect_timeout_ms: u64,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        let options = required_mut("options", options)?;
        options.connect_timeout = Some(positive_milliseconds("connect_timeout_ms", connect_timeout_ms)?);
        Ok(())
    })
}

/// How many times a request is tried at most, including the first. Default: 5.
///
/// Ownership: options is used for the call only. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL or max_attempts is 0.
#[unsafe(no_mangle)]
pub extern "C" fn himds_options_set_max_attempts(
    options: Option<&mut himds_options>,
    max_attempts: u32,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        let options = required_mut("options", options)?;
        if max_attempts == 0 {
            return Err(Error::new(Kind::InvalidArgument, "max_attempts is 0")
                .with_hint("Pass 1 for a single try, or leave the option alone for its default."));
        }
        options.max_attempts = Some(max_attempts);
        Ok(())
    })
}

/// Whether the key of an Arc agent is sent only to a process that can read it anyway (root's, or
/// the owner's of the key file or its directory), as the kernel says of the connection: any number
/// but 0, the default, for yes. 0 is for a relay that an administrator runs between this process
/// and the agent. If the kernel cannot be asked, the key is sent, and himds_client_diagnose() says
/// so. No environment variable sets this.
///
/// Ownership: options is used for the call only. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn himds_options_set_verify_peer(
    options: Option<&mut himds_options>,
    verify_peer: i32,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        required_mut("options", options)?.verify_peer = verify_peer != 0;
        Ok(())
    })
}

/// How long to wait for a service that is not running yet, in milliseconds; 0, the default, for
/// not at all. If nothing is listening, the request is made again, with the usual waits, until
/// something is, or this time or the deadline ends: for a daemon that starts before the agent, at
/// boot.
///
/// Ownership: options is used for the call only. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn himds_options_set_wait_for_service_ms(
    options: Option<&mut himds_options>,
    wait_ms: u64,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        required_mut("options", options)?.wait_for_service = Duration::from_millis(wait_ms);
        Ok(())
    })
}

/// The value that the client takes for an environment variable instead of the process's own: for
/// hosts whose environment is not that of the process. value NULL: the variable is not set.
/// Variables that you never name here come from the process's environment; in a privileged program
/// (set-user-id, set-group-id, file capabilities) they are not set, because the user who started it
/// chose them.
///
/// Ownership: name and value are copied. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options or name is NULL, name is empty or contains
/// a `=`, or one of them is not UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn himds_options_set_environment(
    options: Option<&mut himds_options>,
    name: TextIn<'_>,
    value: TextIn<'_>,
    error: ErrorOut<'_>,
) -> i32 {
    guard(error, || {
        let options = required_mut("options", options)?;
        let (name, value) = (name.required("name")?, value.optional("value")?);
        if name.is_empty() || name.contains('=') {
            return Err(Error::new(Kind::InvalidArgument, "name is not the name of an environment variable"));
        }
        options.environment.push((name.to_owned(), value.map(str::to_owned)));
        Ok(())
    })
}

/// Frees options. Clients that were created with them do not need them. NULL is allowed.
///
/// Ownership: options was owned by the caller and is gone. Blocks: never. Threads: any; no other
/// call may use it.
#[unsafe(no_mangle)]
pub extern "C" fn himds_options_free(options: Option<Box<himds_options>>) {
    drop(options);
}

/// An empty selector usually comes from a variable that the caller did not set, so it does not mean "the machine's own".
fn selector(name: &str, id: TextIn<'_>) -> Result<Option<String>, Error> {
    match id.optional(name)? {
        Some("") => Err(Error::new(Kind::InvalidArgument, format!("{name} is empty"))
            .with_hint("Name the user-assigned identity, or leave it out for the machine's system-assigned one.")),
        id => Ok(id.map(str::to_owned)),
    }
}
