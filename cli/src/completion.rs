//! `himds completion`: a script that completes the command's arguments in a shell, written from the table.

mod bash;
mod fish;
mod powershell;
mod words;
mod zsh;

use crate::arguments::{Command, Matches, Operand, Values};
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
    without: &[],
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
    let commands = matches.commands();
    let script = match matches.operand()?.unwrap_or_default() {
        "bash" => bash::script(commands),
        "zsh" => zsh::script(commands),
        "fish" => fish::script(commands),
        "powershell" => powershell::script(commands),
        other => {
            let message = format!("no completion for {other:?}; expected one of {}", SHELLS.join(", "));
            return Err(Failure::Usage(message));
        }
    };
    streams.answer(&script)?;
    Ok(0)
}
