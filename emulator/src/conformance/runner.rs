//! All scenarios that are wanted: here, or in namespaces of their own.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use super::basis::of_protocol;
use super::driver::Driver;
use super::expect::Judge;
use super::isolation;
use super::options::Options;
use super::report::{self, Report};
use super::run::Session;
use super::scenario::{self, Scenario};
use super::shares;
use super::verdict::{Line, Verdict};

/// Runs the scenarios: `leading` are the arguments with which this program is started again to do the same. Without files
/// in the options, those of `directory` are run, or those that are built in.
///
/// Ends with 1 if a scenario failed, of whatever basis for [`Judge::All`] and of the protocol otherwise, and with 2 if it
/// could not do its work.
pub fn main(options: &Options, judge: Judge, leading: &[&str], directory: Option<PathBuf>) -> ExitCode {
    let outcome = scenarios(options, directory).and_then(|scenarios| {
        if options.inside_namespaces {
            return inside(options, judge, &scenarios).map(|()| ExitCode::SUCCESS);
        }
        if options.list {
            list(&scenarios, judge);
            return Ok(ExitCode::SUCCESS);
        }
        outside(options, judge, leading, scenarios)
    });
    outcome.unwrap_or_else(|problem| {
        eprintln!("{}: {problem}", leading.first().map_or("himds-scenarios", |_| "himds-emulator conformance"));
        ExitCode::from(2)
    })
}

fn scenarios(options: &Options, directory: Option<PathBuf>) -> Result<Vec<Scenario>, String> {
    let paths = if options.files.is_empty() { directory.into_iter().collect() } else { options.files.clone() };
    let mut scenarios = if paths.is_empty() { scenario::packed()? } else { scenario::load(&paths)? };
    scenarios.retain(|scenario| options.wants(&scenario.name, of_protocol(&scenario.name)));
    if scenarios.is_empty() {
        return Err(match options.choice() {
            choice if choice.is_empty() => "the files contain no scenarios".to_owned(),
            choice => format!("no scenario matches {choice}; --list prints all of them"),
        });
    }
    if let Some(share) = options.share {
        let mut index = 0..;
        scenarios.retain(|_| index.next().is_some_and(|index| share.has(index)));
    }
    Ok(scenarios)
}

fn list(scenarios: &[Scenario], judge: Judge) {
    let mark = |name: &str| if judge == Judge::All || of_protocol(name) { "" } else { " (a choice)" };
    // The cases of a scenario follow one another, and its rule is said once.
    for group in scenarios.chunk_by(|one, next| one.rule == next.rule) {
        for scenario in group {
            println!("{}{}", scenario.name, mark(&scenario.name));
        }
        println!("    {}", group[0].rule);
    }
    println!("{} scenarios", scenarios.len());
}

fn outside(options: &Options, judge: Judge, leading: &[&str], scenarios: Vec<Scenario>) -> Result<ExitCode, String> {
    let started = Instant::now();
    if options.share.is_some() {
        let mut told = Ok(());
        run(options, judge, leading, scenarios, &mut |line| told = told.clone().and_then(|()| tell(&line)))?;
        return told.map(|()| ExitCode::SUCCESS);
    }
    check_before(options)?;
    let mut report = Report { driver: options.driver.clone().unwrap_or_default(), scenarios: Vec::new() };
    let mut add = |line| report.add(line, options.quiet);
    match options.jobs {
        0 | 1 => run(options, judge, leading, scenarios, &mut add)?,
        jobs => shares::run(jobs, leading, &mut add)?,
    }
    finish(&report, options, judge, started.elapsed().as_secs_f64())
}

/// Tells before the first scenario what would fail each of them, or come to light after the last.
fn check_before(options: &Options) -> Result<(), String> {
    if let Some(obstacle) = Driver::obstacle(options.driver.as_deref().unwrap_or_default(), options.stuck_after) {
        return Err(format!("no scenario was run, because {obstacle}"));
    }
    for (name, file) in [("--json", &options.json), ("--junit", &options.junit)] {
        file.as_ref().map_or(Ok(()), |file| report::writable(file).map_err(|problem| format!("{name} {problem}")))?;
    }
    Ok(())
}

fn run(
    options: &Options,
    judge: Judge,
    leading: &[&str],
    scenarios: Vec<Scenario>,
    add: &mut dyn FnMut(Line),
) -> Result<(), String> {
    let apart = |scenario: &Scenario| scenario.isolated || options.real_places;
    let (apart, here): (Vec<Scenario>, Vec<Scenario>) = scenarios.into_iter().partition(apart);
    let mut session = Session::new(options, judge);
    for scenario in &here {
        let (verdict, why) = session.run(scenario);
        add(Line::new(scenario, verdict, why));
    }
    if let Some(line) = session.finish() {
        add(line);
    }
    if let Some(obstacle) = in_namespaces(&apart, leading, add)? {
        for scenario in &apart {
            add(Line::new(scenario, Verdict::Skipped, obstacle.clone()));
        }
    }
    Ok(())
}

/// The obstacle, if the scenarios could not be run.
fn in_namespaces(
    scenarios: &[Scenario],
    leading: &[&str],
    add: &mut dyn FnMut(Line),
) -> Result<Option<String>, String> {
    if scenarios.is_empty() {
        return Ok(None);
    }
    match isolation::obstacle() {
        Some(obstacle) => Ok(Some(obstacle)),
        None => isolation::run_inside(leading, add),
    }
}

fn finish(report: &Report, options: &Options, judge: Judge, seconds: f64) -> Result<ExitCode, String> {
    if let Some(file) = &options.json {
        report.write_json(file)?;
    }
    if let Some(file) = &options.junit {
        report.write_junit(file)?;
    }
    let of = |verdict| report.count(verdict);
    let (passed, failed, skipped) = (of(Verdict::Passed), of(Verdict::Failed), of(Verdict::Skipped));
    let failed_for_good = match judge {
        Judge::All => failed > 0,
        Judge::Outcomes => {
            println!("rules of the protocol: {}", report.totals_of(true));
            println!("choices of this project: {}", report.totals_of(false));
            report.scenarios.iter().any(|line| line.verdict == Verdict::Failed && line.is_protocol())
        }
    };
    println!("{passed} passed, {failed} failed, {skipped} skipped in {seconds:.1} s");
    Ok(if failed_for_good { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The inner process: a verdict a line, as JSON.
fn inside(options: &Options, judge: Judge, scenarios: &[Scenario]) -> Result<(), String> {
    if let Err(obstacle) = isolation::prepare() {
        println!("{}{obstacle}", isolation::OBSTACLE);
        return Ok(());
    }
    let mut session = Session::new(options, judge);
    session.move_inside(options.real_places);
    for scenario in scenarios.iter().filter(|scenario| scenario.isolated || options.real_places) {
        let (verdict, why) = match furnish(scenario, options.real_places) {
            Err(outcome) => outcome,
            Ok(()) => session.run(scenario),
        };
        tell(&Line::new(scenario, verdict, why))?;
    }
    session.finish().map_or(Ok(()), |line| tell(&line))
}

fn tell(line: &Line) -> Result<(), String> {
    println!("{}", serde_json::to_string(line).map_err(|error| error.to_string())?);
    Ok(())
}

/// Inside: makes the machine what the scenario says.
fn furnish(scenario: &Scenario, real_places: bool) -> Result<(), (Verdict, String)> {
    let failed = |why| (Verdict::Failed, why);
    let link_local = scenario.link_local || (real_places && !scenario.isolated);
    isolation::set_link_local(link_local).map_err(failed)?;
    isolation::set_prohibited(scenario.prohibited).map_err(failed)?;
    isolation::set_process_name(scenario.agent_process).map_err(failed)?;
    match scenario.user.and_then(isolation::user_obstacle) {
        Some(obstacle) => Err((Verdict::Skipped, obstacle)),
        None => Ok(()),
    }
}
