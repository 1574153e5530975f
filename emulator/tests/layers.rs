//! The order of the emulator's modules. A file uses its own folder and those below it in this list, never one above,
//! and no two files need each other:
//!
//! ```text
//! emulator     the API's one object: starts and ends everything
//! impostor     what takes the agent's port and relays
//! expectation  how many requests a test expects
//! serve        a connection and the exchanges on it, and the admin path
//! services     what HIMDS, IMDS, OpenID, ARM and Key Vault answer
//! state        what changes while it runs: key files, tokens, the log
//! config       the sections of the configuration file
//! faults       deviations from the normal behaviour
//! http         a listening port, a request, an answer
//! clock, error
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Top first, as above.
const ORDER: [&str; 11] =
    ["emulator", "impostor", "expectation", "serve", "services", "state", "config", "faults", "http", "clock", "error"];

/// What a file uses, by the path of modules from the crate's root: `["http", "answer"]`.
type Module = Vec<String>;

#[test]
fn no_file_uses_a_folder_above_its_own() {
    for (module, uses) in &imports() {
        for used in uses {
            let (from, to) = (position(&module[0]), position(&used[0]));
            assert!(from <= to, "{} uses {}, which is above it", module.join("::"), used.join("::"));
        }
    }
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let mut imports = imports();
    // What uses nothing that is left is part of no circle: taken away again and again, circles stay.
    loop {
        let modules: BTreeSet<Module> = imports.keys().cloned().collect();
        let before = imports.len();
        imports.retain(|_, uses| uses.iter().any(|used| modules.contains(used)));
        if imports.len() == before {
            break;
        }
    }
    assert!(imports.is_empty(), "these use each other in a circle, or what does: {:#?}", imports.keys());
}

/// Each file's imports. Folders' `mod.rs` and `lib.rs` only list what there is.
fn imports() -> BTreeMap<Module, BTreeSet<Module>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    ORDER.iter().for_each(|name| collect(&root, Path::new(name), &mut files));
    assert!(files.len() > 20, "{files:?}");
    let modules: Vec<Module> = files.iter().map(|file| module(file)).collect();
    let imports = files.iter().zip(&modules).map(|(file, module)| {
        let text = fs::read_to_string(root.join(file)).unwrap();
        (module.clone(), uses(&text, module, &modules))
    });
    imports.collect()
}

/// The files of Rust at a place, which is a folder or a file without its ending.
fn collect(root: &Path, at: &Path, files: &mut Vec<PathBuf>) {
    if !root.join(at).is_dir() {
        return files.push(at.with_extension("rs"));
    }
    for entry in fs::read_dir(root.join(at)).unwrap() {
        let entry = at.join(entry.unwrap().file_name());
        let is_code = entry.extension().is_none_or(|ending| ending == "rs") && !entry.ends_with("mod.rs");
        if is_code {
            collect(root, &entry.with_extension(""), files);
        }
    }
}

fn module(file: &Path) -> Module {
    file.with_extension("").iter().map(|step| step.to_str().unwrap().to_owned()).collect()
}

/// The files of ours that a file names, outside of its comments and tests.
fn uses(text: &str, module: &Module, modules: &[Module]) -> BTreeSet<Module> {
    let code = text.split("#[cfg(test)]").next().unwrap();
    let mut found = BTreeSet::new();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for (start, folder) in [("crate::", &module[..0]), ("super::", &module[..module.len() - 1])] {
            for after in line.split(start).skip(1) {
                found.extend(named(after, folder).iter().flat_map(|path| files_of(path, modules)));
            }
        }
    }
    found.remove(module);
    found
}

/// The paths that text after `crate::` or `super::` names: one, or several in braces.
fn named(after: &str, folder: &[String]) -> Vec<Module> {
    let steps = |text: &str| -> Module {
        let path = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).next().unwrap();
        folder.iter().cloned().chain(path.split("::").filter(|step| !step.is_empty()).map(str::to_owned)).collect()
    };
    match after.strip_prefix('{') {
        Some(list) => list.trim_end_matches(['}', ';']).split(',').map(|name| steps(name.trim())).collect(),
        None => vec![steps(after)],
    }
}

/// The file that a path leads into; if it names a folder, whose `mod.rs` re-exports something, all files there.
fn files_of(path: &[String], modules: &[Module]) -> Vec<Module> {
    if let Some(file) = modules.iter().find(|file| path.starts_with(file)) {
        return vec![file.clone()];
    }
    let below = |folder: &[String]| modules.iter().filter(|file| file.starts_with(folder)).cloned().collect::<Vec<_>>();
    let found = (1..=path.len()).rev().map(|length| below(&path[..length])).find(|found| !found.is_empty());
    found.unwrap_or_else(|| panic!("{} is not a module of ours", path.join("::")))
}

fn position(folder: &str) -> usize {
    ORDER.iter().position(|name| *name == folder).unwrap_or_else(|| panic!("{folder} has no place in the order"))
}

#[test]
fn every_module_has_a_place_in_the_order() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found: Vec<String> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        // The program and the scenarios use the library by its public API.
        .filter(|name| !["lib", "program", "conformance"].contains(&name.as_str()))
        .collect();
    found.sort();
    let mut expected = ORDER.map(str::to_owned);
    expected.sort();
    assert_eq!(found, expected);
}
