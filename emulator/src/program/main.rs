//! The program: reads the arguments, starts the emulator, prints its addresses, and ends on a signal.

mod cli;
mod command;
mod environment;
mod ready_file;
mod signals;

use std::fs;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use himds_emulator::conformance::{self, Judge};
use himds_emulator::{Addresses, Config, Emulator, Error, Impostor, ImpostorConfig};

use cli::{Arguments, Other};
use ready_file::ReadyFile;
use signals::Signals;

const EXAMPLE: &str = include_str!("../../emulator.example.toml");

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.example_config {
        print!("{EXAMPLE}");
        return ExitCode::SUCCESS;
    }
    if let Some(Other::Conformance(options)) = &arguments.other {
        return conformance::main(options, Judge::Outcomes, &["conformance"], None);
    }
    match run(&arguments) {
        Ok(status) => status,
        Err(problem) => {
            eprintln!("himds-emulator: {problem}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    if let Some(Other::Impostor(impostor)) = &arguments.other {
        return relay(impostor.config());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // The handlers come first: a signal must not end the program between the first file and the last.
    let mut signals = runtime.block_on(async { Signals::listen(!arguments.command.is_empty()) })?;
    let emulator = Emulator::start(configuration(arguments)?)?;
    let addresses = emulator.addresses();
    let text = serde_json::to_string_pretty(&addresses)? + "\n";
    let _ready = arguments.ready_file.as_ref().map(|file| ReadyFile::write(file, &text)).transpose()?;
    announce(arguments, &addresses)?;
    let status = runtime.block_on(async {
        if arguments.command.is_empty() {
            match arguments.end_with_stdin {
                true => tokio::select! { () = signals.end() => {}, () = end_of_stdin() => {} },
                false => signals.end().await,
            }
            return Ok(0);
        }
        command::run(&arguments.command, &addresses, &mut signals).await
    })?;
    Ok(ExitCode::from(status))
}

/// Reads on a thread of its own, which the process does not wait for.
async fn end_of_stdin() {
    let (ended, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _ = ended.send(());
    });
    let _ = end.await;
}

/// Prints what the impostor sees until a signal ends the process; there is nothing to clean up.
fn relay(config: ImpostorConfig) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let impostor = Impostor::start(config)?;
    let mut stdout = std::io::stdout();
    while let Some(event) = impostor.next_event(Duration::MAX) {
        writeln!(stdout, "{}", serde_json::to_string(&event)?)?;
        stdout.flush()?;
    }
    Err("the impostor's thread ended".into())
}

fn configuration(arguments: &Arguments) -> Result<Config, Box<dyn std::error::Error>> {
    let mut config = match &arguments.config {
        Some(file) => {
            let text = fs::read_to_string(file).map_err(Error::file(file))?;
            Config::from_toml(&text).map_err(|error| format!("{}: {error}", file.display()))?
        }
        None => Config::default(),
    };
    arguments.apply(&mut config);
    if !config.himds.enabled && !config.imds.enabled {
        return Err("nothing to serve: --no-himds and --no-imds, or enabled = false in the configuration".into());
    }
    Ok(config)
}

/// Prints the addresses.
fn announce(arguments: &Arguments, addresses: &Addresses) -> std::io::Result<()> {
    let line = format!("himds-emulator is ready: {}", environment::summary(addresses));
    let mut stdout = std::io::stdout();
    if arguments.print_env {
        for (name, value) in environment::variables(addresses) {
            writeln!(stdout, "export {name}={}", environment::quoted(&value))?;
        }
        eprintln!("{line}");
    } else if arguments.command.is_empty() {
        writeln!(stdout, "{line}")?;
    } else {
        eprintln!("{line}");
    }
    stdout.flush()
}
