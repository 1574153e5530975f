//! `diagnose`: what is the matter on this machine, and what to do about it.
//!
//! The steps are functions of what they look at; here they are run, timed and put in order. Local evidence comes
//! first, then the metadata, which needs no key, then the token, for which all the rest is the explanation.

mod agent;
mod answers;
mod container;
mod environment;
mod files;
#[cfg(target_os = "linux")]
mod proc_net;
mod raw_get;
mod report;
mod token;
mod token_dir;

use std::time::Duration;

use self::agent::Agent;
use self::files::Files;
use self::raw_get::{Look, Seen};
use self::report::Found;
use crate::cache::acquire::acquire;
use crate::call::limits::Call;
use crate::client::Inner;
use crate::discovery::agent::agent_program;
use crate::discovery::plan::Target;
use crate::os::clock::Clock;
use crate::protocol::get::INSTANCE_PATH;
use crate::{Error, Kind, Source};

pub use report::{Diagnosis, Finding, Status};

/// The findings' names, in the order in which a person would look.
const ORDER: [&str; 14] = [
    "source",
    "environment",
    "proxy",
    "container",
    "agent",
    "port",
    "token_directory",
    "group",
    "metadata",
    "cloud",
    "api_version",
    "clock",
    "token",
    "identity",
];

/// Looks at everything and asks for a token. An error is *cancelled*; all else is in the findings.
pub(crate) async fn diagnose(client: &Inner, call: &Call, resource: &str) -> Result<Diagnosis, Error> {
    call.limit(std::future::ready(())).await?;
    let Inner { settings, seams, .. } = client;
    let plan = &settings.plan;
    let mut report = Report { clock: &*seams.clock, findings: Vec::new() };
    if plan.source().is_some() {
        report.step("environment", || Some(environment::environment(plan, &settings.identity, &settings.environment)));
    }
    let looks = match plan.source() {
        Some(source) => Some(ask_metadata(client, call, source, &mut report).await?),
        None => None,
    };

    let started = seams.clock.now();
    let result = match looks.as_ref().map(|looks| &looks.instance) {
        // The probe has said no, and would again.
        Some(Err(error)) if error.kind() == Kind::Unavailable && settings.needs_probe() => Err(error.clone()),
        _ => not_cancelled(acquire(client, call, resource, true).await)?,
    };
    report.step("source", || Some(environment::source(plan, result.is_ok())));
    let wall = seams.clock.wall().as_secs();
    report.add("token", started, token::token(resource, &result, wall));
    let claims = result.as_ref().ok().map(|token| token.claims());
    if let Some(claims) = &claims {
        report.step("identity", || Some(token::identity(&settings.identity, claims)));
    }

    if let (Some(source), Some(looks)) = (plan.source(), &looks) {
        let issued_at = claims.as_ref().and_then(|claims| claims.as_ref().ok()?.get("iat")?.as_u64());
        report.step("clock", || answers::clock(looks.instance.as_ref().ok(), issued_at, wall));
        if source == Source::Imds {
            report.step("cloud", || answers::cloud(&looks.instance, result.as_ref().err()));
        }
        look_around(client, call, source, looks, result.is_ok(), &mut report);
    }
    let name = plan.source().map_or("", Source::name);
    Ok(Diagnosis::new(result.is_ok(), name, plan.reason.clone(), report.findings))
}

/// What there is to say where this process can ask nobody, because the system gives it no socket.
pub(crate) fn without_asking(client: &Inner, resource: &str, error: Error) -> Diagnosis {
    let (plan, clock) = (&client.settings.plan, &*client.seams.clock);
    let mut report = Report { clock, findings: Vec::new() };
    report.step("source", || Some(environment::source(plan, false)));
    report.step("token", || Some(token::token(resource, &Err(error), clock.wall().as_secs())));
    Diagnosis::new(false, plan.source().map_or("", Source::name), plan.reason.clone(), report.findings)
}

/// What was asked of the network before the token.
struct Looks {
    instance: Result<Seen, Error>,
}

impl Looks {
    /// Whether anything answered at the service's address.
    fn reached(&self) -> bool {
        let error = match &self.instance {
            Ok(seen) => seen.error.as_ref(),
            Err(error) => Some(error),
        };
        error.is_none_or(|error| error.kind() != Kind::Unavailable)
    }
}

async fn ask_metadata(client: &Inner, call: &Call, source: Source, report: &mut Report<'_>) -> Result<Looks, Error> {
    let started = client.seams.clock.now();
    let instance = Look { path: INSTANCE_PATH, with_api_version: true }.run(client, call).await;
    let looks = Looks { instance: not_cancelled(instance)? };
    report.add("metadata", started, answers::metadata(&looks.instance));
    // A service that does not answer one request is not kept from answering the token's by another.
    if looks.instance.is_ok() || looks.instance.as_ref().is_err_and(|error| error.http_status().is_some()) {
        let started = client.seams.clock.now();
        let path = match source {
            // Refused, in words that name what it knows.
            Source::Himds => INSTANCE_PATH,
            Source::Imds => "/metadata/versions",
        };
        let versions = not_cancelled(Look { path, with_api_version: false }.run(client, call).await)?;
        if let Some(found) = answers::api_version(source, &versions) {
            report.add("api_version", started, found);
        }
    }
    Ok(looks)
}

/// The machine's own state, in the light of what the network said.
fn look_around(client: &Inner, call: &Call, source: Source, looks: &Looks, had_token: bool, report: &mut Report<'_>) {
    let Inner { settings, seams, .. } = client;
    let (plan, variables) = (&settings.plan, &settings.environment);
    let files = Files { root: &seams.root };
    let host = plan.endpoint().and_then(|endpoint| endpoint.token.host_str()).unwrap_or_default();
    report.step("proxy", || Some(environment::proxy(host, variables)));

    let evidence = container::evidence(files, variables);
    let in_container = evidence.is_some();
    report.step("container", || Some(container::container(&evidence?, &plan.target)));

    let program = agent_program(variables, &seams.root);
    let agent = Agent { files, source, program, in_container, reached: looks.reached(), had_token };
    match &plan.target {
        Target::Himds { endpoint, token_dir } => {
            report.step("agent", || Some(agent::agent(&agent)));
            let go_on = || seams.clock.now() < call.deadline();
            report.step("port", || Some(agent::port(&endpoint.token, &agent, go_on)));
            #[cfg(unix)]
            {
                let account = crate::os::account::Account::current(&seams.root);
                report.step("token_directory", || {
                    Some(token_dir::token_directory(token_dir, files, &account, in_container))
                });
                report.step("group", || token_dir::group(token_dir, &account));
            }
            #[cfg(windows)]
            report.step("token_directory", || Some(token_dir::token_directory(token_dir, in_container)));
        }
        Target::Imds { probe: true, .. } => report.step("agent", || Some(agent::agent(&agent))),
        Target::Imds { .. } | Target::Elsewhere { .. } => {}
    }
}

/// The findings so far.
struct Report<'a> {
    clock: &'a dyn Clock,
    findings: Vec<Finding>,
}

impl Report<'_> {
    /// Runs and times a step; one that does not apply finds nothing.
    fn step(&mut self, name: &'static str, look: impl FnOnce() -> Option<Found>) {
        let started = self.clock.now();
        if let Some(found) = look() {
            self.add(name, started, found);
        }
    }

    fn add(&mut self, name: &'static str, started: Duration, found: Found) {
        let elapsed = self.clock.now().saturating_sub(started);
        let Found { status, detail, fix } = found;
        self.findings.push(Finding { name, status, detail, fix, elapsed });
    }
}

/// A failed step is a finding; a cancelled one ends the diagnosis.
fn not_cancelled<T>(result: Result<T, Error>) -> Result<Result<T, Error>, Error> {
    match result {
        Err(error) if error.kind() == Kind::Cancelled => Err(error),
        result => Ok(result),
    }
}

#[cfg(all(test, unix))]
mod tests;
