//! What an error answer means and what to do about it: by what was asked, of which service, and what the service said.
//!
//! Facts and sources: `docs/protocol.md`, "IMDS".

use crate::http::retry::Retry;
use crate::http::words::ServerMessage;
use crate::os::commands::{AGENT_LOG, AGENT_RESTART};
use crate::secret::Secret;
use crate::{Identity, Kind, Source};

/// The api-versions of HIMDS that this library can speak, newest first.
pub(crate) const HIMDS_API_VERSIONS: [&str; 3] = ["2020-06-01", "2019-11-01", "2019-08-15"];

/// What was asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What<'a> {
    Token { resource: &'a str, identity: &'a Identity },
    Metadata,
}

/// A request, as far as the meaning of its answer depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) source: Source,
    pub(crate) what: What<'a>,
    pub(crate) api_version: &'a str,
    /// The key that was sent along: a server may repeat it.
    pub(crate) key: Option<&'a Secret>,
}

/// The kind of the error, whether to ask again, and a hint.
pub(crate) type Meaning = (Kind, Retry, String);

/// The first row that fits.
pub(crate) fn meaning(asked: Asked<'_>, status: u16, message: &ServerMessage) -> Meaning {
    let himds = asked.source == Source::Himds;
    match asked.what {
        What::Token { resource, identity } => token(asked, resource, identity, status, message),
        What::Metadata => None,
    }
    .unwrap_or_else(|| match status {
        300..=399 => {
            service(Retry::Never, "A redirect is never followed. Something other than the service is answering.")
        }
        400 if himds => match other_api_version(asked.api_version, message) {
            Some(version) => service(Retry::ApiVersion(version), "Update the Connected Machine agent."),
            None => service(Retry::Never, &path_hint(message)),
        },
        400 | 404 => service(Retry::Never, &path_hint(message)),
        // Who refuses with words says why; only the guest proxy agent sends a 421.
        403 | 421 if !himds && (status == 421 || message.is_silent) => service(
            Retry::Never,
            "The virtual machine's guest proxy agent (Metadata Security Protocol) refuses this process. Add it to the \
             allow list, or run it as an account that is on it.",
        ),
        410 if !himds => service(Retry::Gone, "The metadata service is being updated; it is ready again within 70 s."),
        429 => (
            Kind::Throttled,
            Retry::Backoff,
            "Too many requests were made on this machine. Keep one client for the whole program: it caches the token."
                .to_owned(),
        ),
        408 | 500 | 502..=504 if himds => service(
            Retry::Backoff,
            &format!("Try again later. If it happens again, check the agent with `azcmagent show`, and {AGENT_LOG}."),
        ),
        408 | 500 | 502..=504 => service(
            Retry::Backoff,
            "Try again later. If it happens again, check the virtual machine's health in Azure.",
        ),
        _ => service(Retry::Never, &words_hint(asked.source, message)),
    })
}

/// What holds for tokens alone.
fn token(
    asked: Asked<'_>,
    resource: &str,
    identity: &Identity,
    status: u16,
    message: &ServerMessage,
) -> Option<Meaning> {
    let himds = asked.source == Source::Himds;
    let said = message.body.to_ascii_lowercase();
    Some(match status {
        _ if is_identity_not_found(status, message) => {
            (Kind::IdentityNotFound, Retry::Never, identity_hint(himds, identity))
        }
        400 if said.replace('-', " ").contains("multiple user assigned identities") => service(
            Retry::Never,
            "This machine has several user-assigned identities and no system-assigned one: select one by client_id, object_id or resource_id.",
        ),
        401 if himds && asked.key.is_some() => (
            Kind::KeyRefused,
            Retry::Never,
            format!("Try again. If it happens again, restart the agent (`{AGENT_RESTART}`) and check {AGENT_LOG}."),
        ),
        // What is being updated loses its paths for a while.
        404 if !himds => service(Retry::Backoff, "The metadata service is being updated. Try again in a minute."),
        400 if other_api_version(asked.api_version, message).is_some() && himds => return None,
        400 if is_about_the_path(&said) => return None,
        400 if is_about_the_resource(message) => service(Retry::Never, &resource_hint(resource)),
        400 if said.contains("identity") => service(Retry::Never, &identity_hint(himds, identity)),
        // Entra refuses the tenant, or the application that the identity is.
        400 if said.contains("aadsts") => service(Retry::Never, &words_hint(asked.source, message)),
        400 => service(Retry::Never, &resource_hint(resource)),
        _ => return None,
    })
}

fn service(retry: Retry, hint: &str) -> Meaning {
    (Kind::Service, retry, hint.to_owned())
}

fn identity_hint(himds: bool, identity: &Identity) -> String {
    match (himds, identity) {
        (_, Identity::SystemAssigned) if !himds => "This virtual machine has no identity of its own: enable it (`az vm \
             identity assign`), or name a user-assigned identity. A new one takes a few minutes to appear."
            .to_owned(),
        (true, _) => "If the selector names the machine's own identity, leave it out. Otherwise assign the identity to \
             the machine in Azure, and check the agent's version (`azcmagent show`): user-assigned identities need 1.66."
            .to_owned(),
        (false, _) => "Assign this identity to the virtual machine (`az vm identity assign`), or request another one; a \
             newly assigned identity takes a few minutes to appear."
            .to_owned(),
    }
}

/// The resource is the caller's own: what is odd about it is named.
fn resource_hint(resource: &str) -> String {
    let lower = resource.to_ascii_lowercase();
    let odd = if resource.contains(char::is_whitespace) {
        Some("it holds white space; if these are two scopes, request one at a time")
    } else if resource.ends_with("/.default") {
        Some("it ends in /.default more than once")
    } else if lower.ends_with(".default") || lower.ends_with("/default") {
        Some("a scope is a resource followed by /.default, in lower case")
    } else {
        None
    };
    match odd {
        Some(odd) => format!("Check the resource {resource:?}: {odd}."),
        None => "Check the resource: is it the identifier that the target service documents?".to_owned(),
    }
}

/// What a proxy does to a request.
const FORWARDED: &str = "x-forwarded-for";
const METADATA_HEADER: &str = "metadata header";

fn is_about_the_path(said: &str) -> bool {
    ["api-version", METADATA_HEADER, FORWARDED].iter().any(|words| said.contains(words))
}

fn is_about_the_resource(message: &ServerMessage) -> bool {
    let error = message.error.as_deref().unwrap_or_default();
    ["invalid_resource", "invalid_scope"].iter().any(|code| error.eq_ignore_ascii_case(code))
}

fn path_hint(message: &ServerMessage) -> String {
    let said = message.body.to_ascii_lowercase();
    if said.contains(METADATA_HEADER) {
        "Something between this process and the service removed the header `Metadata: true`.".to_owned()
    } else if said.contains(FORWARDED) {
        "A proxy between this process and the service added the header X-Forwarded-For. himds uses no proxy: check what \
         redirects its connections."
            .to_owned()
    } else {
        "Check the path's letter case and the api-version.".to_owned()
    }
}

fn words_hint(source: Source, message: &ServerMessage) -> String {
    match (message.said().is_some(), source) {
        (true, _) => "The service's own message says what it refuses.".to_owned(),
        (false, Source::Himds) => {
            format!("The agent gave no reason. Check it with `azcmagent show`, and {AGENT_LOG}.")
        }
        (false, Source::Imds) => {
            "The service gave no reason. Run `himds diagnose` to see what answers here.".to_owned()
        }
    }
}

fn is_identity_not_found(status: u16, message: &ServerMessage) -> bool {
    let error = message.error.as_deref().unwrap_or_default();
    let description = message.error_description.as_deref().unwrap_or_default().to_ascii_lowercase();
    match status {
        404 => error.eq_ignore_ascii_case("identity_not_found"),
        400 => {
            error.eq_ignore_ascii_case("identity_not_found")
                || error.eq_ignore_ascii_case("invalid_request")
                    && description.contains("identity")
                    && description.contains("not found")
        }
        _ => false,
    }
}

/// The newest api-version that we speak, that the answer names and that was not the one refused.
fn other_api_version(refused: &str, message: &ServerMessage) -> Option<&'static str> {
    let text = &message.body;
    let names_versions =
        ["api-version", "api version", "apiversion"].iter().any(|name| text.to_ascii_lowercase().contains(name));
    HIMDS_API_VERSIONS.into_iter().find(|version| names_versions && *version != refused && text.contains(version))
}
