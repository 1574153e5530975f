//! Lines of arguments, read by a table of the tests' own.

use super::*;

const COMMON: &[Opt] = &[Opt::switch("json", ""), Opt::with("source", "S", "", Values::Any)];
const COMMAND: Command = Command {
    name: "token",
    about: "",
    details: "",
    operand: Some(Operand { name: "RESOURCE", help: "", required: false, values: Values::Any }),
    options: &[Opt::with("resource", "URL", "", Values::Any)],
    asks: true,
    without: &[],
    answers: true,
    example: "",
    run: |_, _| Ok(0),
};
const NEEDY: Command = Command {
    name: "needy",
    operand: Some(Operand { name: "SHELL", help: "", required: true, values: Values::Any }),
    options: &[],
    asks: false,
    ..COMMAND
};

const RUNNER: Command = Command {
    name: "exec",
    operand: Some(Operand { name: "COMMAND", help: "", required: false, values: Values::Command }),
    without: &["json"],
    ..COMMAND
};

fn read(line: &str) -> Result<String, String> {
    let arguments = line.split(' ').filter(|word| !word.is_empty()).map(OsString::from);
    match parse(&[&COMMAND, &NEEDY, &RUNNER], COMMON, arguments) {
        Ok(Wanted::Help(command)) => Ok(format!("help {}", command.map_or("", |command| command.name))),
        Ok(Wanted::Version) => Ok("version".into()),
        Ok(Wanted::Run(command, matches)) if command.runs_another() => {
            Ok(format!("{} {:?} {:?}", command.name, matches.options, matches.command()))
        }
        Ok(Wanted::Run(command, matches)) => {
            Ok(format!("{} {:?} {:?}", command.name, matches.options, matches.operand))
        }
        Err((_, failure)) => Err(failure.line()),
    }
}

#[test]
fn arguments_are_read_by_the_table() {
    for (line, expected) in [
        ("--help", "help "),
        ("-h", "help "),
        ("--version", "version"),
        ("token --help", "help token"),
        ("token --nonsense --help", "unknown option --nonsense"),
        ("token", "token [] None"),
        ("token r", "token [] Some(\"r\")"),
        (
            "token --source=a --json r --source b",
            "token [(\"source\", \"a\"), (\"json\", \"\"), (\"source\", \"b\")] Some(\"r\")",
        ),
        ("token --resource --json", "token [(\"resource\", \"--json\")] None"),
        ("token -- --json", "token [] Some(\"--json\")"),
        ("token a b", "unexpected argument \"b\""),
        ("token --json=yes", "unexpected argument for option '--json': \"yes\""),
        ("token --resource", "missing argument for option '--resource'"),
        ("token -x", "invalid option '-x'"),
        ("token --resourc x", "unknown option --resourc"),
        ("needy", "SHELL is missing"),
        ("needy bash --source x", "unknown option --source"),
        ("exec --source a -- tool --json -x", "exec [(\"source\", \"a\")] [\"tool\", \"--json\", \"-x\"]"),
        ("exec tool --resource -- -- a", "exec [] [\"tool\", \"--resource\", \"--\", \"--\", \"a\"]"),
        ("exec -- -- a", "exec [] [\"--\", \"a\"]"),
        ("exec --", "exec [] []"),
        ("exec --nonsense -- tool", "unknown option --nonsense"),
        ("exec --json -- tool", "unknown option --json"),
        ("nonsense", "unknown command \"nonsense\""),
        ("--json token", "invalid option '--json'"),
        ("", "a COMMAND is missing"),
    ] {
        let (Ok(got) | Err(got)) = read(line);
        assert_eq!(got, expected, "{line}");
    }
}
