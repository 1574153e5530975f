//! The paths in a text of Rust, and what they lead to.

use std::collections::{BTreeMap, BTreeSet};

/// The modules of a crate, and what its folders re-export.
#[derive(Default)]
pub(crate) struct Modules {
    /// Files, by path: `http::retry`.
    pub(crate) files: BTreeSet<String>,
    /// Folders: `http`; the crate's root is "".
    pub(crate) folders: BTreeSet<String>,
    /// `http::Retry` to `http::retry::Retry`.
    pub(crate) names: BTreeMap<String, String>,
}

impl Modules {
    /// The file that this path from the crate's root leads into. `None` if there is no such module.
    pub(crate) fn target(&self, path: &str) -> Option<String> {
        let mut prefix = path;
        loop {
            // A file may share its name with what it gives: `event::event`.
            if self.files.contains(prefix) && !self.folders.contains(prefix) {
                return Some(prefix.to_owned());
            }
            if let Some(leads) = self.names.get(prefix) {
                return self.target(leads);
            }
            if self.folders.contains(prefix) {
                return Some(prefix.to_owned());
            }
            prefix = prefix.rsplit_once("::")?.0;
        }
    }
}

/// The code without comments, test modules and re-exports.
pub(crate) fn code(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut code: String = lines.flat_map(|line| [line, "\n"]).collect();
    while let Some((start, end)) = test_module(&code) {
        code.replace_range(start..end, "");
    }
    code
}

/// Where a module of tests begins and ends: in the sources' format, at a brace of the same indent.
fn test_module(code: &str) -> Option<(usize, usize)> {
    for (start, _) in
        code.match_indices("#[cfg(").filter(|(at, _)| code[*at..].lines().next().unwrap_or_default().contains("test"))
    {
        let item = code[start..].lines().find(|line| !line.trim_start().starts_with('#')).unwrap_or_default();
        if item.trim_start().starts_with("mod ") && item.ends_with('{') {
            let indent = &item[..item.len() - item.trim_start().len()];
            let close = format!("\n{indent}}}\n");
            return Some((start, start + code[start..].find(&close)? + close.len()));
        }
    }
    None
}

/// The statements that name things for others (`pub use kind::Kind;`), as the paths behind `use`; and the rest of the code.
pub(crate) fn re_exports(code: &str) -> (Vec<String>, String) {
    let (mut found, mut rest) = (Vec::new(), String::new());
    for statement in code.split_inclusive(';') {
        let public = statement.rfind("pub").filter(|at| is_public_use(&statement[*at..]));
        match public {
            Some(at) => {
                let paths = statement[at..].split_once("use ").map_or("", |(_, paths)| paths);
                found.extend(expanded(paths.trim_end_matches(';')));
                rest.push_str(&statement[..at]);
            }
            None => rest.push_str(statement),
        }
    }
    (found, rest)
}

fn is_public_use(text: &str) -> bool {
    let after = text.trim_start_matches("pub");
    let after = if after.starts_with('(') { after.split_once(')').map_or("", |(_, after)| after) } else { after };
    after.trim_start().starts_with("use ")
}

/// The modules that are declared in this code, `mod name;`.
pub(crate) fn children(code: &str) -> Vec<&str> {
    let declared = code.lines().filter_map(|line| line.trim().strip_suffix(';'));
    declared.filter_map(|line| line.rsplit_once("mod ").map(|(_, name)| name)).filter(|name| is_name(name)).collect()
}

fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The places in the code behind this beginning of a path (`crate::`), but not inside a longer word or path.
pub(crate) fn behind<'a>(code: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    let begins = |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
    code.match_indices(start).filter(move |(at, _)| begins(*at)).map(|(at, _)| &code[at + start.len()..])
}

/// The paths that begin here: one, or those of a group in braces.
pub(crate) fn expanded(text: &str) -> Vec<String> {
    let text = text.trim_start();
    let head: String = text.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect();
    let Some(group) = text[head.len()..].strip_prefix('{') else { return vec![head] };
    let (mut depth, mut item, mut found) = (0, String::new(), Vec::new());
    for c in group.chars() {
        match c {
            ',' | '}' if depth == 0 => {
                if !item.trim().is_empty() {
                    found.extend(expanded(&item).iter().map(|path| format!("{head}{path}")));
                }
                if c == '}' {
                    break;
                }
                item.clear();
                continue;
            }
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        item.push(c);
    }
    found
}
