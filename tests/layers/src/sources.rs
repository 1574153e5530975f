//! The imports of a crate, read from its sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::Imports;
use crate::paths::{Modules, behind, children, code, expanded, re_exports};

/// What each file of the crate uses.
pub(crate) fn imports(src: &Path) -> Imports {
    let (mut texts, mut modules) = (BTreeMap::new(), Modules::default());
    let root = if src.join("lib.rs").exists() { "lib" } else { "main" };
    for file in files(src) {
        let (module, is_folder) = module(file.strip_prefix(src).expect("a file of the crate"), root);
        let text = code(&fs::read_to_string(&file).expect("a source"));
        let text = match is_folder {
            true => {
                let (named, rest) = re_exports(&text);
                modules.names.extend(named.iter().filter_map(|path| name(&module, path)));
                modules.folders.insert(module.clone());
                rest
            }
            false => text,
        };
        modules.files.insert(module.clone());
        texts.insert(module, text);
    }
    let uses = |(module, text): (&String, &String)| (module.clone(), uses(text, module, &modules));
    let mut imports: Imports = texts.iter().map(uses).collect();
    // A file that uses a folder by its name may use all that it gives.
    for (name, leads) in &modules.names {
        let Some((folder, _)) = name.rsplit_once("::") else { continue };
        if let (Some(face), Some(target)) = (imports.get_mut(folder), modules.target(leads)) {
            face.insert(target);
        }
    }
    imports
}

/// The sources below a folder, without files of tests.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            // A program in a folder of its own is another crate.
            found.extend(if path.join("main.rs").exists() { Vec::new() } else { files(&path) });
        } else if path.extension().is_some_and(|ending| ending == "rs")
            && !matches!(&*name, "testing" | "tests" | "traps")
            && !name.ends_with("_tests")
        {
            found.push(path);
        }
    }
    found
}

/// A file's module path, and whether it is the face of a folder; `root` is that of the crate.
fn module(file: &Path, root: &str) -> (String, bool) {
    let without_ending = file.with_extension("");
    let steps: Vec<_> = without_ending.iter().map(|step| step.to_string_lossy().into_owned()).collect();
    match steps.last().is_some_and(|last| last == "mod" || last == root) {
        true => (steps[..steps.len() - 1].join("::"), true),
        false => (steps.join("::"), false),
    }
}

/// A name that a folder gives: `kind::Kind` in `lib.rs` makes `Kind` lead there.
fn name(folder: &str, path: &str) -> Option<(String, String)> {
    let (_, last) = path.rsplit_once("::")?;
    let path = path.strip_prefix("crate::").map_or_else(|| below(folder, path), str::to_owned);
    Some((below(folder, last), path)).filter(|(name, path)| name != path)
}

fn below(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}::{path}") }
}

/// The files that this one's paths lead into.
fn uses(text: &str, module: &str, modules: &Modules) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in behind(text, "crate::").flat_map(expanded) {
        let target = modules.target(&path);
        found.insert(target.unwrap_or_else(|| panic!("{module} uses crate::{path}, which leads to no module of ours")));
    }
    for (supers, path) in ["super::super::", "super::"].into_iter().flat_map(|start| {
        let supers = start.matches("super").count();
        behind(text, start)
            .filter(|after| !after.starts_with("super::"))
            .flat_map(move |after| expanded(after).into_iter().map(move |path| (supers, path)))
    }) {
        // In a module inside the file, the first `super` is the file itself.
        let bases = [supers, supers - 1].map(|steps| above(module, steps));
        found.extend(bases.iter().find_map(|base| modules.target(&below(base, &path)).filter(|target| target != base)));
    }
    for child in children(text) {
        if behind(text, &format!("{child}::")).next().is_some() {
            found.extend(modules.target(&below(module, child)));
        }
    }
    found.remove(module);
    found
}

fn above(module: &str, steps: usize) -> &str {
    (0..steps).fold(module, |path, _| path.rsplit_once("::").map_or("", |(above, _)| above))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules() -> Modules {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Modules {
            files: set(&["json", "kind", "client", "http", "http::answer", "http::retry", "os::fork", "os::peer"]),
            folders: set(&["", "http"]),
            names: [("Kind", "kind::Kind"), ("http::Retry", "http::retry::Retry")]
                .map(|(name, leads)| (name.to_owned(), leads.to_owned()))
                .into(),
        }
    }

    #[test]
    fn paths_are_read_in_every_form() {
        let text = "use crate::{Kind,\n    http::{Retry, answer::{self, Failure}}};\nuse super::super::client;\n\
                    fn f() { crate::os::fork::process_id() }\n// crate::json\n\
                    struct S {\n    #[cfg(test)]\n    field: super::json::Value,\n}\n\
                    mod inner {\n    use super::super::peer;\n    #[cfg(test)]\n    mod tests {\n        use crate::x;\n    }\n}\n\
                    #[cfg(all(test, unix))]\n#[allow(unused)]\nmod tests {\n    use crate::nothing;\n}\n";
        let found: Vec<_> = uses(&code(text), "os::clock", &modules()).into_iter().collect();
        assert_eq!(found, ["client", "http::answer", "http::retry", "kind", "os::fork", "os::peer"]);
        let supers = uses("use super::json;\nmod b {\n    use super::super::kind;\n}", "client", &modules());
        assert_eq!(supers.into_iter().collect::<Vec<_>>(), ["json", "kind"]);
    }

    #[test]
    fn a_module_of_its_own_is_used_by_its_name() {
        let text = "mod answer;\n#[cfg(unix)]\nmod retry;\nfn f() { retry::decide() }\n";
        assert_eq!(uses(text, "http", &modules()).into_iter().collect::<Vec<_>>(), ["http::retry"]);
    }

    #[test]
    #[should_panic(expected = "leads to no module of ours")]
    fn a_path_that_cannot_be_read_is_not_passed_over() {
        uses("use crate::elsewhere::Thing;", "client", &modules());
    }

    #[test]
    fn what_a_folder_gives_is_named_by_its_face() {
        let face = "mod kind;\npub(crate) use kind::{Kind, Other as Another};\nuse kind::helper;\nconst A: u8 = 1;\n";
        let (named, rest) = re_exports(face);
        assert_eq!(named, ["kind::Kind", "kind::Other"]);
        assert!(rest.contains("use kind::helper") && rest.contains("const A"), "{rest}");
        assert_eq!(name("http", "kind::Kind"), Some(("http::Kind".to_owned(), "http::kind::Kind".to_owned())));
    }
}
