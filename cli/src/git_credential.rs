//! `himds git-credential`: git's password helper for Azure DevOps.
//!
//! git writes `name=value` lines and an empty one; the answer has the same form (gitcredentials(7), git-credential(1)).

use himds::AccessToken;

use crate::arguments::{Command, Matches, Operand, Values};
use crate::common::client;
use crate::failure::Outcome;
use crate::streams::Streams;

pub(crate) const COMMAND: Command = Command {
    name: "git-credential",
    about: "give git a token for Azure DevOps",
    details: "\
Speaks git's protocol for credential helpers on standard input and output. Answers for dev.azure.com and
*.visualstudio.com over https, and for nothing else: git then asks the next helper. git 2.46 and newer get a bearer token,
older ones get it as a password. `store` and `erase` do nothing: the service keeps the token.",
    operand: Some(Operand {
        name: "get|store|erase",
        help: "the operation, which git adds itself",
        required: true,
        values: Values::Of(&["get", "store", "erase"]),
    }),
    options: &[],
    asks: true,
    without: &[],
    answers: true,
    example: "git config --global credential.https://dev.azure.com.helper '!himds git-credential'",
    run,
};

/// Azure DevOps, in every tenant.
const AZURE_DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";

fn run(matches: &Matches, streams: &mut Streams<'_>) -> Outcome {
    match matches.operand()?.unwrap_or_default() {
        "get" => get(matches, streams),
        "capability" => {
            streams.answer("version 0\ncapability authtype\n")?;
            Ok(0)
        }
        // A later git may know further operations; helpers ignore those.
        _ => Ok(0),
    }
}

fn get(matches: &Matches, streams: &mut Streams<'_>) -> Outcome {
    let request = Request::parse(&streams.input("what git asks")?);
    if request.is_for_azure_devops() {
        let token = client(matches)?.token(AZURE_DEVOPS)?;
        streams.answer(&request.answer(&token))?;
    }
    Ok(0)
}

/// What git requests.
#[derive(Debug, Default, PartialEq, Eq)]
struct Request {
    protocol: String,
    host: String,
    username: String,
    takes_bearer: bool,
}

impl Request {
    /// Unknown attributes are ignored, as the protocol wants; of several with one name the last counts.
    fn parse(text: &str) -> Self {
        let mut request = Request::default();
        let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        for (name, value) in lines.take_while(|line| !line.is_empty()).filter_map(|line| line.split_once('=')) {
            match name {
                "protocol" => request.protocol = value.to_owned(),
                "host" => request.host = value.to_owned(),
                "username" => request.username = value.to_owned(),
                "capability[]" => request.takes_bearer |= value == "authtype",
                _ => {}
            }
        }
        request
    }

    /// Whether the token may be sent there: by https, to a name that is Azure DevOps's own.
    fn is_for_azure_devops(&self) -> bool {
        let host = self.host.to_ascii_lowercase();
        let name = match host.split_once(':') {
            Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            Some(_) => return false,
            None => host.as_str(),
        };
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
        let organisation = name.strip_suffix(".visualstudio.com").unwrap_or_default();
        let of_organisation = !organisation.is_empty() && organisation.split('.').all(|label| !label.is_empty());
        self.protocol == "https" && plain && (name == "dev.azure.com" || of_organisation)
    }

    /// The lines for git. It uses the token until it expires, and keeps it in no store.
    fn answer(&self, token: &AccessToken) -> String {
        let expiry = format!("password_expiry_utc={}", token.expires_on_unix());
        if self.takes_bearer {
            let token = token.secret();
            return format!("capability[]=authtype\nauthtype=Bearer\ncredential={token}\nephemeral=1\n{expiry}\n");
        }
        // Azure DevOps takes any name, but git wants one.
        let username = if self.username.is_empty() { "username=himds\n" } else { "" };
        format!("{username}password={}\n{expiry}\n", token.secret())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_ends_at_an_empty_line() {
        let text = "protocol=https\r\nhost=dev.azure.com\nwwwauth[]=Basic realm=\"x\"\ncapability[]=authtype\nodd\n\nhost=evil";
        let request = Request::parse(text);
        assert_eq!((request.protocol.as_str(), request.host.as_str()), ("https", "dev.azure.com"));
        assert!(request.takes_bearer && request.is_for_azure_devops());
        assert!(!Request::parse("capability[]=state\n").takes_bearer);
        assert!(!Request::parse("").is_for_azure_devops());
    }

    #[test]
    fn the_token_goes_to_azure_devops_alone() {
        let goes = |protocol: &str, host: &str| {
            Request { protocol: protocol.to_owned(), host: host.to_owned(), ..Request::default() }.is_for_azure_devops()
        };
        for host in [
            "dev.azure.com",
            "DEV.Azure.com",
            "dev.azure.com:443",
            "dev.azure.com:8443",
            "org.visualstudio.com",
            "a.b.visualstudio.com",
        ] {
            assert!(goes("https", host), "{host}");
            assert!(!goes("http", host), "{host}");
            assert!(!goes("HTTPS", host), "{host}");
        }
        for host in [
            "",
            "azure.com",
            "dev.azure.com.evil.example",
            "dev.azure.com.",
            "evildev.azure.com",
            "x.dev.azure.com",
            "visualstudio.com",
            ".visualstudio.com",
            "x..visualstudio.com",
            "evilvisualstudio.com",
            "org.visualstudio.com.evil.example",
            "evil.example/.visualstudio.com",
            "evil.example:443.visualstudio.com",
            "evil.example@dev.azure.com",
            "evil.example#.visualstudio.com",
            "dev.azure.com:",
            "dev.azure.com:x",
            "dev.azure.com:443:1",
            "evil.example%00.visualstudio.com",
            "127.0.0.1",
        ] {
            assert!(!goes("https", host), "{host}");
        }
    }
}
