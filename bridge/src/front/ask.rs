//! What a request asks, from its parameters.

use himds::Identity;

use super::api_version;
use super::query::Query;
use super::refusal::Refusal;
use super::resource::is_resource;
use super::route::Route;
use super::surface::Surface;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A token.
    Token(TokenAsk),
    /// The instance document, or what this JSON pointer leads to, as JSON or as text.
    Instance {
        /// A JSON pointer into the document; empty for the whole.
        pointer: String,
        /// `format=text`.
        text: bool,
    },
    /// The list of api-versions.
    Versions,
    /// The tenant's id.
    Info,
}

/// A token that is requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenAsk {
    /// The resource, as the client wrote it.
    pub resource: String,
    /// Whose token.
    pub identity: Identity,
    /// `bypass_cache=true`
    pub bypass_cache: bool,
    /// How it is to be answered.
    pub form: Form,
}

/// The forms of a token's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// IMDS's; Cloud Shell's is the same.
    Imds,
    /// App Service's, api-version 2019-08-01.
    AppService2019,
    /// App Service's, api-version 2017-09-01: the expiry is a date in words.
    AppService2017,
}

pub(crate) fn ask(route: Route, query: &Query, surface: &Surface) -> Result<Ask, Refusal> {
    match route {
        Route::Token => {
            version(query, api_version::has_tokens)?;
            token(query, surface, Form::Imds)
        }
        Route::AppService => token(query, surface, app_service_form(query)?),
        Route::CloudShell => token(query, surface, Form::Imds),
        Route::Info => {
            version(query, api_version::has_metadata)?;
            Ok(Ask::Info)
        }
        Route::Instance(pointer) => {
            version(query, api_version::has_metadata)?;
            Ok(Ask::Instance { pointer, text: text_format(query)? })
        }
        Route::Versions => Ok(Ask::Versions),
    }
}

fn version(query: &Query, known: impl Fn(&str) -> bool) -> Result<(), Refusal> {
    match query.value("api-version") {
        Some(version) if known(version) => Ok(()),
        Some(_) => Err(Refusal::bad_request(
            "Bad request. api-version is invalid. For more information refer to aka.ms/azureimds",
        )),
        None => Err(Refusal::bad_request(
            "Bad request. api-version was not specified in the request. For more information refer to aka.ms/azureimds",
        )),
    }
}

fn app_service_form(query: &Query) -> Result<Form, Refusal> {
    match query.value("api-version") {
        Some("2019-08-01") => Ok(Form::AppService2019),
        Some("2017-09-01") => Ok(Form::AppService2017),
        _ => Err(Refusal::bad_request("The api-version must be 2019-08-01 or 2017-09-01.")),
    }
}

fn text_format(query: &Query) -> Result<bool, Refusal> {
    match query.value("format") {
        None => Ok(false),
        Some(format) if format.eq_ignore_ascii_case("json") => Ok(false),
        Some(format) if format.eq_ignore_ascii_case("text") => Ok(true),
        Some(_) => Err(Refusal::bad_request("The format must be json or text.")),
    }
}

fn token(query: &Query, surface: &Surface, form: Form) -> Result<Ask, Refusal> {
    let Some(resource) = query.value("resource") else {
        return Err(Refusal::bad_request("Required query variable 'resource' is missing"));
    };
    if !is_resource(resource) {
        return Err(Refusal::bad_request("The resource is too long or holds characters that a resource never has."));
    }
    let bypass = query.value("bypass_cache").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    Ok(Ask::Token(TokenAsk {
        resource: resource.to_owned(),
        identity: selector(query)?.unwrap_or_else(|| surface.identity.clone()),
        bypass_cache: bypass,
        form,
    }))
}

/// An identity by its name.
type Named = fn(String) -> Identity;

/// What the clients of each service call an identity. The Arc agent silently ignores `mi_res_id`, and would give the
/// machine's own token: the core sends the spelling that it honours.
const SELECTORS: [(&str, Named); 6] = [
    ("client_id", Identity::ClientId),
    ("clientid", Identity::ClientId),
    ("object_id", Identity::ObjectId),
    ("principal_id", Identity::ObjectId),
    ("msi_res_id", Identity::ResourceId),
    ("mi_res_id", Identity::ResourceId),
];

fn selector(query: &Query) -> Result<Option<Identity>, Refusal> {
    let mut selected: Option<Identity> = None;
    for (name, identity) in SELECTORS {
        let Some(value) = query.value(name) else { continue };
        let identity = identity(value.to_owned());
        if selected.as_ref().is_some_and(|other| *other != identity) {
            return Err(Refusal::bad_request("Only one of client_id, object_id, msi_res_id may be specified"));
        }
        selected = Some(identity);
    }
    Ok(selected)
}
