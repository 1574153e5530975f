//! The addresses that a service may have: the rules that keep key and token on this machine.

use std::net::Ipv4Addr;

use url::{Host, Url};

use crate::secret::REDACTED;
use crate::{Error, Kind, Source};

/// The path of the token endpoint, the same for both services.
pub(crate) const TOKEN_PATH: &str = "/metadata/identity/oauth2/token";
/// The agent's port; it cannot be configured.
pub(crate) const HIMDS_BASE: &str = "http://127.0.0.1:40342";
/// The link-local address of a VM's IMDS.
pub(crate) const IMDS_BASE: &str = "http://169.254.169.254";

const IMDS_ADDRESS: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);

/// The addresses of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Tokens are requested here.
    pub(crate) token: Url,
    /// Metadata paths (`/metadata/...`) lie below this.
    pub(crate) base: Url,
}

impl Endpoint {
    /// From a base URL. `name` says where the value comes from, for the error.
    pub(crate) fn from_base(source: Source, text: &str, name: &str) -> Result<Self, Error> {
        let base = checked(source, text, name)?;
        Ok(Endpoint { token: below(&base, TOKEN_PATH), base })
    }

    /// From the option `endpoint`: a base URL, or a token URL with the usual path.
    pub(crate) fn from_option(source: Source, text: &str) -> Result<Self, Error> {
        let mut base = checked(source, text, "the option endpoint")?;
        if !matches!(base.path(), "/" | TOKEN_PATH) {
            return Err(forbidden(text, "the option endpoint", &format!("it has the path {:?}", base.path()))
                .with_hint(format!(
                    "Give the base URL alone (for example {}): the paths are added to it.",
                    base_example(source)
                )));
        }
        base.set_path("/");
        Ok(Endpoint { token: below(&base, TOKEN_PATH), base })
    }

    /// From the agent's two variables: the token URL as it stands, and the base of the metadata.
    pub(crate) fn from_pair(identity: &str, imds: &str, place: &str) -> Result<Self, Error> {
        Ok(Endpoint {
            token: checked(Source::Himds, identity, &format!("IDENTITY_ENDPOINT{place}"))?,
            base: checked(Source::Himds, imds, &format!("IMDS_ENDPOINT{place}"))?,
        })
    }
}

/// `path` appended to the base, whose own path is kept.
pub(crate) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

/// The URL, if key and token may be sent there.
fn checked(source: Source, text: &str, name: &str) -> Result<Url, Error> {
    let refuse = |why: &str| {
        forbidden(text, name, why)
            .with_hint(format!("It must be a plain http URL of this machine, like {}.", base_example(source)))
    };
    // The URL parser drops tabs and line breaks and turns backslashes round: such text is not an endpoint.
    if let Some(character) = text.chars().find(|c| c.is_control() || c.is_whitespace() || *c == '\\') {
        return Err(refuse(&format!("it holds the character {character:?}")));
    }
    if !has_plain_host(text) {
        return Err(refuse("its host is neither an address nor a name in plain ASCII"));
    }
    let url = Url::parse(text).map_err(|error| refuse(&format!("it is not a URL ({error})")))?;
    if url.scheme() != "http" {
        return Err(refuse("its scheme is not http"));
    }
    // The parser also takes `http:host` and `http:///host`, which others read otherwise.
    let authority = text.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next()).unwrap_or("");
    if authority.is_empty() {
        return Err(refuse("it has no host after \"http://\""));
    }
    if authority.contains('@') || !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("it contains user information"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("it has a query or a fragment"));
    }
    if url.port() == Some(0) {
        return Err(refuse("0 is not a port"));
    }
    let allowed = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback() || (source == Source::Imds && address == IMDS_ADDRESS),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if !allowed {
        let hosts = match source {
            Source::Himds => "a loopback address (127.0.0.0/8, ::1 or localhost)",
            Source::Imds => "169.254.169.254 or a loopback address",
        };
        return Err(refuse(&format!("its host is not {hosts}, and a token is never requested elsewhere")));
    }
    Ok(url)
}

/// Whether the host is written as an address or a plain name. No address that is asked is written otherwise, and `idna`
/// without Unicode's tables is not made for such names: it panics in a debug build.
pub(crate) fn has_plain_host(text: &str) -> bool {
    let rest = text.split_once(':').map_or("", |(_, rest)| rest).trim_start_matches(['/', '\\']);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.is_ascii() && !host.contains('%')
}

fn base_example(source: Source) -> &'static str {
    match source {
        Source::Himds => "http://localhost:40342",
        Source::Imds => IMDS_BASE,
    }
}

fn forbidden(text: &str, name: &str, why: &str) -> Error {
    Error::new(Kind::Configuration, format!("{name} ({:?}) cannot be used: {why}", shown_url(text)))
}

/// User information can hold a password: such a value is not repeated.
pub(crate) fn shown_url(text: &str) -> &str {
    if text.contains('@') { REDACTED } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_asked() {
        let table = [
            (Source::Himds, "http://localhost:40342", true),
            (Source::Himds, "http://LOCALHOST:40342/", true),
            (Source::Himds, "http://127.0.0.1:40342", true),
            (Source::Himds, "http://127.8.9.1", true),
            (Source::Himds, "http://[::1]:40342", true),
            (Source::Himds, "http://169.254.169.254", false),
            (Source::Imds, "http://169.254.169.254", true),
            (Source::Imds, "http://169.254.169.254:80/", true),
            (Source::Imds, "http://localhost:1", true),
            (Source::Imds, "http://169.254.169.253", false),
            (Source::Imds, "http://[fd00:ec2::254]", false),
            (Source::Himds, "http://[::ffff:127.0.0.1]:1", false),
            (Source::Himds, "http://localhost.:1", false),
            (Source::Himds, "http://localhost.example:1", false),
            (Source::Himds, "http://10.0.0.1", false),
            (Source::Himds, "http://agent:40342", false),
            (Source::Himds, "https://localhost:40342", false),
            (Source::Himds, "file:///var/opt/azcmagent", false),
            (Source::Himds, "http://user@localhost:1", false),
            (Source::Himds, "http://user:pass@localhost:1", false),
            (Source::Himds, "http://@localhost:1", false),
            (Source::Himds, "http:user:pass@localhost:1", false),
            (Source::Himds, "http:///user:pass@localhost:1", false),
            (Source::Himds, "http:localhost:1", false),
            (Source::Himds, "http:///localhost:1", false),
            (Source::Himds, "http:user:pass@localhost:1/a//b", false),
            (Source::Himds, "http://localhost:0", false),
            (Source::Himds, "http://localhost:1?x", false),
            (Source::Himds, "http://localhost:1?", false),
            (Source::Himds, "http://localhost:1#f", false),
            (Source::Himds, "http://local\thost:1", false),
            (Source::Himds, " http://localhost:1", false),
            (Source::Himds, "http:\\\\localhost:1", false),
            (Source::Himds, "localhost:40342", false),
            (Source::Himds, "http://K\u{ff}", false),
            (Source::Himds, "http:IN\u{fffd}st:40342", false),
            (Source::Himds, "http://K%C3%BF", false),
            (Source::Himds, "http://x@K\u{ff}", false),
            (Source::Himds, "http://XN--KA", false),
            (Source::Himds, "", false),
        ];
        for (source, text, allowed) in table {
            let result = Endpoint::from_base(source, text, "x");
            assert_eq!(result.is_ok(), allowed, "{source} {text:?}: {result:?}");
            if let Err(error) = result {
                assert_eq!(error.kind(), Kind::Configuration);
                assert!(error.hint().is_some());
            }
        }
    }

    #[test]
    fn the_option_is_a_base_or_the_usual_token_url() {
        let expected = "http://localhost:5/metadata/identity/oauth2/token";
        for text in ["http://localhost:5", "http://localhost:5/", expected] {
            let endpoint = Endpoint::from_option(Source::Himds, text).unwrap();
            assert_eq!((endpoint.token.as_str(), endpoint.base.as_str()), (expected, "http://localhost:5/"));
        }
        for text in ["http://localhost:5/metadata", "http://localhost:5//", &format!("{expected}/")] {
            assert_eq!(Endpoint::from_option(Source::Himds, text).unwrap_err().kind(), Kind::Configuration, "{text}");
        }
    }

    #[test]
    fn the_agents_pair_keeps_its_paths() {
        let pair = Endpoint::from_pair("http://localhost:1/own/token", "http://127.0.0.1:2/below/", "").unwrap();
        assert_eq!(pair.token.as_str(), "http://localhost:1/own/token");
        assert_eq!(below(&pair.base, "/metadata/instance").as_str(), "http://127.0.0.1:2/below/metadata/instance");
    }

    #[test]
    fn a_password_is_not_repeated() {
        let error = Endpoint::from_option(Source::Himds, "http://user:hunter2@localhost").unwrap_err();
        assert!(!format!("{error:?} {error}").contains("hunter2"));
    }
}
