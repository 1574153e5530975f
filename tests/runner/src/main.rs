//! Runs the scenarios of `tests/scenarios` through a driver, which is a small program in any language.

mod accounts;
mod cases;
mod driver;
mod expect;
mod findings;
mod isolation;
mod late;
mod ports;
mod protocol;
mod run;
mod saw;
mod scenario;
mod shares;
mod wire;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;

use run::{Session, Verdict};
use scenario::Scenario;
use shares::Share;

/// Runs the scenarios through a driver and says what failed.
#[derive(Parser)]
struct Arguments {
    /// The driver's command line, for the shell
    #[arg(long, value_name = "COMMAND", required_unless_present = "list")]
    driver: Option<String>,
    /// Only scenarios whose name contains this
    #[arg(long, value_name = "TEXT", default_value = "")]
    filter: String,
    /// Print the scenarios and their rules, and end
    #[arg(long)]
    list: bool,
    /// Print only what failed, and the totals
    #[arg(short, long)]
    quiet: bool,
    /// Let a call take so many times longer than the scenarios say, for drivers under valgrind or a sanitizer
    #[arg(long, value_name = "TIMES", default_value_t = 1.0)]
    patience: f64,
    /// So many runners side by side, each with a share of the scenarios
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "share")]
    jobs: usize,
    #[arg(long, value_name = "NUMBER/COUNT", hide = true)]
    share: Option<Share>,
    /// Files or directories; left out: all of tests/scenarios
    files: Vec<PathBuf>,
}

/// How many of each.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Totals {
    /// Reads the line that ends a run.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let number = |word: &str| {
            let (before, _) = line.split_once(word)?;
            before.trim_end().rsplit([' ', ',']).next()?.parse().ok()
        };
        Some(Totals { passed: number("passed,")?, failed: number("failed,")?, skipped: number("skipped in")? })
    }
}

fn main() -> ExitCode {
    let mut given: Vec<String> = std::env::args().collect();
    let inside = given.get(1).is_some_and(|argument| argument == isolation::INSIDE);
    if inside {
        given.remove(1);
    }
    let arguments = Arguments::parse_from(&given);
    match run_all(&arguments, inside, &given[1..]) {
        Ok(totals) if totals.failed == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("himds-scenarios: {problem}");
            ExitCode::from(2)
        }
    }
}

fn run_all(arguments: &Arguments, inside: bool, given: &[String]) -> Result<Totals, String> {
    let paths = if arguments.files.is_empty() { vec![scenario::default_directory()] } else { arguments.files.clone() };
    let mut scenarios = scenario::load(&paths)?;
    scenarios.retain(|scenario| scenario.name.contains(&arguments.filter));
    if arguments.list {
        // The cases of a scenario follow one another, and its rule is said once.
        for group in scenarios.chunk_by(|one, next| one.rule == next.rule) {
            group.iter().for_each(|scenario| println!("{}", scenario.name));
            println!("    {}", group[0].rule);
        }
        println!("{} scenarios", scenarios.len());
        return Ok(Totals::default());
    }
    let started = Instant::now();
    if arguments.jobs > 1 && !inside {
        let jobs = given.iter().scan(false, |skip, word| {
            // `--jobs N` and `--jobs=N` are not for the shares.
            let own = *skip || word == "--jobs" || word.starts_with("--jobs=");
            *skip = word == "--jobs";
            Some((!own).then(|| word.clone()))
        });
        let totals = shares::run(arguments.jobs, &jobs.flatten().collect::<Vec<_>>())?;
        tell_totals(&totals, started);
        return Ok(totals);
    }
    if let Some(share) = arguments.share {
        let mut index = 0..;
        scenarios.retain(|_| index.next().is_some_and(|index| share.has(index)));
    }
    if inside {
        if let Err(obstacle) = isolation::prepare() {
            println!("{}{obstacle}", isolation::OBSTACLE);
            return Ok(Totals::default());
        }
    }
    let mut totals = Totals::default();
    let command = arguments.driver.clone().unwrap_or_default();
    let mut session = Session::new(&command, inside, arguments.patience);
    let (apart, here): (Vec<Scenario>, Vec<Scenario>) = scenarios.into_iter().partition(|scenario| scenario.isolated);
    for scenario in if inside { &apart } else { &here } {
        let verdict = match inside.then(|| furnish(scenario)) {
            Some(Err(verdict)) => verdict,
            _ => session.run(scenario),
        };
        tell(&scenario.name, &verdict, arguments.quiet && !inside, &mut totals);
    }
    if let Verdict::Failed(why) = session.finish() {
        tell("the driver's end", &Verdict::Failed(why), false, &mut totals);
    }
    if inside {
        return Ok(totals);
    }
    let apart = run_apart(&apart, given, arguments.quiet)?;
    totals.passed += apart.passed;
    totals.failed += apart.failed;
    totals.skipped += apart.skipped;
    tell_totals(&totals, started);
    Ok(totals)
}

fn tell_totals(totals: &Totals, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    println!("{} passed, {} failed, {} skipped in {seconds:.1} s", totals.passed, totals.failed, totals.skipped);
}

/// Inside: makes the machine what the scenario says.
fn furnish(scenario: &Scenario) -> Result<(), Verdict> {
    isolation::set_link_local(scenario.link_local).map_err(Verdict::Failed)?;
    isolation::set_prohibited(scenario.prohibited).map_err(Verdict::Failed)?;
    isolation::set_process_name(scenario.agent_process).map_err(Verdict::Failed)?;
    match scenario.user.and_then(isolation::user_obstacle) {
        Some(obstacle) => Err(Verdict::Skipped(obstacle)),
        None => Ok(()),
    }
}

/// The isolated ones.
fn run_apart(scenarios: &[Scenario], given: &[String], quiet: bool) -> Result<Totals, String> {
    if scenarios.is_empty() {
        return Ok(Totals::default());
    }
    let obstacle = match isolation::obstacle() {
        Some(obstacle) => obstacle,
        None => match isolation::run_inside(given, quiet)? {
            Ok(totals) => return Ok(totals),
            Err(obstacle) => obstacle,
        },
    };
    let mut totals = Totals::default();
    for scenario in scenarios {
        tell(&scenario.name, &Verdict::Skipped(obstacle.clone()), false, &mut totals);
    }
    Ok(totals)
}

fn tell(name: &str, verdict: &Verdict, quiet: bool, totals: &mut Totals) {
    match verdict {
        Verdict::Passed => {
            totals.passed += 1;
            if !quiet {
                println!("ok {name}");
            }
        }
        Verdict::Failed(why) => {
            totals.failed += 1;
            println!("FAILED {name}: {}", why.replace('\n', " | "));
        }
        Verdict::Skipped(why) => {
            totals.skipped += 1;
            println!("skipped {name}: {why}");
        }
    }
}
