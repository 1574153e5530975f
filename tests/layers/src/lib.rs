//! What the files of a crate may use: themselves, their folder, and what stands below them in the crate's order; never
//! one above, and never each other in a circle.
#![allow(clippy::disallowed_methods, reason = "reads the sources themselves")]

mod paths;
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What each file uses, as module paths: `http::retry`, or `http` for what stands in `http/mod.rs` itself.
pub type Imports = BTreeMap<String, BTreeSet<String>>;

/// Panics if a file below `src`, a path from the repository's root, uses one above it, or files use each other in a
/// circle.
///
/// The order is of files and folders at the top of `src`, from the top down. What it leaves out may be used by all, and
/// may itself use nothing that it names.
pub fn check(src: &str, order: &[&str]) {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(src);
    let imports = sources::imports(&src);
    let links: usize = imports.values().map(BTreeSet::len).sum();
    assert!(links >= imports.len(), "{}: {} files, but only {links} imports were found", src.display(), imports.len());
    for name in order {
        assert!(
            imports.keys().any(|module| top(module) == *name),
            "{name} is in the order, and not in {}",
            src.display()
        );
    }
    assert_eq!(upward(&imports, order), Vec::<String>::new(), "these run up");
    assert_eq!(circle(&imports), None, "these use each other in a circle");
}

fn top(module: &str) -> &str {
    module.split("::").next().unwrap_or_default()
}

fn upward(imports: &Imports, order: &[&str]) -> Vec<String> {
    let layer = |module: &str| order.iter().position(|name| *name == top(module)).unwrap_or(order.len());
    let links = imports.iter().flat_map(|(from, targets)| targets.iter().map(move |to| (from, to)));
    // The root lists what there is.
    links
        .filter(|(from, to)| !from.is_empty() && layer(to) < layer(from))
        .map(|(from, to)| format!("{from} uses {to}"))
        .collect()
}

fn circle(imports: &Imports) -> Option<Vec<&str>> {
    fn visit<'a>(at: &'a str, imports: &'a Imports, path: &mut Vec<&'a str>, done: &mut BTreeSet<&'a str>) -> bool {
        if let Some(start) = path.iter().position(|module| *module == at) {
            path.drain(..start);
            return true;
        }
        if !done.insert(at) {
            return false;
        }
        path.push(at);
        if imports.get(at).into_iter().flatten().any(|to| visit(to, imports, path, done)) {
            return true;
        }
        path.pop();
        false
    }
    let (mut path, mut done) = (Vec::new(), BTreeSet::new());
    imports.keys().any(|module| visit(module, imports, &mut path, &mut done)).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(links: &[(&str, &str)]) -> Imports {
        let mut imports = Imports::new();
        for (from, to) in links {
            imports.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        imports
    }

    #[test]
    fn an_upward_import_is_found() {
        const ORDER: &[&str] = &["cache", "http", "os"];
        let links = made(&[("http::retry", "cache::store"), ("cache::store", "http::date"), ("os::clock", "error")]);
        assert_eq!(upward(&links, ORDER), ["http::retry uses cache::store"]);
        assert_eq!(upward(&made(&[("error", "os::clock")]), ORDER), ["error uses os::clock"]);
    }

    #[test]
    fn a_circle_is_found() {
        let links = made(&[("client", "http::a"), ("http::a", "http::b"), ("http::b", "os"), ("os", "http::a")]);
        assert_eq!(circle(&links), Some(vec!["http::a", "http::b", "os"]));
        assert_eq!(circle(&made(&[("http::a", "http::b"), ("http::b", "os::c"), ("http::a", "os::c")])), None);
    }
}
