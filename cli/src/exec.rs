//! `himds exec`: runs a command whose requests to a VM's metadata service are answered. The crate `himds-bridge` does it.

use himds_bridge::exec::{self, Mode, Options};

use crate::arguments::{Command, Matches, Operand, Opt, Values};
use crate::common::{RESOURCE, builder, client, identities};
use crate::failure::{Failure, Outcome};
use crate::streams::Streams;

pub(crate) const COMMAND: Command = Command {
    name: "exec",
    about: "run a command that knows only the metadata service of an Azure VM",
    details: "\
Requests of the command and of its children to http://169.254.169.254 are answered with this machine's tokens and
metadata; nobody else's are. You must be able to read the agent's keys; the tool needs no change, and exec no root.
The exit status, signals, standard streams and terminal are the command's. The status is 126 if the command cannot be run,
127 if it is not found, and 125 if exec itself fails.

Mode `connect` (Linux 5.9 and newer) redirects connections to that address to exec. Its limits: sudo and other programs that
gain privilege do not gain it inside; connections made through io_uring are not seen; a program that installs a notifying
seccomp filter of its own fails; some containers forbid the filter.
Mode `env` sets IDENTITY_ENDPOINT, IDENTITY_HEADER, MSI_ENDPOINT and MSI_SECRET, for tools that know App Service. Mode
`auto` takes `connect` if this system allows it, and otherwise `env`; --verbose says which, and why.",
    operand: Some(Operand {
        name: "COMMAND",
        help: "the command to run, and its arguments",
        required: false,
        values: Values::Command,
    }),
    options: &[
        Opt::with(
            "resource",
            "URL",
            "give tokens for this resource only; repeatable (default: for any)",
            RESOURCE.values,
        ),
        Opt::with("set-env", "NAME=URL", "put a token for this resource into a variable; repeatable", Values::Any),
        Opt::switch("no-metadata", "refuse instance metadata"),
        Opt::switch("verbose", "print a line for each answer to stderr, never a token"),
        Opt::with("mode", "MODE", "auto (default), connect or env", Values::Of(MODES)),
        Opt::switch("cloud-shell", "answer as Azure Cloud Shell too, for tools that know MSI_ENDPOINT alone"),
    ],
    asks: true,
    without: &["json"],
    answers: false,
    example: "\
himds exec -- rclone sync /data azure:backup
himds exec --resource https://storage.azure.com --client-id CLIENT_ID -- ./old-tool
himds exec --set-env PGPASSWORD=https://ossrdbms-aad.database.windows.net -- psql -h db -U app postgres",
    run,
};

const MODES: &[&str] = &["auto", "connect", "env"];

/// The exit status if exec itself fails.
pub(crate) const FAILED: i32 = exec::FAILED;

fn run(matches: &Matches, streams: &mut Streams<'_>) -> Outcome {
    // Refuses what no client can be made of, in the words of every other subcommand.
    client(matches)?;
    let options = Options {
        command: matches.command(),
        resources: matches.texts("resource")?.into_iter().map(str::to_owned).collect(),
        identity: identities(matches)?.pop().unwrap_or_default(),
        set_env: matches.texts("set-env")?.into_iter().map(variable).collect::<Result<_, _>>()?,
        no_metadata: matches.has("no-metadata"),
        verbose: matches.has("verbose"),
        mode: mode(matches)?,
        cloud_shell: matches.has("cloud-shell"),
        sigpipe_ignored: streams.is_sigpipe_ignored(),
        client: builder(matches)?,
    };
    Ok(exec::run(&options))
}

fn variable(text: &str) -> Result<(String, String), Failure> {
    let (name, resource) = text.split_once('=').ok_or_else(|| {
        Failure::Usage(format!("--set-env needs NAME=URL, as PGPASSWORD=https://vault.azure.net, not {text:?}"))
    })?;
    Ok((name.to_owned(), resource.to_owned()))
}

fn mode(matches: &Matches) -> Result<Mode, Failure> {
    match matches.text("mode")? {
        None | Some("auto") => Ok(Mode::Auto),
        Some("connect") => Ok(Mode::Connect),
        Some("env") => Ok(Mode::Env),
        Some(other) => Err(Failure::Usage(format!("unknown mode {other:?}; expected one of {}", MODES.join(", ")))),
    }
}
