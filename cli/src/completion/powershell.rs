//! For PowerShell, 5.1 and newer.

use super::words::{operand, options};
use crate::arguments::{Commands, Values};

const START: &str = "\
# PowerShell completion for himds
Register-ArgumentCompleter -Native -CommandName himds -ScriptBlock {
    param($word, $ast, $position)
    # Each entry is a text and what it means; an option's values are below its name.
    $commands = [ordered]@{
";

const END: &str = "    }
    $given = @($ast.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object { $_.ToString() })
    $choices = [ordered]@{}
    if ($given.Count -eq 0) {
        foreach ($name in $commands.Keys) { $choices[$name] = $commands[$name].About }
        $choices['--help'] = 'show help'
        $choices['--version'] = 'show the version'
    } elseif ($commands.Contains($given[0])) {
        $command = $commands[$given[0]]
        $last = $given[-1]
        if ($command.Values.ContainsKey($last)) {
            foreach ($value in $command.Values[$last]) { $choices[$value] = $value }
        } else {
            foreach ($name in $command.Options.Keys) { $choices[$name] = $command.Options[$name] }
            foreach ($value in $command.Operands) { $choices[$value] = $value }
        }
    }
    $choices.GetEnumerator() | Where-Object { $_.Key.StartsWith($word, 'OrdinalIgnoreCase') } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_.Key, $_.Key, 'ParameterValue', $_.Value)
    }
}
";

pub(super) fn script(commands: Commands) -> String {
    let mut script = START.to_owned();
    for command in commands {
        let (mut descriptions, mut values) = (Vec::new(), Vec::new());
        for option in options(command) {
            let name = quoted(&format!("--{}", option.name));
            descriptions.push(format!("{name} = {}", quoted(option.help)));
            if !option.value.is_empty() {
                values.push(format!("{name} = @({})", list(option.values)));
            }
        }
        script += &format!(
            "        {} = @{{\n            About = {}\n            Operands = @({})\n            Options = [ordered]@{{ {} }}\n            Values = @{{ {} }}\n        }}\n",
            quoted(command.name),
            quoted(command.about),
            list(operand(command)),
            descriptions.join("; "),
            values.join("; ")
        );
    }
    script + END
}

fn list(values: Values) -> String {
    match values {
        Values::Of(values) => values.iter().map(|value| quoted(value)).collect::<Vec<_>>().join(", "),
        Values::Any | Values::File | Values::Directory | Values::Command => String::new(),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
