//! The options of a client.

use std::mem::MaybeUninit;
use std::time::Duration;

use himds::{Client, ClientBuilder, Error, Identity, Kind, Source};

use crate::guard::{ErrorOut, guard};
use crate::pointers::{Slot, TextIn, required_mut};
use crate::request::positive_milliseconds;
use crate::testing::Counted;

/// The options of clients to be made: owned, with himds_options_free(). Not to be changed by one thread while another
/// uses it.
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
        builder = builder.verify_peer(self.verify_peer);
        for (name, value) in &self.environment {
            builder = builder.environment_variable(name, value.clone());
        }
        builder
    }
}

/// Makes options that are all at their defaults.
///
/// Ownership: options is owned, with himds_options_free(). Blocks: never. Threads: any.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn himds_options_new(options: Option<&mut MaybeUninit<*mut himds_options>>, error: ErrorOut<'_>) -> i32 {
    guard(error, || {
        Slot::new("options", options)?.put(himds_options::new());
        Ok(())
    })
}

/// Which service to ask: "himds" (Azure Arc-enabled server) or "imds" (Azure VM). NULL: the library chooses, from what
/// it finds on the machine; himds_client_source_reason() tells.
///
/// Ownership: source is copied. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL or source not UTF-8; HIMDS_CONFIGURATION where
/// source is neither of the two.
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

/// The service's base URL, such as "http://127.0.0.1:40342"; a token URL with the usual path will do. HIMDS is only
/// ever asked at a loopback address, IMDS at 169.254.169.254 or a loopback address. NULL: the source's usual one. It is
/// looked at by himds_client_new().
///
/// Ownership: endpoint is copied. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL or endpoint not UTF-8.
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

/// The directory in which the Arc agent puts its key files, an absolute path. NULL: /var/opt/azcmagent/tokens, on
/// Windows Tokens in the folder AzureConnectedMachineAgent of ProgramData. For tests and containers: a key is read from
/// nowhere else. It is looked at by himds_client_new().
///
/// Ownership: token_dir is copied. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL or token_dir not UTF-8.
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

/// The client id (application id) of the user-assigned identity to be. NULL: the machine's own, system-assigned one.
/// Set at most one of client id, object id and resource id: himds_client_new() refuses more.
///
/// Ownership: client_id is copied. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL, or client_id is empty or not UTF-8.
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

/// The object id (principal id) of the user-assigned identity to be. NULL: the machine's own, system-assigned one.
///
/// Ownership: object_id is copied. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL, or object_id is empty or not UTF-8.
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

/// The Azure resource id (/subscriptions/...) of the user-assigned identity to be. NULL: the machine's own,
/// system-assigned one.
///
/// Ownership: resource_id is copied. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL, or resource_id is empty or not UTF-8.
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
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL or user_agent not UTF-8. What a header cannot carry
/// is refused by himds_client_new().
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

/// The milliseconds that a call may take with all its tries and waits. Default: 30 000.
///
/// Ownership: options is used for the call only. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL or timeout_ms 0.
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

/// The milliseconds that connecting may take. Default: 1 000 to HIMDS, 2 000 to IMDS.
///
/// Ownership: options is used for the call only. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL or connect_timeout_ms 0.
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

/// How often a request is tried at most, the first time included. Default: 5.
///
/// Ownership: options is used for the call only. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL or max_attempts 0.
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

/// Whether the key of an Arc agent is sent only to a process that can read it anyway (root's, or the owner's of the key
/// file or its directory), as the kernel says of the connection: any number but 0, the default, for yes. 0 is for a relay
/// that an administrator runs between this process and the agent. If the kernel cannot be asked, the key is sent, and
/// himds_client_diagnose() says so. No environment variable sets this.
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

/// What the client shall take for the value of an environment variable, instead of asking the process's environment:
/// for hosts whose environment is not the process's. value NULL: the variable is not set. Names that were never given
/// are looked up in the process's environment.
///
/// Ownership: name and value are copied. Blocks: never. Threads: one at a time for options.
/// Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options or name is NULL, name is empty or holds a `=`, or one of
/// them is not UTF-8.
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

/// Frees options; clients that were made with them do not need them. NULL is fine.
///
/// Ownership: options was owned by the caller and is gone. Blocks: never. Threads: any; no other call may use it.
#[unsafe(no_mangle)]
pub extern "C" fn himds_options_free(options: Option<Box<himds_options>>) {
    drop(options);
}

/// An empty selector is an unset variable of the caller's more often than not, so it does not mean "the machine's own".
fn selector(name: &str, id: TextIn<'_>) -> Result<Option<String>, Error> {
    match id.optional(name)? {
        Some("") => Err(Error::new(Kind::InvalidArgument, format!("{name} is empty"))
            .with_hint("Name the user-assigned identity, or leave it out for the machine's system-assigned one.")),
        id => Ok(id.map(str::to_owned)),
    }
}
