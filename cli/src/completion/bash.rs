//! For bash, without the bash-completion package's functions.

use super::words::{operand, options, quoted};
use crate::arguments::{Command, Commands, Values};

/// `--name=value` and values with a colon are several words to bash.
const START: &str = "\
# bash completion for himds
_himds() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} words=
    COMPREPLY=()
    if [ \"$COMP_CWORD\" = 1 ]; then
";

const END: &str = "\
    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))
    # Up to the last colon the word is on the line already.
    if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then
        local start=${word%\"${word##*:}\"} i
        for i in \"${!COMPREPLY[@]}\"; do COMPREPLY[i]=${COMPREPLY[i]#\"$start\"}; done
    fi
}
complete -o default -F _himds himds
";

pub(super) fn script(commands: Commands) -> String {
    let names: Vec<_> = commands.iter().map(|command| command.name).collect();
    let mut script = format!(
        "{START}        words={}\n    else\n        case $command in\n",
        quoted(&format!("{} --help --version", names.join(" ")))
    );
    commands.iter().for_each(|command| script += &of_command(command));
    script + "        esac\n    fi\n" + END
}

fn of_command(command: &Command) -> String {
    let mut cases = String::new();
    for option in options(command).filter(|option| !option.value.is_empty()) {
        let action = match option.values {
            Values::Of(values) => format!("words={}", quoted(&values.join(" "))),
            Values::File => "COMPREPLY=($(compgen -f -- \"$word\")); return".to_owned(),
            Values::Directory => "COMPREPLY=($(compgen -d -- \"$word\")); return".to_owned(),
            Values::Any | Values::Command => "return".to_owned(),
        };
        cases += &format!("            --{}) {action} ;;\n", option.name);
    }
    let names: Vec<_> = options(command).map(|option| format!("--{}", option.name)).collect();
    let values = match operand(command) {
        Values::Of(values) => values.join(" "),
        _ => String::new(),
    };
    // What follows `--` is a command, and then its arguments: file names, by the default.
    let another = match operand(command) {
        Values::Command => {
            "            case \" ${COMP_WORDS[*]:2:COMP_CWORD-2} \" in\n            \
             *' -- ') COMPREPLY=($(compgen -c -- \"$word\")); return ;;\n            *' -- '*) return ;;\n            esac\n"
        }
        _ => "",
    };
    let words = quoted(format!("{} {values}", names.join(" ")).trim());
    format!(
        "        {})\n{another}            case $previous in\n{cases}            *) words={words} ;;\n            esac\n            ;;\n",
        command.name
    )
}
