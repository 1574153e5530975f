//! `himds completion`: a script that completes the command's arguments in a shell, written from the table.

mod bash;
mod fish;
mod powershell;
mod zsh;

use crate::arguments::{Command, Matches, Operand, Opt, Values};
use crate::common;
use crate::failure::{Failure, Outcome};
use crate::streams::Streams;

pub(crate) const COMMAND: Command = Command {
    name: "completion",
    about: "print a script that completes himds in a shell",
    details: "",
    operand: Some(Operand {
        name: "SHELL",
        help: "bash, zsh, fish or powershell",
        required: true,
        values: Values::Of(SHELLS),
    }),
    options: &[],
    asks: false,
    answers: true,
    example: "\
himds completion bash >~/.local/share/bash-completion/completions/himds
himds completion zsh >~/.zfunc/_himds                  # with ~/.zfunc in fpath
himds completion fish >~/.config/fish/completions/himds.fish
himds completion powershell | Out-String | Invoke-Expression     # in $PROFILE",
    run,
};

const SHELLS: &[&str] = &["bash", "zsh", "fish", "powershell"];

fn run(matches: &Matches, streams: &mut Streams<'_>) -> Outcome {
    let script = match matches.operand()?.unwrap_or_default() {
        "bash" => bash::script(),
        "zsh" => zsh::script(),
        "fish" => fish::script(),
        "powershell" => powershell::script(),
        other => {
            let message = format!("no completion for {other:?}; expected one of {}", SHELLS.join(", "));
            return Err(Failure::Usage(message));
        }
    };
    streams.answer(&script)?;
    Ok(0)
}

/// Every option that the subcommand takes, --help last.
fn options(command: &Command) -> impl Iterator<Item = Opt> {
    command.options.iter().chain(command.common(common::OPTIONS)).copied().chain([Opt::switch("help", "show help")])
}

/// What the operand may be.
fn operand(command: &Command) -> Values {
    command.operand.map_or(Values::Of(&[]), |operand| operand.values)
}

/// In single quotes, for the shells in which a quote inside cannot be escaped.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
