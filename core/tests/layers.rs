//! The rule of ARCHITECTURE.md: a file uses its own folder, folders below it, and the names; never one above, and never
//! in a circle. Read from the sources' own paths, tests left out.

#![allow(clippy::disallowed_methods, reason = "reads the sources themselves")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// From the client down to the operating system. What is not listed is a name of the API or a helper, for all to use.
const ORDER: [&str; 10] =
    ["fuzzing", "builder", "client", "diagnose", "cache", "protocol", "http", "discovery", "call", "os"];

/// A file's imports, as module paths like `http::retry` (`client` for a file at the top).
type Imports = BTreeMap<String, BTreeSet<String>>;

#[test]
fn no_import_runs_up_and_none_in_a_circle() {
    let imports = imports(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(imports.len() > 40, "the sources are found: {}", imports.len());
    let links: usize = imports.values().map(BTreeSet::len).sum();
    assert!(links > 100, "their imports are found: {links}");
    assert_eq!(upward(&imports), Vec::<String>::new());
    assert_eq!(circle(&imports), None);
}

#[test]
fn an_upward_import_and_a_circle_are_found() {
    let made = |links: &[(&str, &str)]| {
        let mut imports = Imports::new();
        for (from, to) in links {
            imports.entry((*from).to_owned()).or_default().insert((*to).to_owned());
            imports.entry((*to).to_owned()).or_default();
        }
        imports
    };
    let upward_one = made(&[("http::retry", "cache::store"), ("cache::store", "http::date"), ("os::clock", "error")]);
    assert_eq!(upward(&upward_one), ["http::retry uses cache::store"]);
    assert_eq!(upward(&made(&[("error", "call::limits")])), ["error uses call::limits"]);
    assert!(circle(&made(&[("http::a", "http::b"), ("http::b", "http::a")])).is_some());
    assert_eq!(circle(&made(&[("http::a", "http::b"), ("http::b", "os::c")])), None);
}

#[test]
fn paths_are_read_in_every_form() {
    let names = BTreeMap::from([("Kind".to_owned(), "kind".to_owned())]);
    let text = "use crate::{Kind, json};\nuse super::retry::{Policy, decide};\nfn f() { crate::os::fork::process_id() }\n\
                #[cfg(test)]\nmod tests { use crate::client::Client; }\n";
    let modules = ["json", "http::retry", "os::fork", "kind", "client"].map(str::to_owned).into();
    let found: Vec<_> = read(text, "http::answer", &names, &modules).into_iter().collect();
    assert_eq!(found, ["http::retry", "json", "kind", "os::fork"]);
}

/// The layer of a module: its place in the order, or the names below all.
fn layer(module: &str) -> usize {
    let folder = module.split("::").next().unwrap_or_default();
    ORDER.iter().position(|name| *name == folder).unwrap_or(ORDER.len())
}

fn upward(imports: &Imports) -> Vec<String> {
    let mut found = Vec::new();
    for (from, targets) in imports {
        found.extend(targets.iter().filter(|to| layer(to) < layer(from)).map(|to| format!("{from} uses {to}")));
    }
    found
}

/// A circle of files, if there is one.
fn circle(imports: &Imports) -> Option<Vec<&str>> {
    fn visit<'a>(at: &'a str, imports: &'a Imports, path: &mut Vec<&'a str>, done: &mut BTreeSet<&'a str>) -> bool {
        if let Some(start) = path.iter().position(|module| *module == at) {
            path.drain(..start);
            return true;
        }
        if done.contains(at) {
            return false;
        }
        path.push(at);
        for to in imports.get(at).into_iter().flatten() {
            if visit(to, imports, path, done) {
                return true;
            }
        }
        path.pop();
        done.insert(at);
        false
    }
    let (mut path, mut done) = (Vec::new(), BTreeSet::new());
    imports.keys().any(|module| visit(module, imports, &mut path, &mut done)).then_some(path)
}

fn imports(src: &Path) -> Imports {
    let files = files(src);
    let modules: BTreeSet<String> = files.keys().cloned().collect();
    let names = public_names(&fs::read_to_string(src.join("lib.rs")).unwrap());
    let of = |(module, path): (&String, &PathBuf)| {
        (module.clone(), read(&fs::read_to_string(path).unwrap(), module, &names, &modules))
    };
    files.iter().map(of).collect()
}

/// The source files by module path. Left out: tests, and mod.rs and lib.rs, which only name what is there.
fn files(src: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let mut folders = vec![src.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if !matches!(&*name, "mod" | "lib" | "testing" | "tests") && !name.ends_with("_tests") {
                let module = path.strip_prefix(src).unwrap().with_extension("");
                found.insert(module.to_string_lossy().replace('/', "::"), path);
            }
        }
    }
    found
}

/// What `lib.rs` re-exports: `pub use kind::Kind;` makes `crate::Kind` lead to `kind`.
fn public_names(lib: &str) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for statement in lib.split(';').filter_map(|text| text.trim().strip_prefix("pub use ")) {
        let (module, items) = statement.split_once("::").unwrap();
        for item in items.trim_matches(['{', '}']).split(',') {
            names.insert(item.trim().to_owned(), module.to_owned());
        }
    }
    names
}

/// The modules that a file's paths lead to.
fn read(text: &str, module: &str, names: &BTreeMap<String, String>, modules: &BTreeSet<String>) -> BTreeSet<String> {
    let code: String = text.lines().map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n").collect();
    let end = ["#[cfg(test)]", "#[cfg(all(test"].iter().filter_map(|mark| code.find(mark)).min().unwrap_or(code.len());
    let code = &code[..end];
    let folder = module.rsplit_once("::").map_or("", |(folder, _)| folder);
    let above = folder.rsplit_once("::").map_or("", |(folder, _)| folder);
    let mut found = BTreeSet::new();
    for (start, base) in [("crate::", ""), ("super::super::", above), ("super::", folder)] {
        for (at, _) in code.match_indices(start) {
            if code[..at].ends_with("super::") || code[at + start.len()..].starts_with("super::") {
                continue;
            }
            for path in expanded(&code[at + start.len()..]) {
                let path = if base.is_empty() { path } else { format!("{base}::{path}") };
                found.extend(target(&path, names, modules));
            }
        }
    }
    found.remove(module);
    found
}

/// The paths that begin here: one, or those of a group in braces.
fn expanded(text: &str) -> Vec<String> {
    let head: String = text.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect();
    let Some(group) = text[head.len()..].strip_prefix('{') else { return vec![head] };
    let (mut depth, mut item, mut found) = (0, String::new(), Vec::new());
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                found.extend(expanded(item.trim()).iter().map(|path| format!("{head}{path}")));
                if c == '}' {
                    break;
                }
                item.clear();
                continue;
            }
            _ => {}
        }
        item.push(c);
    }
    found
}

/// The module that a path leads to: a file, or the file behind a name of `lib.rs` or behind a folder's re-export.
fn target(path: &str, names: &BTreeMap<String, String>, modules: &BTreeSet<String>) -> Option<String> {
    let mut prefix = path;
    loop {
        if modules.contains(prefix) {
            return Some(prefix.to_owned());
        }
        match prefix.rsplit_once("::") {
            Some((shorter, _)) => prefix = shorter,
            None => break,
        }
    }
    if let Some(module) = names.get(path) {
        return target(module, names, modules).or_else(|| Some(module.clone()));
    }
    // A folder that re-exports: what it gives lies somewhere below it.
    let folder: Vec<&str> = path.split("::").collect();
    (1..folder.len())
        .rev()
        .map(|parts| folder[..parts].join("::"))
        .find(|folder| modules.iter().any(|module| module.starts_with(&format!("{folder}::"))))
}
