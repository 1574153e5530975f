//! The program: reads the arguments, starts the emulator, says where it listens, and ends on a signal.

mod cli;
mod environment;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use himds_emulator::{Config, Emulator};
use tokio::process::{Child, Command};

use cli::Arguments;

const EXAMPLE: &str = include_str!("../emulator.example.toml");

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.example_config {
        print!("{EXAMPLE}");
        return ExitCode::SUCCESS;
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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // The handlers come first: a signal must not end the program between the first file and the last.
    let mut signals = runtime.block_on(async { Signals::listen() })?;
    let emulator = Emulator::start(configuration(arguments)?)?;
    announce(arguments, &emulator)?;
    let status = runtime.block_on(async {
        if arguments.command.is_empty() {
            signals.next().await;
            return Ok(ExitCode::SUCCESS);
        }
        run_command(&arguments.command, &emulator, &mut signals).await
    });
    if let Some(file) = &arguments.ready_file {
        fs::remove_file(file)?;
    }
    drop(emulator);
    status
}

fn configuration(arguments: &Arguments) -> Result<Config, Box<dyn std::error::Error>> {
    let mut config = match &arguments.config {
        Some(file) => {
            let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
            Config::from_toml(&text).map_err(|error| format!("{}: {error}", file.display()))?
        }
        None => Config::default(),
    };
    arguments.apply(&mut config);
    Ok(config)
}

/// Says where it listens: on stdout, and in the file that a script waits for.
fn announce(arguments: &Arguments, emulator: &Emulator) -> Result<(), Box<dyn std::error::Error>> {
    let addresses = emulator.addresses();
    let line = format!("himds-emulator is ready: {}", environment::summary(&addresses));
    let mut stdout = std::io::stdout();
    if arguments.print_env {
        for (name, value) in environment::variables(&addresses) {
            writeln!(stdout, "export {name}={}", environment::quoted(&value))?;
        }
        eprintln!("{line}");
    } else if arguments.command.is_empty() {
        writeln!(stdout, "{line}")?;
    } else {
        eprintln!("{line}");
    }
    stdout.flush()?;
    if let Some(file) = &arguments.ready_file {
        write_at_once(file, &(serde_json::to_string_pretty(&addresses)? + "\n"))?;
    }
    Ok(())
}

/// Whoever sees the file sees all of it.
fn write_at_once(file: &Path, text: &str) -> std::io::Result<()> {
    let mut partial = file.as_os_str().to_owned();
    partial.push(".partial");
    fs::write(&partial, text)?;
    fs::rename(&partial, file)
}

/// Runs the command with the variables set, and ends with its status.
async fn run_command(
    command: &[String],
    emulator: &Emulator,
    signals: &mut Signals,
) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut child = Command::new(&command[0])
        .args(&command[1..])
        .envs(environment::variables(&emulator.addresses()))
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{}: {error}", command[0]))?;
    let status = tokio::select! {
        status = child.wait() => status?,
        () = signals.next() => {
            terminate(&mut child);
            child.wait().await?
        }
    };
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

#[cfg(unix)]
fn terminate(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process};
    if let Some(pid) = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)) {
        // It may have ended by itself, from the same Ctrl+C.
        let _ = kill_process(pid, Signal::TERM);
    }
}

#[cfg(not(unix))]
fn terminate(child: &mut Child) {
    let _ = child.start_kill();
}

/// The signals that end the program.
#[cfg(unix)]
struct Signals([tokio::signal::unix::Signal; 3]);

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?]))
    }

    async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
