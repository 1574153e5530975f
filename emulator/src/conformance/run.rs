//! One scenario, from its world to its verdict.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::{RequestRecord, Service};

use super::accounts::User;
use super::driver::Driver;
use super::expect::{Expect, Judge, Took};
use super::isolation;
use super::options::Options;
use super::scenario::{Call, Scenario};
use super::verdict::{Line, Verdict};
use super::wire::Answer;
use super::world::World;

/// Shorter ones would be found by chance.
const SHORTEST_SECRET: usize = 16;

/// A verdict, and why it is not "passed".
type Outcome = (Verdict, String);

/// A run over many scenarios.
pub(crate) struct Session {
    command: String,
    judge: Judge,
    inside: bool,
    real_places: bool,
    /// One for each user.
    drivers: BTreeMap<Option<User>, Driver>,
    /// How many times longer than usual a call may take.
    patience: f64,
    stuck_after: Duration,
    /// Every key and token that was issued so far: what a driver writes to stderr may come late.
    secrets: Vec<String>,
}

impl Session {
    pub(crate) fn new(options: &Options, judge: Judge) -> Self {
        Self {
            command: options.driver.clone().unwrap_or_default(),
            judge,
            inside: false,
            real_places: false,
            drivers: BTreeMap::new(),
            patience: options.patience,
            stuck_after: options.stuck_after,
            secrets: Vec::new(),
        }
    }

    /// This process is in namespaces of its own, with the services where they really are or anywhere.
    pub(crate) fn move_inside(&mut self, real_places: bool) {
        self.inside = true;
        self.real_places = real_places;
    }

    /// Runs a scenario.
    pub(crate) fn run(&mut self, scenario: &Scenario) -> Outcome {
        if let Some(need) = scenario.unix.as_ref().filter(|_| cfg!(not(unix))) {
            return (Verdict::Skipped, format!("{need} not found"));
        }
        let world = match World::build(scenario, self.real_places && !scenario.isolated) {
            Ok(world) => world,
            Err(problem) => return (Verdict::Failed, problem),
        };
        let mut heard = Heard::new(self.judge, self.patience);
        let (command, inside, stuck_after) = (&self.command, self.inside, self.stuck_after);
        let driver = self.drivers.entry(scenario.user).or_insert_with(|| {
            let command = if inside { isolation::command_as(scenario.user, command) } else { command.clone() };
            Driver::new(&command, stuck_after)
        });
        let outcome = talk(scenario, &world, driver, &mut heard);
        heard.text.push_str(&driver.take_stderr());
        let long_enough = |secret: &String| secret.len() >= SHORTEST_SECRET;
        self.secrets.extend(world.emulator.secrets().into_iter().filter(long_enough));
        self.leak(&heard.text).map_or(outcome, |why| (Verdict::Failed, why))
    }

    /// Lets the drivers end, and checks the last that they said.
    pub(crate) fn finish(mut self) -> Option<Line> {
        let last: String = self.drivers.values_mut().map(Driver::finish).collect();
        let line = |why| Line {
            name: "the driver's end".into(),
            rule: "What a driver writes at its end shows no key and no token".into(),
            basis: "protocol".into(),
            verdict: Verdict::Failed,
            why,
        };
        self.leak(&last).map(line)
    }

    fn leak(&self, text: &str) -> Option<String> {
        let at = self.secrets.iter().find_map(|secret| text.find(secret.as_str()))?;
        let before: String = text[..at].chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
        Some(format!("a secret was shown, behind {before:?}"))
    }
}

fn talk(scenario: &Scenario, world: &World, driver: &mut Driver, heard: &mut Heard) -> Outcome {
    let construction = Call {
        op: "client".into(),
        faults: Vec::new(),
        new_tokens: false,
        service_starts_after_ms: None,
        expect: scenario.client_expect.clone(),
        arguments: client_options(scenario),
    };
    for call in std::iter::once(&construction).chain(&scenario.calls) {
        let outcome = one_call(call, scenario, world, driver, heard);
        let name = if call.op == "client" { "client".to_owned() } else { format!("{} ({})", call.op, heard.calls) };
        match outcome {
            Ok(Some(problems)) => return (Verdict::Failed, format!("{name}: {problems}")),
            Ok(None) => {}
            Err((Verdict::Failed, text)) => return (Verdict::Failed, format!("{name}: {text}")),
            Err(outcome) => return outcome,
        }
        if call.op == "client" && call.expect.kind() != "ok" {
            break;
        }
    }
    (Verdict::Passed, String::new())
}

/// A driver that is dead has failed, unless another user could not even start it: an interpreter in somebody's home.
fn of_driver(scenario: &Scenario, why: String) -> Outcome {
    match scenario.user.is_some() && why.contains("(exit status: 126)") {
        true => (Verdict::Skipped, "a driver that this user may run not found".to_owned()),
        false => (Verdict::Failed, why),
    }
}

/// The problems of a call, if there are any.
fn one_call(
    call: &Call,
    scenario: &Scenario,
    world: &World,
    driver: &mut Driver,
    heard: &mut Heard,
) -> Result<Option<String>, Outcome> {
    heard.calls += 1;
    let failed = |why| (Verdict::Failed, why);
    world.push_faults(&call.faults).map_err(failed)?;
    if call.new_tokens {
        world.emulator.clear_tokens();
    }
    let mut fields: Vec<(String, Vec<u8>)> =
        call.arguments.iter().map(|(name, value)| (name.clone(), world.bytes(&plain(value)))).collect();
    if call.op == "client" {
        fields.extend(scenario.environment.iter().map(|(name, value)| (format!("env.{name}"), world.bytes(value))));
    }
    let before = world.emulator.requests().len();
    let service = call.service_starts_after_ms.map(|time| world.late_service(Duration::from_millis(time)));
    let started = Instant::now();
    let answer = driver.ask(&call.op, &fields).map_err(|why| of_driver(scenario, why))?;
    let took = started.elapsed();
    drop(service);
    if answer.status == "unsupported" {
        let why = Some(answer.get("message")).filter(|why| !why.is_empty());
        let why = why.map_or_else(|| format!("this language has no {}", call.op), str::to_owned);
        return Err((Verdict::Skipped, why));
    }
    heard.text.push_str(&answer.public_text());
    let requests = world.emulator.requests().split_off(before);
    let mut problems = call.expect.problems(
        &filled(&answer),
        Took { seconds: took.as_secs_f64(), patience: heard.patience },
        heard.judge,
        heard.token.as_deref(),
    );
    problems.extend(of_service(&call.expect, world, &requests));
    if call.op == "token" && answer.status == "ok" && answer.get("secret").is_empty() {
        problems.push("the answer has no secret".into());
    }
    if let Some(secret) = answer.fields.get("secret").filter(|secret| !secret.is_empty()) {
        if !world.emulator.secrets().contains(secret) {
            problems.push("the emulator did not issue this token".into());
        }
        heard.token = Some(secret.clone());
    }
    Ok((!problems.is_empty()).then(|| problems.join("; ")))
}

/// What the services saw of the call.
fn of_service(expect: &Expect, world: &World, requests: &[RequestRecord]) -> Vec<String> {
    let mut problems: Vec<String> =
        expect.saw.iter().flat_map(|saw| saw.problems(requests, &|text| world.text(text))).collect();
    // No request to IMDS has a key.
    let mut secrets = world.emulator.secrets();
    secrets.retain(|secret| secret.len() >= SHORTEST_SECRET);
    for request in requests.iter().filter(|request| request.service == Service::Imds) {
        let sent = request.header("authorization").unwrap_or_default();
        if secrets.iter().any(|secret| sent.contains(secret.as_str())) {
            problems.push(format!("request {} took a secret to IMDS", request.number));
        }
    }
    if let Some(count) = expect.requests.filter(|count| *count != requests.len()) {
        let stages: Vec<String> = requests.iter().map(|request| format!("{:?}", request.stage)).collect();
        let which = if stages.is_empty() { String::new() } else { format!(": {}", stages.join(", ")) };
        problems.push(format!("{} requests instead of {count}{which}", requests.len()));
    }
    if expect.key_files_left.is_some_and(|count| count != world.key_files()) {
        problems.push(format!("{} key files are left", world.key_files()));
    }
    problems
}

/// The scenario's options, with the usual ones filled in.
fn client_options(scenario: &Scenario) -> BTreeMap<String, toml::Value> {
    let mut options = scenario.client.clone();
    if scenario.bare {
        return options;
    }
    let source = options.get("source").map_or_else(|| "himds".to_owned(), plain);
    let mut default = |name: &str, value: &str| {
        options.entry(name.to_owned()).or_insert_with(|| toml::Value::String(value.to_owned()));
    };
    default("source", &source);
    default("endpoint", if source == "imds" { "{imds}" } else { "{himds}" });
    if source == "himds" {
        default("token_dir", "{token_dir}");
    }
    // `{none}` stands for "leave out what would be filled in".
    options.retain(|_, value| value.as_str() != Some("{none}"));
    options
}

/// A value as drivers get it.
fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Boolean(flag) => u8::from(*flag).to_string(),
        other => other.to_string(),
    }
}

/// An answer whose numbers are whole where they can be: `2.0` and `2` are one thing in some languages.
fn filled(answer: &Answer) -> Answer {
    let mut answer = answer.clone();
    for name in ["http_status", "attempts", "status"] {
        if let Some(number) = answer.number(name).filter(|number| number.fract() == 0.0) {
            answer.fields.insert(name.to_owned(), format!("{number:.0}"));
        }
    }
    answer
}

/// Everything that a driver said and that must not hold a secret.
struct Heard {
    judge: Judge,
    patience: f64,
    text: String,
    token: Option<String>,
    calls: usize,
}

impl Heard {
    fn new(judge: Judge, patience: f64) -> Self {
        Self { judge, patience, text: String::new(), token: None, calls: 0 }
    }
}
