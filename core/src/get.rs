//! Asking for metadata: any path of the service but the token's.

use url::Url;

use crate::answer::{Failure, Words};
use crate::clock::BoxFuture;
use crate::endpoint::{Endpoint, TOKEN_PATH, below};
use crate::fetch::{Operation, Try};
use crate::transport::{METADATA_BODY_LIMIT, Request, Response};
use crate::{Error, Kind, Metadata, Source};

/// Where the instance metadata is.
pub(crate) const INSTANCE_PATH: &str = "/metadata/instance";

/// A GET below the service's base URL. Needs no challenge, also from the Arc agent.
#[derive(Debug)]
pub(crate) struct GetOperation<'a> {
    path: &'a str,
    query: Option<&'a str>,
    api_version: Option<&'a str>,
}

impl<'a> GetOperation<'a> {
    /// *invalid_argument* for a path that is not below `/metadata/`, or is the token's.
    pub(crate) fn new(path: &'a str, api_version: Option<&'a str>) -> Result<Self, Error> {
        let invalid = |why: &str, hint: &str| {
            Err(Error::new(Kind::InvalidArgument, format!("the path {path:?} cannot be asked for: {why}"))
                .with_hint(hint))
        };
        let (plain, query) = path.split_once('?').map_or((path, None), |(plain, query)| (plain, Some(query)));
        if path.len() > crate::resource::LONGEST
            || !path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#' && byte != b'\\')
        {
            return invalid("it is too long or holds characters that a path may not", "Percent-encode them.");
        }
        // Dots, percent-encoded too, are resolved by URL parsers, and must not lead out of the metadata; a server
        // decodes the rest.
        let decoded = decoded(plain).to_ascii_lowercase();
        if !plain.to_ascii_lowercase().starts_with("/metadata/")
            || decoded.split('/').any(|part| matches!(part, "." | ".."))
        {
            return invalid("it is not below /metadata/", "For example /metadata/instance/compute.");
        }
        if decoded.split('/').filter(|part| !part.is_empty()).eq(TOKEN_PATH.split('/').skip(1)) {
            return invalid("it is the token's", "Ask for a token with `token`, which does the handshake.");
        }
        if let Some(version) = api_version {
            if version.is_empty()
                || !version.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
            {
                return invalid("its api-version is malformed", "An api-version is a date, for example 2020-06-01.");
            }
        }
        Ok(GetOperation { path: plain, query, api_version })
    }

    fn url(&self, endpoint: &Endpoint, api_version: &str) -> Url {
        let mut url = below(&endpoint.base, self.path);
        url.set_query(self.query);
        if !self.query.is_some_and(|query| query.to_ascii_lowercase().contains("api-version=")) {
            url.query_pairs_mut().append_pair("api-version", api_version);
        }
        url
    }
}

/// The path with its percent-encoded ASCII decoded.
fn decoded(path: &str) -> String {
    let mut parts = path.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if byte.is_ascii() => {
                text.push(char::from(byte));
                text.push_str(&part[2..]);
            }
            _ => text.extend(["%", part]),
        }
    }
    text
}

impl Operation for GetOperation<'_> {
    type Output = String;

    fn api_version(&self, source: Source) -> &str {
        self.api_version.unwrap_or(source.metadata_api_version())
    }

    fn attempt<'a>(&'a self, this: &'a Try<'a>) -> BoxFuture<'a, Result<String, Failure>> {
        Box::pin(async move { Ok(self.ask(this).await?.1) })
    }
}

impl GetOperation<'_> {
    /// The answer, and its body as text.
    async fn ask(&self, this: &Try<'_>) -> Result<(Response, String), Failure> {
        let Some(endpoint) = this.settings.plan.endpoint() else {
            return Err(Failure::last(Error::new(Kind::Unavailable, "no source was chosen")));
        };
        let url = self.url(endpoint, this.api_version);
        let response = this
            .send(Request {
                url: &url,
                metadata_header: true,
                key: None,
                address: None,
                body_limit: METADATA_BODY_LIMIT,
            })
            .await?;
        if !(200..300).contains(&response.status) {
            return Err(this.failure(&response, false, None));
        }
        match std::str::from_utf8(response.body.as_slice()) {
            Ok(text) => {
                let text = text.to_owned();
                Ok((response, text))
            }
            Err(_) => Err(unusable(this, &response, "the metadata service's answer is not UTF-8")),
        }
    }
}

/// The instance metadata document.
pub(crate) struct InstanceOperation;

impl Operation for InstanceOperation {
    type Output = Metadata;

    fn api_version(&self, source: Source) -> &str {
        source.metadata_api_version()
    }

    fn attempt<'a>(&'a self, this: &'a Try<'a>) -> BoxFuture<'a, Result<Metadata, Failure>> {
        Box::pin(async move {
            let get = GetOperation { path: INSTANCE_PATH, query: None, api_version: None };
            let (response, text) = get.ask(this).await?;
            Metadata::parse(text).map_err(|error| unusable(this, &response, error.message()))
        })
    }
}

/// The error for a complete answer that cannot be used.
fn unusable(this: &Try<'_>, response: &Response, what: &str) -> Failure {
    let error = Error::new(Kind::ResponseInvalid, what)
        .with_hint("Something else than the service may be answering: look at what listens on that port.");
    Failure::last(Words::of(response, None).into_error(error, response, this.seams.clock.wall()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let endpoint = Endpoint::from_base(Source::Imds, "http://localhost:1", "x").unwrap();
        let url = |path: &str| GetOperation::new(path, None).map(|get| get.url(&endpoint, "V").to_string());
        assert_eq!(url("/metadata/instance").unwrap(), "http://localhost:1/metadata/instance?api-version=V");
        assert_eq!(
            url("/metadata/instance/compute/name?format=text").unwrap(),
            "http://localhost:1/metadata/instance/compute/name?format=text&api-version=V"
        );
        assert_eq!(
            url("/metadata/versions?api-version=1").unwrap(),
            "http://localhost:1/metadata/versions?api-version=1"
        );
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
        ] {
            assert_eq!(GetOperation::new(path, None).unwrap_err().kind(), Kind::InvalidArgument, "{path:?}");
        }
        assert!(GetOperation::new("/metadata/instance", Some("2020&x=1")).is_err());
    }
}
