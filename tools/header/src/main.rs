//! `himds-header`: writes `include/himds.h` and `ffi-c/symbols.txt` from `ffi-c/src`, or, with `--check`, says whether
//! the committed ones are up to date.
//!
//! Each file of `ffi-c/src` is a section of the header: its module comment is the heading, then come its constants, its
//! type and its functions. cbindgen writes one section at a time, so that a type stands next to its functions.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use cbindgen::{Builder, Config, DocumentationStyle, FunctionConfig, Language, Style};

/// The files in the order of the header: a type comes before the functions that take it. `testing.rs` is left out: it
/// is not shipped.
const SECTIONS: [&str; 9] = ["status", "error", "text", "options", "cancel", "request", "token", "metadata", "client"];

/// What C calls the parameter types of `pointers.rs`.
const PARAMETERS: [(&str, &str); 4] =
    [("TextIn", "const char *"), ("BufferOut", "char *"), ("LengthOut", "size_t *"), ("ErrorOut", "himds_error **")];

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
            return Err(format!("{file} does not match ffi-c/src: run `make header` and commit the result"));
        }
    }
    Ok(())
}

fn header(root: &Path) -> Result<String, String> {
    let mut sections = String::new();
    for name in SECTIONS {
        sections.push_str(&section(&root.join(format!("ffi-c/src/{name}.rs")))?);
    }
    Ok(include_str!("../himds.h.in").replace("@VERSION@", env!("CARGO_PKG_VERSION")).replace("@SECTIONS@\n", &sections))
}

fn section(path: &Path) -> Result<String, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let source = fs::read_to_string(path).map_err(|error| failed(&error))?;
    let bindings = Builder::new().with_config(config()).with_src(path).generate().map_err(|error| failed(&error))?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    let declarations = String::from_utf8(text).map_err(|error| failed(&error))?;
    Ok(format!("{}\n{}\n", heading(&source), tidy(&declarations)))
}

/// The module comment as a comment of C, its `# Title` in capitals.
fn heading(source: &str) -> String {
    let mut text = String::from("/*\n");
    for line in source.lines().map_while(|line| line.strip_prefix("//!")) {
        match line.strip_prefix(" # ") {
            Some(title) => text.push_str(&format!(" * {}\n", title.to_uppercase())),
            None => text.push_str(&format!(" *{line}\n")),
        }
    }
    text + " */\n"
}

fn config() -> Config {
    let mut config = Config {
        language: Language::C,
        no_includes: true,
        style: Style::Type,
        usize_is_size_t: true,
        documentation_style: DocumentationStyle::Doxy,
        function: FunctionConfig { prefix: Some(PREFIX.to_owned()), ..FunctionConfig::default() },
        ..Config::default()
    };
    config.export.rename = PARAMETERS.map(|(ours, c)| (ours.to_owned(), c.to_owned())).into();
    config
}

/// cbindgen puts the prefix of longer functions on a line of its own: move it to where the shorter ones have it. And it
/// writes a space after each type's name, which ends in `*` here for some.
fn tidy(declarations: &str) -> String {
    let mut text = String::new();
    let mut indent = false;
    for line in declarations.trim_start().lines() {
        if line == PREFIX {
            text.push_str("HIMDS_API ");
            indent = true;
            continue;
        }
        if line.starts_with(" *") || line.starts_with("/**") {
            text.push_str(line);
        } else {
            if indent && line.starts_with(' ') {
                text.push_str("          ");
            }
            indent &= !line.ends_with(';');
            text.push_str(&line.replace("* ", "*"));
        }
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
