//! The rules that need no file: which name, how large, what content. Pure.

use std::path::Path;

use crate::http::prose::one_line;
use crate::os::cause::words;
use crate::os::commands::{LISTENERS, RIGHTS};
use crate::os::peer::Readers;
use crate::secret::Secret;
use crate::{Error, Kind};

/// A key, and who can read its file.
#[derive(Debug)]
pub(crate) struct KeyFile {
    pub(crate) secret: Secret,
    pub(crate) readers: Readers,
}

/// The most that a key file may hold.
pub(super) const LARGEST: u64 = 4096;

/// No file system has longer names.
const LONGEST_NAME: usize = 255;
/// What a challenge says may be of any length: a path that cannot be one is not kept.
const LONGEST_PATH: usize = 4096;

/// The file's name, if the realm is the token directory, one separator and a name in `[A-Za-z0-9._-]+` that ends
/// in `.key`. Everything else, a path that merely leads there included, is *key_file_rejected*.
pub(crate) fn name<'a>(realm: &'a str, directory: &str) -> Result<&'a str, Error> {
    name_by(realm, directory, cfg!(windows))
}

/// `windows`: either separator will do and letter case does not matter.
fn name_by<'a>(realm: &'a str, directory: &str, windows: bool) -> Result<&'a str, Error> {
    let separators: &[char] = if windows { &['/', '\\'] } else { &['/'] };
    let directory = directory.trim_end_matches(separators);
    let alike = |a: &str, b: &str| match windows {
        false => a == b,
        true => a.replace('/', "\\").eq_ignore_ascii_case(&b.replace('/', "\\")),
    };
    let inside = realm.rfind(separators).filter(|&end| alike(&realm[..end], directory)).map(|end| &realm[end + 1..]);
    let ends_well = |name: &str| match windows {
        false => name.ends_with(".key"),
        true => name.len() >= 4 && name.as_bytes()[name.len() - 4..].eq_ignore_ascii_case(b".key"),
    };
    let plain =
        |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    inside
        .filter(|name| (".key".len() + 1..=LONGEST_NAME).contains(&name.len()) && plain(name) && ends_well(name))
        .ok_or_else(|| {
            rejected(Path::new(realm), &format!("the challenge must name a file *.key directly in {directory:?}"))
            .with_hint(format!(
                "If the agent keeps its keys elsewhere, name that directory in the option token_dir. If nothing was \
                 moved, something other than the agent is answering: check with `{LISTENERS}`."
            ))
        })
}

/// The key in the file's content: trailing white space trimmed, visible ASCII only.
pub(crate) fn key(content: &[u8], path: &Path) -> Result<Secret, Error> {
    let trimmed = content.trim_ascii_end();
    if trimmed.is_empty() {
        return Err(rejected(path, "it holds no key"));
    }
    match std::str::from_utf8(trimmed) {
        Ok(text) if text.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Secret::new(text.to_owned())),
        _ => Err(rejected(path, "its content is not visible ASCII")),
    }
}

pub(super) fn check_size(size: u64, path: &Path) -> Result<(), Error> {
    match size {
        0 => Err(rejected(path, "it is empty")),
        1..=LARGEST => Ok(()),
        _ => Err(rejected(path, &format!("it has more than {LARGEST} bytes"))),
    }
}

pub(super) fn rejected(path: &Path, why: &str) -> Error {
    // The path may be what the challenge says, of any length.
    let path_shown = one_line(&path.to_string_lossy());
    let mut error = Error::new(Kind::KeyFileRejected, format!("the key file {path_shown} was not used: {why}"))
        .with_hint(format!(
            "The key in it is the machine's identity, so it is read under strict rules. Check the directory with \
             `{RIGHTS}`: it must belong to the agent, and nobody else may write to it."
        ));
    error.details_mut().file = (path.as_os_str().len() <= LONGEST_PATH).then(|| path.to_owned());
    error
}

pub(super) fn unreadable(path: &Path, what: &str, cause: &std::io::Error, hint: String) -> Error {
    let words = words(cause);
    let mut error = Error::new(Kind::KeyFileUnreadable, format!("cannot read {what}{}: {words}", path.display()));
    let details = error.details_mut();
    details.hint = Some(hint);
    details.os_error = cause.raw_os_error();
    details.file = Some(path.to_owned());
    error
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    const DIRECTORY: &str = "/var/opt/azcmagent/tokens";

    #[test]
    fn realms_on_unix() {
        let table = [
            ("/var/opt/azcmagent/tokens/a.key", Some("a.key")),
            ("/var/opt/azcmagent/tokens/406109b6-e357_4a7f.A.key", Some("406109b6-e357_4a7f.A.key")),
            ("/var/opt/azcmagent/tokens/..key", Some("..key")),
            ("/var/opt/azcmagent/tokens/.key", None),
            ("/var/opt/azcmagent/tokens/a.KEY", None),
            ("/var/opt/azcmagent/tokens/a.key.txt", None),
            ("/var/opt/azcmagent/tokens/a key.key", None),
            ("/var/opt/azcmagent/tokens/\u{e4}.key", None),
            ("/var/opt/azcmagent/tokens//a.key", None),
            ("/var/opt/azcmagent/tokens/./a.key", None),
            ("/var/opt/azcmagent/tokens/../a.key", None),
            ("/var/opt/azcmagent/tokens/b/a.key", None),
            ("/var/opt/azcmagent/tokens/..", None),
            ("/var/opt/azcmagent/tokens", None),
            ("/var/opt/azcmagent/Tokens/a.key", None),
            ("//var/opt/azcmagent/tokens/a.key", None),
            ("/etc/shadow", None),
            ("a.key", None),
            ("file:///var/opt/azcmagent/tokens/a.key", None),
            ("", None),
            (&format!("{DIRECTORY}/{}.key", "a".repeat(251)), Some(&format!("{}.key", "a".repeat(251)))),
            (&format!("{DIRECTORY}/{}.key", "a".repeat(252)), None),
        ];
        for (realm, expected) in table {
            let result = name_by(realm, DIRECTORY, false);
            assert_eq!(result.as_ref().ok().copied(), expected, "{realm}");
            if let Err(error) = result {
                assert_eq!(error.kind(), Kind::KeyFileRejected);
            }
        }
        assert_eq!(name_by("/t/a.key", "/t/", false).unwrap(), "a.key");
        for long in ["/x".repeat(150_000), format!("{DIRECTORY}/{}.key", "x".repeat(300_000))] {
            let error = name_by(&long, DIRECTORY, false).unwrap_err();
            assert!(error.message().len() < 1000, "a server's words are cut where they are shown");
            assert_eq!(error.file(), None, "nor kept");
        }
    }

    #[test]
    fn realms_on_windows() {
        const DIRECTORY: &str = r"C:\ProgramData\AzureConnectedMachineAgent\Tokens";
        for realm in [
            r"C:\ProgramData\AzureConnectedMachineAgent\Tokens\a.key",
            r"c:\programdata\azureconnectedmachineagent\tokens\a.KEY",
            "C:/ProgramData/AzureConnectedMachineAgent/Tokens/a.key",
        ] {
            assert!(name_by(realm, DIRECTORY, true).is_ok(), "{realm}");
        }
        for realm in [
            r"C:\ProgramData\AzureConnectedMachineAgent\Tokens\a.key:stream",
            r"C:\ProgramData\AzureConnectedMachineAgent\Tokens\..\a.key",
            r"\\server\share\a.key",
            r"D:\ProgramData\AzureConnectedMachineAgent\Tokens\a.key",
        ] {
            assert!(name_by(realm, DIRECTORY, true).is_err(), "{realm}");
        }
    }

    #[test]
    fn only_a_file_of_a_sensible_size() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::create_dir(path("d.key")).unwrap();
        std::fs::write(path("empty.key"), "").unwrap();
        std::fs::write(path("big.key"), "x".repeat(4097)).unwrap();
        std::fs::write(path("full.key"), "x".repeat(4096)).unwrap();
        for name in ["d.key", "empty.key", "big.key"] {
            let error = read(directory.path(), name, Path::new("/")).unwrap_err();
            assert_eq!(error.kind(), Kind::KeyFileRejected, "{name}");
        }
        assert!(read(directory.path(), "full.key", Path::new("/")).is_ok());
    }

    #[test]
    fn contents() {
        let path = Path::new("/t/a.key");
        for (content, expected) in [
            (&b"abc"[..], Some("abc")),
            (b"abc \r\n\t\n", Some("abc")),
            (b"a+/=~!", Some("a+/=~!")),
            (b" abc", None),
            (b"a b", None),
            (b"a\nb", None),
            (b"a\0", None),
            (b"\xff", None),
            (b"\n", None),
            (b"", None),
        ] {
            let result = key(content, path);
            assert_eq!(result.as_ref().ok().map(Secret::expose), expected, "{content:?}");
        }
        assert!(check_size(0, path).is_err() && check_size(4097, path).is_err());
        assert!(check_size(1, path).is_ok() && check_size(4096, path).is_ok());
    }
}
