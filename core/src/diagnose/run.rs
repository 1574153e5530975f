//! Running, timing and ordering the steps.

use std::sync::Arc;
use std::time::Duration;

use super::agent::{self, Agent};
use super::files::Files;
use super::raw_get::{RawAnswer, RawGet};
use super::report::{Diagnosis, Finding, StepResult, escaped};
use super::{answers, container, environment, peer, token, token_dir};
use crate::cache::acquire::{Acquire, Tokens};
use crate::call::limits::Call;
use crate::discovery::agent::agent_program;
use crate::discovery::environment::Environment;
use crate::discovery::plan::{Plan, Service};
use crate::http::attempt::Http;
use crate::os::clock::Clock;
use crate::protocol::get::INSTANCE_PATH;
use crate::protocol::key_file;
use crate::{AccessToken, Error, Identity, Kind, Source};

/// What a diagnosis is about.
pub(crate) struct Diagnose<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) identity: &'a Identity,
    pub(crate) environment: &'a Environment,
    pub(crate) http: &'a Http,
    pub(crate) tokens: &'a Tokens,
    pub(crate) call: &'a Call,
    pub(crate) resource: &'a str,
}

impl Diagnose<'_> {
    /// Checks everything and requests a token. An error is *cancelled*; everything else is in the findings.
    pub(crate) async fn run(&self) -> Result<Diagnosis, Error> {
        self.call.check()?;
        match self.plan.service() {
            Ok(service) => self.run_on(service).await,
            Err(error) => Ok(self.without_asking(error)),
        }
    }

    /// The diagnosis if this process cannot ask at all; `error` says why.
    pub(crate) fn without_asking(&self, error: Error) -> Diagnosis {
        let mut report = self.report();
        report.step("source", || Some(environment::source(self.plan, false)));
        report.step("token", || Some(token::token(self.resource, &Err(error), self.wall())));
        self.diagnosis(false, report)
    }

    async fn run_on(&self, service: &Service) -> Result<Diagnosis, Error> {
        let mut report = self.report();
        report
            .step("environment", || Some(environment::environment(service.source(), self.identity, self.environment)));
        let instance = self.ask_metadata(service, &mut report).await?;

        let started = self.http.seams.clock.now();
        let resource =
            instance.as_ref().map_or(self.resource, |answer| answers::resource_of_cloud(self.resource, answer));
        let result = self.ask_token(service, resource, &instance).await?;
        report.step("source", || Some(environment::source(self.plan, result.is_ok())));
        report.add("token", started, token::token(resource, &result, self.wall()));
        let claims = result.as_ref().ok().map(|token| token.claims());
        if let Some(claims) = &claims {
            report.step("identity", || Some(token::identity(self.identity, claims)));
        }

        let issued_at = claims.as_ref().and_then(|claims| claims.as_ref().ok()?.get("iat")?.as_u64());
        report.step("clock", || answers::clock(instance.as_ref().ok(), issued_at, self.wall()));
        if service.source() == Source::Imds {
            report.step("cloud", || answers::cloud(&instance, result.as_ref().err()));
        }
        let reached = has_answered(&instance);
        self.check_machine(service, reached, result.is_ok(), &mut report);
        if reached {
            self.check_peer(service, &mut report).await?;
        }
        Ok(self.diagnosis(result.is_ok(), report))
    }

    async fn ask_token(
        &self,
        service: &Service,
        resource: &str,
        instance: &Result<RawAnswer, Error>,
    ) -> Result<Result<Arc<AccessToken>, Error>, Error> {
        let &Diagnose { identity, http, tokens, call, .. } = self;
        match instance {
            // The probe has said no, and would again.
            Err(error) if error.kind() == Kind::Unavailable && http.probe.is_needed() => Ok(Err(error.clone())),
            _ => not_cancelled(Acquire { tokens, http, service, identity, call, resource, forced: true }.run().await),
        }
    }

    async fn ask_metadata(
        &self,
        service: &Service,
        report: &mut Report<'_>,
    ) -> Result<Result<RawAnswer, Error>, Error> {
        let started = self.http.seams.clock.now();
        let get = |path, with_api_version| RawGet { service, path, with_api_version };
        let instance = not_cancelled(get(INSTANCE_PATH, true).run(self.http, self.call).await)?;
        report.add("metadata", started, answers::metadata(&instance));
        // A service that does not answer one request is spared another: the token's still has to be made.
        if instance.is_ok() || instance.as_ref().is_err_and(|error| error.http_status().is_some()) {
            let started = self.http.seams.clock.now();
            let path = match service.source() {
                // Refused, in words that name what it knows.
                Source::Himds => INSTANCE_PATH,
                Source::Imds => "/metadata/versions",
            };
            let versions = not_cancelled(get(path, false).run(self.http, self.call).await)?;
            if let Some(result) = answers::api_version(service.source(), &versions) {
                report.add("api_version", started, result);
            }
        }
        Ok(instance)
    }

    /// Who would get the key. The keys' owner is not known before there is one: the directory's owner stands for it.
    async fn check_peer(&self, service: &Service, report: &mut Report<'_>) -> Result<(), Error> {
        let Service::Himds { endpoint, token_dir } = service else { return Ok(()) };
        let Some(readers) = key_file::directory_readers(token_dir) else { return Ok(()) };
        let started = self.http.seams.clock.now();
        let options = &self.http.options;
        let verdict = match self.http.seams.transport.session(options) {
            Ok(session) => {
                not_cancelled(self.call.limit(session.peer(&endpoint.token, &readers)).await)?.ok().flatten()
            }
            Err(_) => None,
        };
        if let Some(result) = peer::peer(&endpoint.token, verdict, &readers, options.verify_peer) {
            report.add("peer", started, result);
        }
        Ok(())
    }

    /// The machine's own state, in the light of what the network said.
    fn check_machine(&self, service: &Service, reached: bool, has_token: bool, report: &mut Report<'_>) {
        let (seams, variables) = (&self.http.seams, self.environment);
        let files = Files { root: &seams.root };
        let url = &service.endpoint().token;
        report.step("proxy", || Some(environment::proxy(url.host_str().unwrap_or_default(), variables)));

        let evidence = container::evidence(files, variables);
        let in_container = evidence.is_some();
        report.step("container", || Some(container::container(&evidence?, service)));

        let program = agent_program(variables, &seams.root);
        let readers = match service {
            Service::Himds { token_dir, .. } => key_file::directory_readers(token_dir),
            Service::Imds { .. } => None,
        };
        let agent = Agent { files, source: service.source(), program, readers, in_container, reached, has_token };
        if service.source() == Source::Himds || service.is_guess() {
            report.step("agent", || Some(agent::agent(&agent)));
        }
        if let Service::Himds { token_dir, .. } = service {
            let go_on = || seams.clock.now() < self.call.deadline();
            report.step("port", || Some(agent::port(url, &agent, go_on)));
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
    }

    fn wall(&self) -> u64 {
        self.http.seams.clock.wall().as_secs()
    }

    fn report(&self) -> Report<'_> {
        Report { clock: &*self.http.seams.clock, findings: Vec::new() }
    }

    fn diagnosis(&self, ok: bool, report: Report<'_>) -> Diagnosis {
        let name = self.plan.source().map_or("", Source::name);
        Diagnosis::new(ok, name, self.plan.reason().to_owned(), report.findings)
    }
}

/// Whether anything answered at the service's address.
fn has_answered(instance: &Result<RawAnswer, Error>) -> bool {
    let error = match instance {
        Ok(answer) => answer.error.as_ref(),
        Err(error) => Some(error),
    };
    error.is_none_or(|error| error.kind() != Kind::Unavailable)
}

/// The findings so far.
struct Report<'a> {
    clock: &'a dyn Clock,
    findings: Vec<Finding>,
}

impl Report<'_> {
    /// Runs and times a step; one that does not apply finds nothing.
    fn step(&mut self, name: &'static str, check: impl FnOnce() -> Option<StepResult>) {
        let started = self.clock.now();
        if let Some(result) = check() {
            self.add(name, started, result);
        }
    }

    fn add(&mut self, name: &'static str, started: Duration, result: StepResult) {
        let elapsed = self.clock.now().saturating_sub(started);
        let StepResult { status, detail, fix } = result;
        self.findings.push(Finding { name, status, detail: escaped(&detail), fix: escaped(&fix), elapsed });
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
#[path = "tests.rs"]
mod tests;
