//! `himds bridge`: the daemon that answers as a VM's metadata service does, and what goes with it.

use crate::arguments::{Command, Matches, Operand, Opt, Values};
use crate::failure::Outcome;
use crate::streams::Streams;

pub(crate) const COMMAND: Command = Command {
    name: "bridge",
    about: "answer as an Azure VM's metadata service does, for the services that you allow",
    details: "\
run    answer whoever the configuration allows, at the sockets that systemd hands over or at --listen
check  say which rule applies to whom, and what will not work as intended; exit with 1 if something is not allowed or amiss
rules  print the redirect of 169.254.169.254 for exactly the allowed units and users, for `nft -f -`
log    show the latest grants and refusals, from the journal
The configuration says as which identity. Linux only. docs/services-and-containers.md says how to set it up, and what each
line of the configuration grants.",
    operand: Some(Operand {
        name: "ACTION",
        help: "run, check, rules or log",
        required: true,
        values: Values::Of(&["run", "check", "rules", "log"]),
    }),
    options: &[
        Opt::with("config", "FILE", "the configuration (default: /etc/himds/bridge.toml)", Values::File),
        Opt::with("listen", "ADDRESS:PORT", "run, rules: where to listen, on loopback", Values::Any),
        Opt::with("as", "USER", "check: for this user", Values::Any),
        Opt::with("unit", "UNIT", "check: for this unit", Values::Any),
        Opt::with("resource", "URL", "check: whether a token for this resource is allowed", Values::Any),
        Opt::switch("metadata", "check: whether instance metadata is allowed"),
        Opt::switch("nft", "rules: print an nftables ruleset (the only format)"),
        Opt::switch("remove", "rules: print what removes the redirect instead"),
    ],
    asks: true,
    without: &["client-id", "object-id", "resource-id"],
    answers: false,
    example: "\
himds bridge check --unit rclone-backup.service --resource https://storage.azure.com
himds bridge rules --nft | sudo nft -f -",
    run,
};

#[cfg(not(target_os = "linux"))]
fn run(_: &Matches, _: &mut Streams<'_>) -> Outcome {
    Err(crate::failure::Failure::invalid("himds bridge runs on Linux only").into())
}

#[cfg(target_os = "linux")]
fn run(matches: &Matches, streams: &mut Streams<'_>) -> Outcome {
    linux::run(matches, streams)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::net::{Ipv4Addr, SocketAddr};
    use std::path::{Path, PathBuf};

    use himds::{Error, Kind};
    use himds_bridge::daemon::{self, Asked, DEFAULT_CONFIG, Options, Report, UNIT};
    use serde_json::json;

    use crate::arguments::Matches;
    use crate::common::builder;
    use crate::failure::{Failure, Outcome};
    use crate::json;
    use crate::printable::printable;
    use crate::streams::Streams;

    pub(super) fn run(matches: &Matches, streams: &mut Streams<'_>) -> Outcome {
        let action = matches.operand()?.unwrap_or_default();
        only_its_own(action, matches)?;
        match action {
            "run" => serve(matches),
            "check" => check(matches, streams),
            "rules" => rules(matches, streams),
            "log" => log(),
            other => Err(Failure::Usage(format!("unknown action {other:?}; expected one of run, check, rules, log"))),
        }
    }

    /// An option that an action does not know was meant for another: it must not be passed over.
    fn only_its_own(action: &str, matches: &Matches) -> Result<(), Failure> {
        const OWN: [(&str, &[&str]); 9] = [
            ("config", &["run", "check", "rules"]),
            ("listen", &["run", "rules"]),
            ("as", &["check"]),
            ("unit", &["check"]),
            ("resource", &["check"]),
            ("metadata", &["check"]),
            ("nft", &["rules"]),
            ("remove", &["rules"]),
            ("json", &["check"]),
        ];
        let foreign = OWN.iter().find(|(name, actions)| matches.has(name) && !actions.contains(&action));
        if let Some((name, actions)) = foreign {
            return Err(Failure::Usage(format!("--{name} is for {}", actions.join(", "))));
        }
        Ok(())
    }

    fn config(matches: &Matches) -> PathBuf {
        matches.os("config").map_or_else(|| Path::new(DEFAULT_CONFIG).to_owned(), PathBuf::from)
    }

    fn listen(matches: &Matches) -> Result<Option<SocketAddr>, Failure> {
        let Some(text) = matches.text("listen")? else { return Ok(None) };
        let address = text.parse().map_err(|_| Failure::Usage(format!("--listen needs ADDRESS:PORT, not {text:?}")))?;
        Ok(Some(address))
    }

    fn failed(problem: String) -> Failure {
        Failure::Himds(Error::new(Kind::Configuration, problem))
    }

    fn serve(matches: &Matches) -> Outcome {
        let options = Options { config: config(matches), listen: listen(matches)?, client: builder(matches)? };
        daemon::run(&options).map_err(failed)?;
        Ok(0)
    }

    fn check(matches: &Matches, streams: &mut Streams<'_>) -> Outcome {
        let text = |name| matches.text(name).map(|value| value.map(str::to_owned));
        let (user, unit, resource) = (text("as")?, text("unit")?, text("resource")?);
        let metadata = matches.has("metadata");
        if (resource.is_some() || metadata) && user.is_none() && unit.is_none() {
            return Err(Failure::Usage("say for whom: --as USER or --unit UNIT".into()));
        }
        let asked = Asked { config: config(matches), user, unit, resource, metadata, client: builder(matches)? };
        let report = daemon::check(asked).map_err(failed)?;
        let text = if matches.has("json") { document(&report) } else { lines(&report) };
        streams.answer(&text)?;
        Ok(i32::from(!report.ok))
    }

    fn lines(report: &Report) -> String {
        let kinds = [("", &report.answers), ("warning: ", &report.warnings), ("note: ", &report.notes)];
        let all =
            kinds.iter().flat_map(|(kind, lines)| lines.iter().map(move |line| format!("{kind}{}\n", printable(line))));
        all.collect()
    }

    fn document(report: &Report) -> String {
        json::pretty(&json!({
            "ok": report.ok, "answers": report.answers, "warnings": report.warnings, "notes": report.notes,
        })) + "\n"
    }

    fn rules(matches: &Matches, streams: &mut Streams<'_>) -> Outcome {
        if !matches.has("nft") {
            return Err(Failure::Usage("name the format: --nft".into()));
        }
        let text = if matches.has("remove") {
            daemon::rules_removal()
        } else {
            let address = listen(matches)?.unwrap_or((Ipv4Addr::LOCALHOST, daemon::PORT).into());
            if address.ip() != Ipv4Addr::LOCALHOST || address.port() == 0 {
                return Err(Failure::Usage(format!(
                    "--listen {address}: nftables redirects to 127.0.0.1 alone, so the daemon must listen there"
                )));
            }
            daemon::rules(&config(matches), address.port()).map_err(failed)?
        };
        streams.answer(&text)?;
        Ok(0)
    }

    /// The journal's own program shows it: to the terminal, as its reader's rights allow.
    fn log() -> Outcome {
        // Anybody may write to the journal as `himds-bridge`; the unit is what the journal itself knows of the writer.
        let unit = format!("_SYSTEMD_UNIT={UNIT}");
        let arguments = ["--no-pager", "--quiet", "--lines=50", "--output=short-iso", unit.as_str()];
        match std::process::Command::new("journalctl").args(arguments).status() {
            Ok(status) => Ok(status.code().unwrap_or(70)),
            Err(error) => Err(failed(format!(
                "journalctl cannot be run: {}. Without systemd, the lines are on the stderr of himds bridge run",
                himds_bridge::words(&error)
            ))),
        }
    }
}
