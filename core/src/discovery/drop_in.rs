//! The agent's systemd drop-in: the variables that services see and login shells do not.

use std::io::Read;
use std::path::Path;

/// Where the agent puts it (below the file system's root).
pub(crate) const PATH: &str = "lib/systemd/system.conf.d/azcmagent.conf";

/// The agent's pair of variables in the file below this root. An unreadable or strange file counts as absent; Windows
/// does not have it.
#[allow(clippy::disallowed_methods, reason = "local evidence below the injected root")]
pub(crate) fn read(root: &Path) -> Option<(String, String)> {
    const LARGEST: u64 = 1 << 20;
    let path = root.join(PATH);
    // Anything but a file may block for ever, or never end.
    std::fs::metadata(&path).ok().filter(|metadata| metadata.is_file())?;
    let mut text = String::new();
    std::fs::File::open(path).ok()?.take(LARGEST).read_to_string(&mut text).ok()?;
    endpoints(&text)
}

/// `IDENTITY_ENDPOINT` and `IMDS_ENDPOINT` from the text of the file, if both are set and not empty. Text that is
/// not a drop-in counts as absent.
pub(crate) fn endpoints(text: &str) -> Option<(String, String)> {
    let variables = default_environment(text)?;
    let find = |name: &str| {
        let (_, value) = variables.iter().rev().find(|(variable, _)| variable == name)?;
        (!value.is_empty()).then(|| value.clone())
    };
    Some((find("IDENTITY_ENDPOINT")?, find("IMDS_ENDPOINT")?))
}

/// The assignments of every `DefaultEnvironment=` in `[Manager]` (systemd-system.conf(5), systemd.syntax(7)): lines
/// ending in a backslash go on, `#` and `;` begin comments, an empty value forgets what came before.
fn default_environment(text: &str) -> Option<Vec<(String, String)>> {
    let mut variables = Vec::new();
    let mut in_manager = false;
    for line in logical_lines(text) {
        let line = line.trim();
        if let Some(section) = line.strip_prefix('[') {
            in_manager = section == "Manager]";
        } else if in_manager {
            let Some((key, value)) = line.split_once('=') else { continue };
            if key.trim_end() == "DefaultEnvironment" {
                let words = words(value.trim_start())?;
                if words.is_empty() {
                    variables.clear();
                }
                variables.extend(words.iter().filter_map(|word| word.split_once('=')).map(own));
            }
        }
    }
    Some(variables)
}

fn own((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Lines with their continuations joined by a space; comments, also those between continued lines, left out.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut continued: Option<String> = None;
    for line in text.lines() {
        if line.trim_start().starts_with(['#', ';']) {
            continue;
        }
        let mut whole = continued.take().unwrap_or_default();
        match line.strip_suffix('\\') {
            Some(start) => {
                whole.push_str(start);
                whole.push(' ');
                continued = Some(whole);
            }
            None => {
                whole.push_str(line);
                lines.push(whole);
            }
        }
    }
    lines.extend(continued);
    lines
}

/// The words of a value: separated by white space, quoted by `"` or `'`, with C-style escapes. `None` if a quote
/// or an escape is broken.
fn words(value: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut characters = value.chars().peekable();
    loop {
        while characters.next_if(|c| c.is_whitespace()).is_some() {}
        if characters.peek().is_none() {
            return Some(words);
        }
        let mut word = String::new();
        let mut quote = None;
        while let Some(character) = characters.next() {
            match (character, quote) {
                ('\\', _) => word.push(escaped(&mut characters)?),
                (c, Some(q)) if c == q => quote = None,
                ('"' | '\'', None) => quote = Some(character),
                (c, None) if c.is_whitespace() => break,
                (c, _) => word.push(c),
            }
        }
        if quote.is_some() {
            return None;
        }
        words.push(word);
    }
}

/// What follows a backslash, in systemd's list of C-style escapes.
fn escaped(characters: &mut impl Iterator<Item = char>) -> Option<char> {
    Some(match characters.next()? {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        's' => ' ',
        'x' => number(characters, "", 2, 16)?,
        'u' => number(characters, "", 4, 16)?,
        'U' => number(characters, "", 8, 16)?,
        first @ '0'..='7' => number(characters, first.encode_utf8(&mut [0; 4]), 3, 8)?,
        other @ ('\\' | '"' | '\'') => other,
        _ => return None,
    })
}

/// A character named by exactly `digits` digits, the first of which may have been read already.
fn number(characters: &mut impl Iterator<Item = char>, read: &str, digits: usize, radix: u32) -> Option<char> {
    let text: String = read.chars().chain(characters.take(digits - read.len())).collect();
    if text.len() != digits {
        return None;
    }
    u32::from_str_radix(&text, radix).ok().and_then(char::from_u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITY: &str = "http://localhost:40342/metadata/identity/oauth2/token";
    const IMDS: &str = "http://localhost:40342";

    #[test]
    fn the_agents_pair_in_every_way_of_writing_it() {
        let i = IDENTITY;
        for text in [
            format!("[Manager]\nDefaultEnvironment=\"IDENTITY_ENDPOINT={i}\" \"IMDS_ENDPOINT={IMDS}\"\n"),
            format!(
                "# the agent's\n[Manager]\r\nDefaultEnvironment = 'IDENTITY_ENDPOINT={i}'   IMDS_ENDPOINT={IMDS}\r\n"
            ),
            format!("[Manager]\nDefaultEnvironment=IDENTITY_ENDPOINT={i} \\\n; between\n  IMDS_ENDPOINT={IMDS}"),
            format!(
                "[Manager]\nDefaultEnvironment=IDENTITY_ENDPOINT=x IMDS_ENDPOINT=y\nDefaultEnvironment=\nDefaultEnvironment=IDENTITY_ENDPOINT={i}\nDefaultEnvironment=\"IMDS_ENDPOINT\\x3d{IMDS}\""
            ),
            format!(
                "[Manager]\nLogLevel=info\nDefaultEnvironment=A=1 IDENTITY_ENDPOINT=old IDENTITY_ENDPOINT={i} IMDS_ENDPOINT={IMDS}"
            ),
        ] {
            assert_eq!(endpoints(&text), Some((IDENTITY.to_owned(), IMDS.to_owned())), "{text}");
        }
    }

    #[test]
    fn strange_text_counts_as_absent() {
        for text in [
            "",
            "IDENTITY_ENDPOINT=a\nIMDS_ENDPOINT=b",
            "DefaultEnvironment=IDENTITY_ENDPOINT=a IMDS_ENDPOINT=b",
            "[Service]\nDefaultEnvironment=IDENTITY_ENDPOINT=a IMDS_ENDPOINT=b",
            "[Manager]\nDefaultEnvironment=IDENTITY_ENDPOINT=a",
            "[Manager]\nDefaultEnvironment=IDENTITY_ENDPOINT=a IMDS_ENDPOINT=",
            "[Manager]\nDefaultEnvironment=\"IDENTITY_ENDPOINT=a IMDS_ENDPOINT=b",
            "[Manager]\nDefaultEnvironment=IDENTITY_ENDPOINT=a\\q IMDS_ENDPOINT=b",
            "[Manager]\nDefaultEnvironment=IDENTITY_ENDPOINT=a IMDS_ENDPOINT=\\x3",
        ] {
            assert_eq!(endpoints(text), None, "{text}");
        }
    }
}
