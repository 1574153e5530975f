//! For zsh: `_arguments` does it all.

use super::words::{operand, options, quoted};
use crate::arguments::{Command, Commands, Values};

pub(super) fn script(commands: Commands) -> String {
    let mut script = "#compdef himds\n\n_himds() {\n    local -a commands=(\n".to_owned();
    for command in commands {
        script += &format!("        {}\n", quoted(&format!("{}:{}", command.name, command.about)));
    }
    script += "    )\n    if (( CURRENT == 2 )); then\n        _describe command commands\n        _arguments --help --version\n        return\n    fi\n";
    script += "    local command=$words[2]\n    shift words\n    (( CURRENT-- ))\n    case $command in\n";
    commands.iter().for_each(|command| script += &of_command(command));
    // Loaded by compinit it is the function's body and must call it; sourced, it must only be defined.
    script
        + "    esac\n}\n\nif [ \"$funcstack[1]\" = _himds ]; then\n    _himds \"$@\"\nelse\n    compdef _himds himds\nfi\n"
}

fn of_command(command: &Command) -> String {
    let mut specs = Vec::new();
    for option in options(command) {
        let value = match option.value {
            "" => String::new(),
            value => format!(":{}:{}", escaped(value), action(option.values)),
        };
        specs.push(quoted(&format!("--{}[{}]{value}", option.name, escaped(option.help))));
    }
    if command.runs_another() {
        specs.extend(["'(-)1:command:_command_names -e'".to_owned(), "'*::argument:_normal'".to_owned()]);
    } else if let Some(named) = command.operand {
        specs.push(quoted(&format!("::{}:{}", escaped(named.name), action(operand(command)))));
    }
    format!(
        "    {})\n        _arguments \\\n            {}\n        ;;\n",
        command.name,
        specs.join(" \\\n            ")
    )
}

fn action(values: Values) -> String {
    match values {
        Values::Any => String::new(),
        Values::Of(values) => format!("({})", values.iter().map(|value| escaped(value)).collect::<Vec<_>>().join(" ")),
        Values::File => "_files".to_owned(),
        Values::Directory => "_files -/".to_owned(),
        Values::Command => "_command_names -e".to_owned(),
    }
}

/// What ends a part of a specification.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(':', "\\:").replace('[', "\\[").replace(']', "\\]")
}
