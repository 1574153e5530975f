//! What `check` says of a configuration's names: those that nothing here has, and rules that never apply.

use super::config::Config;
use super::nearest::{RESOURCES, nearest, nearest_resource};
use super::units::{ROOT, all as running};
use crate::front::canonical;

/// Rules that an earlier one leaves nothing to: of two that allow the same, the first counts.
pub(crate) fn never_counting(config: &Config) -> Vec<String> {
    let rules = config.rules.iter().enumerate();
    let pairs =
        rules.filter_map(|(index, rule)| Some((config.rules[..index].iter().find(|it| it.covers(rule))?, rule)));
    pairs
        .map(|(earlier, rule)| {
            format!(
                "rule {:?} never applies: rule {:?} before it allows everything that it does",
                rule.name, earlier.name
            )
        })
        .collect()
}

/// The nearest name that there is, as a question.
pub(crate) fn meant(name: &str, known: &[String]) -> String {
    nearest(name, known.iter().map(String::as_str)).map_or_else(String::new, |near| format!("; did you mean {near:?}?"))
}

/// Names that nothing here has, each with the nearest that there is.
pub(crate) fn unknown(config: &Config, units: &[String], accounts: &[String]) -> Vec<String> {
    let mut warnings = Vec::new();
    for rule in &config.rules {
        let mut warn = |text: String| warnings.push(format!("rule {:?}: {text}", rule.name));
        if let Some(unit) = rule.unit.as_ref().filter(|unit| !is_unit(unit, units)) {
            warn(format!("the unit {unit:?} does not exist here{}", meant(unit, units)));
        }
        for (kind, name) in rule.without_account() {
            warn(format!("the {kind} {name:?} does not exist here{}", meant(name, accounts)));
        }
        for resource in &rule.resources {
            warnings.extend(another_resource(resource).map(|text| format!("rule {:?}: {text}", rule.name)));
        }
    }
    warnings
}

/// The known resource that is meant, if it is another than this.
pub(crate) fn another_resource(resource: &str) -> Option<String> {
    let bare = canonical(resource);
    let near = nearest_resource(&bare).filter(|_| !RESOURCES.iter().any(|known| canonical(known) == bare))?;
    Some(format!("{resource:?} is not a resource that is known here; did you mean {near:?}?"))
}

/// Whether it is one of them. A template's file stands for its instances.
pub(crate) fn is_unit(unit: &str, units: &[String]) -> bool {
    let of_template = || {
        let (before, instance) = unit.split_once('@')?;
        let (_, kind) = instance.rsplit_once('.')?;
        Some(format!("{before}@.{kind}"))
    };
    units.iter().any(|known| known == unit) || of_template().is_some_and(|template| units.contains(&template))
}

/// Units that run, and units that are installed.
pub(crate) fn units() -> Vec<String> {
    let mut units = running(ROOT.as_ref());
    for directory in [
        "/etc/systemd/system",
        "/run/systemd/system",
        "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system",
        "/lib/systemd/system",
    ] {
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        units.extend(
            entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| name.ends_with(".service")),
        );
    }
    units
}

/// Users and groups, as far as files list them.
pub(crate) fn accounts() -> Vec<String> {
    let texts = ["/etc/passwd", "/etc/group"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
    let lines = texts.iter().flat_map(|text| text.lines());
    lines.filter_map(|line| line.split(':').next()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::accounts::tests::Few;

    const ID: &str = "b1e6d3aa-2f0c-4d8e-9a55-51a1f00d0003";

    #[test]
    fn a_rule_that_never_counts_is_told() {
        let rule = |name: &str, lines: &str| format!("[[allow]]\nname='{name}'\n{lines}\n");
        let storage = "resource=['https://storage.azure.com']";
        let both = "resource=['https://storage.azure.com', 'https://vault.azure.net']";
        for (first, second, told) in [
            (format!("user='backup'\n{both}"), format!("user='backup'\n{storage}"), true),
            (format!("user='backup'\n{both}"), format!("user='34'\nunit='a.service'\n{storage}"), true),
            (format!("user='backup'\n{storage}"), format!("user='backup'\n{both}"), false),
            (format!("unit='a.service'\n{both}"), format!("unit='a.service'\nuser='root'\n{storage}"), false),
            (format!("unit='a.service'\n{both}"), format!("unit='a.service'\nuser='nobody'\n{storage}"), false),
            (format!("unit='a.service'\n{both}"), format!("unit='b.service'\n{storage}"), false),
            (format!("socket='s'\n{both}"), format!("socket='s'\nuser='backup'\n{storage}"), false),
            (format!("user='backup'\n{both}"), format!("user='backup'\n{storage}\nidentity=['{ID}']"), false),
            (
                format!("user='backup'\n{both}\nmetadata=['/metadata/instance']"),
                "user='backup'\nmetadata=['/metadata/instance/compute']".into(),
                true,
            ),
            (format!("user='missing'\n{both}"), format!("user='missing2'\n{storage}"), false),
        ] {
            let config = Config::parse(&(rule("one", &first) + &rule("two", &second)), &Few).unwrap();
            let expected = "rule \"two\" never applies: rule \"one\" before it allows everything that it does";
            let expected: &[&str] = if told { &[expected] } else { &[] };
            assert_eq!(never_counting(&config), expected, "{first}\n{second}");
        }
    }

    #[test]
    fn what_is_not_here_gets_the_nearest_name() {
        let text = "[[allow]]\nname='x'\nunit='bakcup.service'\nuser='bakcup'\n\
                    resource=['https://storage.azure.net', 'api://mine', 'vault.azure.net']\n";
        let config = Config::parse(text, &Few).unwrap();
        assert_eq!(
            unknown(&config, &["backup.service".into()], &["backup".into()]),
            [
                "rule \"x\": the unit \"bakcup.service\" does not exist here; did you mean \"backup.service\"?",
                "rule \"x\": the user \"bakcup\" does not exist here; did you mean \"backup\"?",
                "rule \"x\": \"https://storage.azure.net\" is not a resource that is known here; did you mean \"https://storage.azure.com\"?",
                "rule \"x\": \"vault.azure.net\" is not a resource that is known here; did you mean \"https://vault.azure.net\"?",
            ]
        );
    }

    #[test]
    fn a_template_stands_for_its_instances() {
        let units = ["web@.service".to_owned(), "a.service".to_owned()];
        for (unit, here) in
            [("web@1.service", true), ("a.service", true), ("web@1.scope", false), ("b@1.service", false)]
        {
            assert_eq!(is_unit(unit, &units), here, "{unit}");
        }
    }
}
