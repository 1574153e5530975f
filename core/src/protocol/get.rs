//! Requesting metadata: any path of the service but the token's.

use std::borrow::Cow;

use url::{Url, form_urlencoded};

use crate::discovery::endpoint::{Endpoint, TOKEN_PATH, below};
use crate::discovery::plan::Service;
use crate::http::answer::Failure;
use crate::http::attempt::{Attempt, Operation};
use crate::http::meaning::What;
use crate::http::prose::one_line;
use crate::http::scrub::names_a_token;
use crate::http::transport::{METADATA_BODY_LIMIT, Request, Response};
use crate::http::words::ServerMessage;
use crate::{Error, Kind, Metadata, Source, json};
use futures_core::future::BoxFuture;

/// Where the instance metadata is.
pub(crate) const INSTANCE_PATH: &str = "/metadata/instance";

/// A path below `/metadata/` that may be requested.
#[derive(Clone, Debug)]
pub(crate) struct MetadataPath<'a> {
    path: &'a str,
    /// Without its api-version: a parameter goes once, and the service may be asked again with another one.
    query: Vec<&'a str>,
    api_version: Option<Cow<'a, str>>,
}

impl<'a> MetadataPath<'a> {
    /// *invalid_argument* for a path that is not below `/metadata/`, or is the token's.
    pub(crate) fn new(path: &'a str, api_version: Option<&'a str>) -> Result<Self, Error> {
        let invalid = |why: &str, hint: &str| {
            Err(Error::new(Kind::InvalidArgument, format!("the path {path:?} cannot be requested: {why}"))
                .with_hint(hint))
        };
        let (plain, query) = path.split_once('?').map_or((path, None), |(plain, query)| (plain, Some(query)));
        if path.len() > crate::protocol::resource::MAX_LENGTH {
            return invalid("it is too long", "A path has at most 2048 bytes.");
        }
        // What a server would decode, resolve or cut off is not passed on: a list of what is allowed has no gaps.
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~');
        if !plain.bytes().all(allowed) {
            return invalid("it may hold only letters, digits and /-._~", "For example /metadata/instance/compute.");
        }
        let parts: Vec<_> = plain.split('/').skip(1).collect();
        if !plain.starts_with('/')
            || parts.len() < 2
            || !parts[0].eq_ignore_ascii_case("metadata")
            || parts.iter().any(|part| matches!(*part, "." | ".."))
        {
            return invalid("it is not below /metadata/", "For example /metadata/instance/compute.");
        }
        let named = parts.iter().filter(|part| !part.is_empty()).map(|part| part.to_ascii_lowercase());
        if named.eq(TOKEN_PATH.split('/').skip(1)) {
            return invalid("it is the path of the token", "Request a token with `token`, which does the handshake.");
        }
        let malformed =
            |query: &str| !query.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'\\'));
        if query.is_some_and(malformed) {
            return invalid("its query holds characters that a query may not", "Percent-encode them.");
        }
        let mut versions: Vec<Cow<'_, str>> = api_version.map(Cow::from).into_iter().collect();
        let mut others = Vec::new();
        for parameter in query.unwrap_or_default().split('&') {
            match form_urlencoded::parse(parameter.as_bytes()).next() {
                Some((name, value)) if name.eq_ignore_ascii_case("api-version") => versions.push(value),
                Some(_) => others.push(parameter),
                None => {}
            }
        }
        if versions.windows(2).any(|pair| pair[0] != pair[1]) {
            return invalid("it has two api-versions", "Give one, in the path or as the argument.");
        }
        let plain_version =
            |version: &str| version.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
        if versions.iter().any(|version| version.is_empty() || !plain_version(version)) {
            return invalid("its api-version is malformed", "An api-version is a date, for example 2020-06-01.");
        }
        Ok(MetadataPath { path: plain, query: others, api_version: versions.pop() })
    }

    fn url(&self, endpoint: &Endpoint, api_version: &str) -> Url {
        let mut url = below(&endpoint.base, self.path);
        let own = format!("api-version={api_version}");
        url.set_query(Some(&[&self.query[..], &[own.as_str()]].concat().join("&")));
        url
    }
}

/// A GET below the service's base URL. Needs no challenge, not even from the Arc agent.
pub(crate) struct GetOperation<'a> {
    pub(crate) service: &'a Service,
    pub(crate) path: MetadataPath<'a>,
}

impl Operation for GetOperation<'_> {
    type Output = String;

    fn source(&self) -> Source {
        self.service.source()
    }

    fn api_version(&self) -> &str {
        self.path.api_version.as_deref().unwrap_or(self.source().metadata_api_version())
    }

    fn attempt<'a>(&'a self, attempt: &'a Attempt<'a>) -> BoxFuture<'a, Result<String, Failure>> {
        Box::pin(async move { Ok(self.ask(attempt).await?.1) })
    }
}

impl GetOperation<'_> {
    /// The answer, and its body as text.
    async fn ask(&self, attempt: &Attempt<'_>) -> Result<(Response, String), Failure> {
        let url = self.path.url(self.service.endpoint(), attempt.api_version);
        let response = attempt
            .send(Request {
                url: &url,
                metadata_header: true,
                key: None,
                address: None,
                body_limit: METADATA_BODY_LIMIT,
            })
            .await?;
        if !(200..300).contains(&response.status) {
            return Err(attempt.failure(&response, What::Metadata, None));
        }
        // The token's path is refused; this holds whatever a server may do.
        if names_a_token(response.body.as_slice()) {
            return Err(unusable(attempt, &response, "the answer holds a token, which is not metadata"));
        }
        match std::str::from_utf8(response.body.as_slice()) {
            Ok(text) => {
                let text = json::text_without_bom(text.to_owned());
                Ok((response, text))
            }
            Err(_) => Err(unusable(attempt, &response, "the metadata service's answer is not UTF-8")),
        }
    }
}

/// The instance metadata document.
pub(crate) struct InstanceOperation<'a>(pub(crate) GetOperation<'a>);

impl<'a> InstanceOperation<'a> {
    /// *invalid_argument* for a malformed api-version.
    pub(crate) fn new(service: &'a Service, api_version: Option<&'a str>) -> Result<Self, Error> {
        Ok(InstanceOperation(GetOperation { service, path: MetadataPath::new(INSTANCE_PATH, api_version)? }))
    }
}

impl Operation for InstanceOperation<'_> {
    type Output = Metadata;

    fn source(&self) -> Source {
        self.0.source()
    }

    fn api_version(&self) -> &str {
        self.0.api_version()
    }

    fn attempt<'a>(&'a self, attempt: &'a Attempt<'a>) -> BoxFuture<'a, Result<Metadata, Failure>> {
        Box::pin(async move {
            let (response, text) = self.0.ask(attempt).await?;
            Metadata::parse(text).map_err(|error| unusable(attempt, &response, error.message()))
        })
    }
}

/// The error for a complete answer that cannot be used.
fn unusable(attempt: &Attempt<'_>, response: &Response, what: &str) -> Failure {
    let message = ServerMessage::of(response, None);
    let said = message.said_instead().map_or_else(String::new, |said| format!(": {said}"));
    let error = Error::new(Kind::ResponseInvalid, format!("{what}{}", one_line(&said)))
        .with_hint("Something other than the service may be answering: check what listens on that port.");
    Failure::last(message.into_error(error, response, attempt.seams.clock.wall()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let endpoint = Endpoint::from_base(Source::Imds, "http://localhost:1", "x").unwrap();
        let with = |path: &str, version| {
            MetadataPath::new(path, version)
                .map(|path| path.url(&endpoint, path.api_version.as_deref().unwrap_or("V")).to_string())
        };
        let url = |path: &str| with(path, None);
        assert_eq!(url("/metadata/instance").unwrap(), "http://localhost:1/metadata/instance?api-version=V");
        assert_eq!(
            url("/metadata/instance/compute/name?format=text").unwrap(),
            "http://localhost:1/metadata/instance/compute/name?format=text&api-version=V"
        );
        assert_eq!(
            url("/metadata/versions?api-version=1").unwrap(),
            "http://localhost:1/metadata/versions?api-version=1"
        );
        let once = "http://localhost:1/metadata/versions?a=b&c&api-version=1";
        assert_eq!(url("/metadata/versions?a=b&API-Version=1&&c&api%2Dversion=1").unwrap(), once);
        for path in [
            "",
            "/",
            "metadata/instance",
            "/metadata",
            "/metadata/../x",
            "/metadata/%2E%2e/x",
            "/metadata/a b",
            "/metadata/a#b",
            "/metadata/a\nb",
            "/metadata\\x",
            "/Metadata/Identity/OAuth2/Token",
            "/metadata/identity/oauth2/token",
            "/metadata/identity//oauth2/token/",
            "/metadata/identity%2Foauth2/token?x",
            "/metadata/identity/oauth2/t%6Fken",
            "/%6detadata/instance",
            "http://evil/metadata/",
            "/metadata/ä",
            "/metadata/x%5Cy",
            "/metadata/a;b",
            "/metadata/a%2574",
            "/metadata/instance?a\\b",
            "/metadata/instance?api-version=",
            "/metadata/instance?api-version=1&API-Version=2",
        ] {
            assert_eq!(MetadataPath::new(path, None).unwrap_err().kind(), Kind::InvalidArgument, "{path:?}");
        }
        assert!(MetadataPath::new("/metadata/instance", Some("2020&x=1")).is_err());
        assert!(with("/metadata/instance?api-version=2021-02-01", Some("2023-07-01")).is_err(), "a contradiction");
        assert_eq!(
            with("/metadata/instance?api-version=2023-07-01", Some("2023-07-01")).unwrap(),
            "http://localhost:1/metadata/instance?api-version=2023-07-01"
        );
        assert_eq!(
            with("/metadata/instance?nonce=api-version=1", None).unwrap(),
            "http://localhost:1/metadata/instance?nonce=api-version=1&api-version=V"
        );
    }
}
