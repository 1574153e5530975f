//! Verdicts: printed one a line, counted, and written for other programs.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Serialize;

use super::verdict::{Line, Verdict};
use crate::Error;

/// Everything that was run.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) driver: String,
    pub(crate) scenarios: Vec<Line>,
}

impl Report {
    /// Prints it, unless that is not wanted, and keeps it.
    pub(crate) fn add(&mut self, line: Line, quiet: bool) {
        match line.verdict {
            Verdict::Passed if quiet => {}
            Verdict::Passed => println!("ok {}", line.name),
            Verdict::Failed => {
                println!("FAILED {}: {}\n       rule: {}", line.name, line.why.replace('\n', " | "), line.rule);
            }
            Verdict::Skipped => println!("skipped {}: {}", line.name, line.why),
        }
        self.scenarios.push(line);
    }

    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.scenarios.iter().filter(|line| line.verdict == verdict).count()
    }

    /// "3 passed, 1 failed, 0 skipped" of one basis.
    pub(crate) fn totals_of(&self, protocol: bool) -> String {
        let of = |verdict| {
            self.scenarios.iter().filter(|line| line.verdict == verdict && line.is_protocol() == protocol).count()
        };
        let (passed, failed, skipped) = (of(Verdict::Passed), of(Verdict::Failed), of(Verdict::Skipped));
        format!("{passed} passed, {failed} failed, {skipped} skipped")
    }

    pub(crate) fn write_json(&self, file: &Path) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        write(file, &(text + "\n"))
    }

    /// JUnit's XML, as CI systems read it.
    pub(crate) fn write_junit(&self, file: &Path) -> Result<(), String> {
        let (failed, skipped) = (self.count(Verdict::Failed), self.count(Verdict::Skipped));
        let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
        let total = self.scenarios.len();
        let _ = writeln!(
            xml,
            "<testsuite name=\"himds-emulator conformance\" tests=\"{total}\" failures=\"{failed}\" skipped=\"{skipped}\">"
        );
        for line in &self.scenarios {
            let (topic, case) = line.name.split_once(": ").unwrap_or(("", &line.name));
            let class = escaped(&format!("{}.{topic}", line.basis));
            let _ = write!(xml, "  <testcase classname=\"{class}\" name=\"{}\"", escaped(case));
            let _ = match line.verdict {
                Verdict::Passed => writeln!(xml, "/>"),
                Verdict::Failed => {
                    let (rule, why) = (escaped(&line.rule), escaped(&line.why));
                    writeln!(xml, "><failure message=\"{rule}\">{why}</failure></testcase>")
                }
                Verdict::Skipped => writeln!(xml, "><skipped message=\"{}\"/></testcase>", escaped(&line.why)),
            };
        }
        xml.push_str("</testsuite>\n");
        write(file, &xml)
    }
}

/// Whether a report can go there; what the file holds is left alone.
pub(crate) fn writable(file: &Path) -> Result<(), String> {
    let opened = fs::OpenOptions::new().create(true).append(true).open(file);
    opened.map(drop).map_err(Error::file(file))?;
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    Ok(fs::write(file, text).map_err(Error::file(file))?)
}

/// For XML, which has no control characters at all.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(' '),
            other if other.is_control() || matches!(other, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junit_is_xml_whatever_the_texts_hold() {
        let line = |name: &str, verdict, why: &str| Line {
            name: name.into(),
            rule: "A \"rule\" & more".into(),
            basis: "protocol".into(),
            verdict,
            why: why.into(),
        };
        let scenarios = vec![line("a: x", Verdict::Passed, ""), line("a: <y>", Verdict::Failed, "got \u{1}\nnothing")];
        let file = tempfile::NamedTempFile::new().unwrap();
        Report { driver: String::new(), scenarios }.write_junit(file.path()).unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        assert!(text.contains("tests=\"2\" failures=\"1\" skipped=\"0\""), "{text}");
        assert!(text.contains("classname=\"protocol.a\" name=\"&lt;y&gt;\""), "{text}");
        assert!(text.contains("message=\"A &quot;rule&quot; &amp; more\">got \u{fffd} nothing<"), "{text}");
    }
}
