//! For fish.

use super::words::{operand, options};
use crate::arguments::{Commands, Values};

pub(super) fn script(commands: Commands) -> String {
    let mut script = "\
# fish completion for himds
complete -c himds -f
complete -c himds -n __fish_use_subcommand -l help -s h -d 'show help'
complete -c himds -n __fish_use_subcommand -l version -d 'show the version'
"
    .to_owned();
    for command in commands {
        script +=
            &format!("complete -c himds -n __fish_use_subcommand -a {} -d {}\n", command.name, quoted(command.about));
    }
    for command in commands {
        let start = format!("complete -c himds -n '__fish_seen_subcommand_from {}'", command.name);
        match operand(command) {
            Values::Of(values @ [_, ..]) => script += &format!("{start} -a {}\n", quoted(&values.join(" "))),
            Values::Command => script += &format!("{start} -a '(__fish_complete_command)'\n"),
            _ => {}
        }
        for option in options(command) {
            let value = match option.values {
                _ if option.value.is_empty() => String::new(),
                Values::Any | Values::Command => " -x".to_owned(),
                Values::Of(values) => format!(" -x -a {}", quoted(&values.join(" "))),
                Values::File => " -r -F".to_owned(),
                Values::Directory => " -x -a '(__fish_complete_directories)'".to_owned(),
            };
            script += &format!("{start} -l {}{value} -d {}\n", option.name, quoted(option.help));
        }
    }
    script
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
