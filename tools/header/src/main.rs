//! `himds-header`: writes `include/himds.h` and `ffi-c/symbols.txt` from `ffi-c/src`, or, with `--check`, says whether
//! the committed ones are up to date.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, process};

use cbindgen::{Builder, Config, DocumentationStyle, FunctionConfig, Language, Style};

/// The files in the order in which a reader of the header wants them. `testing.rs` is left out: it is not shipped.
const SOURCES: [&str; 9] = ["status", "options", "client", "request", "cancel", "token", "metadata", "text", "error"];

/// The parameter types that cbindgen would give a name of their own, as C has them.
const PLAIN_TYPES: [(&str, &str); 4] = [
    ("TextIn<'_>", "*const c_char"),
    ("BufferOut<'_>", "*mut c_char"),
    ("LengthOut<'_>", "Option<&mut MaybeUninit<usize>>"),
    ("ErrorOut<'_>", "Option<&mut MaybeUninit<*mut himds_error>>"),
];

/// Before each declaration.
const PREFIX: &str = "HIMDS_API";

fn main() -> ExitCode {
    let check = match env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => {
            eprintln!("usage: himds-header [--check]");
            return ExitCode::from(2);
        }
    };
    match run(check) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("himds-header: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(check: bool) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let header = header(&root)?;
    let symbols = symbols(&header);
    for (file, text) in [("include/himds.h", header), ("ffi-c/symbols.txt", symbols)] {
        let path = root.join(file);
        if !check {
            fs::write(&path, text).map_err(|error| format!("cannot write {file}: {error}"))?;
        } else if fs::read_to_string(&path).ok().as_deref() != Some(&text) {
            return Err(format!("{file} is not what ffi-c/src says: run `make header` and commit it"));
        }
    }
    Ok(())
}

fn header(root: &Path) -> Result<String, String> {
    let mut source = String::new();
    for name in SOURCES {
        let path = root.join(format!("ffi-c/src/{name}.rs"));
        let text = fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        source.extend(text.lines().filter(|line| !line.starts_with("//!")).flat_map(|line| [line, "\n"]));
    }
    for (ours, plain) in PLAIN_TYPES {
        source = source.replace(ours, plain);
    }
    let file = env::temp_dir().join(format!("himds-header-{}.rs", process::id()));
    fs::write(&file, source).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    let bindings = Builder::new().with_config(config()).with_src(&file).generate();
    let removed = fs::remove_file(&file);
    let mut text = Vec::new();
    bindings.map_err(|error| error.to_string())?.write(&mut text);
    removed.map_err(|error| format!("cannot remove {}: {error}", file.display()))?;
    Ok(one_line_prefix(&String::from_utf8(text).map_err(|error| error.to_string())?))
}

fn config() -> Config {
    Config {
        language: Language::C,
        header: Some(include_str!("../preamble.h").trim_end().to_owned()),
        after_includes: Some(include_str!("../api.h").replace("@VERSION@", env!("CARGO_PKG_VERSION"))),
        cpp_compat: true,
        include_guard: Some("HIMDS_H".to_owned()),
        no_includes: true,
        sys_includes: vec!["stddef.h".to_owned(), "stdint.h".to_owned()],
        style: Style::Type,
        usize_is_size_t: true,
        documentation_style: DocumentationStyle::Doxy,
        function: FunctionConfig { prefix: Some(PREFIX.to_owned()), ..FunctionConfig::default() },
        ..Config::default()
    }
}

/// cbindgen puts the prefix of longer functions on a line of its own; put it where the shorter ones have it.
fn one_line_prefix(header: &str) -> String {
    let mut text = String::new();
    let mut indent = false;
    for line in header.lines() {
        if line == PREFIX {
            text.push_str("HIMDS_API ");
            indent = true;
            continue;
        }
        if indent && line.starts_with(' ') {
            text.push_str("          ");
        }
        indent &= !line.ends_with(';');
        // C89 has no other comments.
        text.push_str(&line.replace("// __cplusplus", "/* __cplusplus */"));
        text.push('\n');
    }
    text
}

/// The names of the exported functions, sorted, one a line.
fn symbols(header: &str) -> String {
    let mut names: Vec<&str> = header
        .lines()
        .filter(|line| line.starts_with("HIMDS_API "))
        .filter_map(|line| line.split('(').next()?.rsplit([' ', '*']).next())
        .collect();
    names.sort_unstable();
    names.join("\n") + "\n"
}
