//! The policy of exec: the command's tree may request what the options name.

use std::cell::Cell;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use himds::{Identity, Kind};

use super::failure::say;
use super::options::Options;
use super::peers::Peers;
use crate::front::{Ask, Policy, Report, Verdict, canonical};

/// Grants what the options allow to those whom the peers, or the secret, show to be of the command's tree.
pub(crate) struct TreePolicy {
    /// In their canonical form.
    resources: Vec<String>,
    identity: Identity,
    no_metadata: bool,
    verbose: bool,
    /// The connections of the tree. Without them the surface's secret is the sign.
    peers: Option<Arc<Peers>>,
    key_told: Cell<bool>,
}

impl TreePolicy {
    pub(crate) fn new(options: &Options, peers: Option<Arc<Peers>>) -> Self {
        TreePolicy {
            resources: options.resources.iter().map(|resource| canonical(resource)).collect(),
            identity: options.identity.clone(),
            no_metadata: options.no_metadata,
            verbose: options.verbose,
            peers,
            key_told: Cell::new(false),
        }
    }
}

impl Policy for TreePolicy {
    type Caller = ();

    fn caller(&self, peer: SocketAddr, _local: SocketAddr) -> Option<()> {
        self.peers.as_ref().is_none_or(|peers| peers.admits(peer, Instant::now())).then_some(())
    }

    fn left(&self, peer: SocketAddr) {
        if let Some(peers) = &self.peers {
            peers.remove(peer);
        }
    }

    fn decide(&self, (): &(), ask: &Ask) -> Verdict {
        match ask {
            Ask::Token(ask) => {
                let listed = self.resources.is_empty() || self.resources.contains(&canonical(&ask.resource));
                if !listed {
                    return Verdict::Refuse("himds exec was not given this resource with --resource.".into());
                }
                if self.identity != Identity::SystemAssigned && !same(&self.identity, &ask.identity) {
                    return Verdict::Refuse("himds exec was told to give tokens as another identity.".into());
                }
                Verdict::Allow
            }
            Ask::Info => Verdict::Allow,
            Ask::Instance { .. } | Ask::Versions if self.no_metadata => {
                Verdict::Refuse("himds exec was told --no-metadata.".into())
            }
            Ask::Instance { .. } | Ask::Versions => Verdict::Allow,
        }
    }

    fn answered(&self, (): &(), report: &Report<'_>) {
        if self.verbose {
            say(&line(report));
            return;
        }
        let key = matches!(report.kind, Some(Kind::KeyFileUnreadable | Kind::KeyFileRejected));
        if let (true, Some(refusal), false) = (key, report.refusal, self.key_told.replace(self.key_told.get() || key)) {
            say(refusal);
        }
    }
}

/// Ids are compared without regard to letter case, as the services do.
fn same(one: &Identity, other: &Identity) -> bool {
    match (one, other) {
        (Identity::ClientId(one), Identity::ClientId(other))
        | (Identity::ObjectId(one), Identity::ObjectId(other))
        | (Identity::ResourceId(one), Identity::ResourceId(other)) => one.eq_ignore_ascii_case(other),
        _ => one == other,
    }
}

/// One line, in which nothing that the client wrote can begin another.
fn line(report: &Report<'_>) -> String {
    let (method, path) = report.request;
    let mut line = format!("{} {} {}", report.status, method.escape_default(), path.escape_default());
    if let Some(Ask::Token(ask)) = report.ask {
        let identity = match &ask.identity {
            Identity::ClientId(id) | Identity::ObjectId(id) | Identity::ResourceId(id) => id.as_str(),
            _ => "system-assigned",
        };
        line += &format!(" resource={} identity={}", ask.resource.escape_default(), identity.escape_default());
    }
    line += &format!(" in {:.1} ms", report.took.as_secs_f64() * 1000.0);
    if let Some(refusal) = report.refusal {
        line += &format!(": {}", refusal.escape_default());
    }
    line
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::front::{Form, TokenAsk};

    fn ask(resource: &str, identity: Identity) -> Ask {
        Ask::Token(TokenAsk { resource: resource.into(), identity, bypass_cache: false, form: Form::Imds })
    }

    fn refused(options: &Options, ask: &Ask) -> bool {
        TreePolicy::new(options, None).decide(&(), ask) != Verdict::Allow
    }

    #[test]
    fn without_options_everything_is_granted() {
        let options = Options::default();
        assert!(!refused(&options, &ask("https://a.b", Identity::ClientId("x".into()))));
        assert!(!refused(&options, &Ask::Versions));
    }

    #[test]
    fn resources_are_compared_in_their_canonical_form() {
        let options = Options { resources: vec!["https://Storage.azure.com/".into()], ..Options::default() };
        assert!(!refused(&options, &ask("https://storage.azure.com/.default", Identity::SystemAssigned)));
        assert!(refused(&options, &ask("https://vault.azure.net", Identity::SystemAssigned)));
        assert!(refused(&options, &ask("https://storage.azure.com.evil", Identity::SystemAssigned)));
    }

    #[test]
    fn one_identity_is_the_only_one() {
        let options = Options { identity: Identity::ClientId("ab".into()), ..Options::default() };
        assert!(!refused(&options, &ask("https://a.b", Identity::ClientId("AB".into()))));
        assert!(refused(&options, &ask("https://a.b", Identity::ObjectId("ab".into()))));
        assert!(refused(&options, &ask("https://a.b", Identity::SystemAssigned)));
    }

    #[test]
    fn metadata_can_be_switched_off() {
        let options = Options { no_metadata: true, ..Options::default() };
        assert!(refused(&options, &Ask::Instance { pointer: String::new(), text: false }));
        assert!(refused(&options, &Ask::Versions));
        assert!(!refused(&options, &Ask::Info));
    }

    #[test]
    fn a_line_of_the_log_cannot_be_forged() {
        let report = Report {
            status: 403,
            request: ("GET", "/a\nhimds exec: 200"),
            ask: Some(&ask("x\r\ny", Identity::ClientId("\x1b[2J".into()))),
            refusal: Some("no\n"),
            kind: None,
            token: None,
            took: Duration::from_micros(1500),
        };
        assert_eq!(line(&report), r"403 GET /a\nhimds exec: 200 resource=x\r\ny identity=\u{1b}[2J in 1.5 ms: no\n");
    }
}
