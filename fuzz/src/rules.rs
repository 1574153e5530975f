//! The rules that keep key and token on this machine.

use std::net::IpAddr;

use himds::fuzzing;
use himds::{Kind, Source};
use url::Host;

use crate::oracle::{assert_usable, texts};

const DIRECTORY: &str = "/var/opt/azcmagent/tokens";

/// Header values, one a line: at most one realm, and only of one plain Basic challenge.
pub(crate) fn challenge(data: &[u8]) {
    let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    match fuzzing::challenge(&lines) {
        Ok(realm) => {
            assert!(lines.len() == 1 && !realm.is_empty() && !realm.contains(['"', '\n', '\0']), "{realm:?}");
            let header = String::from_utf8(lines[0].to_vec()).expect("text");
            assert!(header.trim().to_ascii_lowercase().starts_with("basic ") && header.contains(&*realm));
        }
        Err(error) => {
            assert_eq!(error.kind(), Kind::ChallengeInvalid);
            assert_usable(&error);
        }
    }
}

/// A realm, then a file's content: a name is directly in the directory, a key is visible ASCII.
pub(crate) fn key_file(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (realm, content) = (String::from_utf8_lossy(&data[..end]), data.get(end + 1..).unwrap_or_default());
    match fuzzing::key_file_name(&realm, DIRECTORY) {
        Ok(name) => {
            assert_eq!(realm, format!("{DIRECTORY}/{name}"));
            assert!(name.ends_with(".key") && !name.contains(['/', '\\', '\0', '~', ':']) && name.len() <= 255);
        }
        Err(error) => {
            assert_eq!(error.kind(), Kind::KeyFileRejected);
            assert_usable(&error);
        }
    }
    match fuzzing::key_file_content(content) {
        Ok(key) => {
            assert!(!key.is_empty() && content.starts_with(key.as_bytes()));
            assert!(key.bytes().all(|byte| byte.is_ascii_graphic()));
            assert!(content[key.len()..].iter().all(u8::is_ascii_whitespace), "a key is all of the file");
        }
        Err(error) => {
            assert_eq!(error.kind(), Kind::KeyFileRejected);
            assert_usable(&error);
            // Two texts say it for every content, so that nothing of it is in them.
            let of = |content: &[u8]| texts(&fuzzing::key_file_content(content).expect_err("no key"));
            assert!([of(b""), of(b"\0")].contains(&texts(&error)));
        }
    }
}

/// A drop-in names both variables, or nothing; whatever it names goes through the rules of endpoints.
pub(crate) fn drop_in(data: &[u8]) {
    if let Some((identity, imds)) = fuzzing::drop_in(&String::from_utf8_lossy(data)) {
        assert!(!identity.is_empty() && !imds.is_empty());
        assert_local(Source::Himds, &identity);
        assert_local(Source::Himds, &imds);
    }
}

/// An endpoint that is taken is this machine's, or IMDS's one address.
pub(crate) fn endpoint(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    assert_local(Source::Himds, &text);
    assert_local(Source::Imds, &text);
    // The same by way of the environment.
    let variable = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
    let variables = [variable("IDENTITY_ENDPOINT", &text), variable("IMDS_ENDPOINT", &text)];
    let builder =
        variables.into_iter().fold(himds::Client::builder().source(Source::Himds), |builder, (name, value)| {
            builder.environment_variable(name, value)
        });
    match fuzzing::hurried(builder, 1, "/nowhere".as_ref()) {
        Ok(client) => assert_eq!(client.source(), Some(Source::Himds)),
        Err(error) => assert_eq!(error.kind(), Kind::Configuration),
    }
}

fn assert_local(source: Source, text: &str) {
    match fuzzing::endpoint(source, text) {
        Ok((token, base)) => {
            for url in [token, base] {
                let address = match url.host().expect("a host") {
                    Host::Ipv4(address) => IpAddr::V4(address),
                    Host::Ipv6(address) => IpAddr::V6(address),
                    Host::Domain(name) => {
                        assert_eq!(name, "localhost");
                        continue;
                    }
                };
                let imds = source == Source::Imds && address == IpAddr::from([169, 254, 169, 254]);
                assert!(address.is_loopback() || imds, "{text:?} leads to {url}");
                assert!(url.scheme() == "http" && url.username().is_empty() && url.password().is_none());
                assert!(url.query().is_none() && url.fragment().is_none() && url.port() != Some(0));
            }
        }
        Err(error) => {
            assert_eq!(error.kind(), Kind::Configuration);
            assert_usable(&error);
        }
    }
}
