//! The arguments.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use himds_emulator::{Config, ImpostorConfig, conformance};

/// An emulator of Azure Arc's HIMDS and of an Azure VM's IMDS.
///
/// Serves both on loopback until it gets SIGTERM or Ctrl+C, then removes every key file it wrote. Without arguments it
/// takes free ports and a private token directory, and prints them.
#[derive(Parser)]
#[command(version, after_long_help = EXAMPLES, override_usage = USAGE, args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) other: Option<Other>,
    /// Configuration: identities, machine, lifetimes, faults (see --example-config)
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Port of HIMDS; 0 takes a free one, the agent's own is 40342
    #[arg(long, value_name = "PORT")]
    himds_port: Option<u16>,
    /// Port of IMDS; 0 takes a free one, the real one is 80
    #[arg(long, value_name = "PORT")]
    imds_port: Option<u16>,
    /// Serve IMDS at 169.254.169.254, port 80 by default; the machine must have that address
    #[arg(long)]
    link_local: bool,
    /// Do not serve HIMDS
    #[arg(long, conflicts_with_all = ["himds_port", "no_imds"])]
    no_himds: bool,
    /// Do not serve IMDS
    #[arg(long, conflicts_with_all = ["imds_port", "link_local"])]
    no_imds: bool,
    /// Where HIMDS puts the key files, an absolute path; other makers' clients need /var/opt/azcmagent/tokens.
    /// Left out: a private directory that is removed at the end
    #[arg(long, value_name = "DIRECTORY")]
    token_dir: Option<PathBuf>,
    /// Also serve a small ARM and Key Vault, by HTTPS
    #[arg(long)]
    azure: bool,
    /// Print `export NAME=VALUE` lines for a shell instead of the line with the addresses
    #[arg(long)]
    pub(crate) print_env: bool,
    /// Write the addresses to this file, as JSON, once it accepts connections; removed at the end
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
    /// End when standard input does: for a program that starts the emulator and may die
    #[arg(long, conflicts_with = "command")]
    pub(crate) end_with_stdin: bool,
    /// Print a commented configuration file and exit
    #[arg(long)]
    pub(crate) example_config: bool,
    /// Run this command with the variables set and those of other services removed, and end when it does, with its exit
    /// status: 128 + n if signal n killed it. Ctrl+C is left to the command
    #[arg(trailing_var_arg = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

#[derive(Subcommand)]
pub(crate) enum Other {
    Impostor(Impostor),
    Conformance(conformance::Options),
}

/// Take the agent's port and relay: a client under test must keep its key
///
/// What a client sends goes on to the agent and the agent's answers go back. Prints a line of JSON for each event, and
/// never a key or a token, until a signal ends it. A client that causes an event "key" has failed.
#[derive(Args)]
pub(crate) struct Impostor {
    /// The agent or emulator that challenges are fetched from, such as http://127.0.0.1:40342
    #[arg(long, value_name = "URL")]
    agent: String,
    /// Port to take; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 40342)]
    port: u16,
    /// Take the port of ::1, to which clients turn if nothing listens at 127.0.0.1
    #[arg(long)]
    ipv6: bool,
    /// Say `Connection: close` with the challenge, so that the client brings its key on a new connection
    #[arg(long)]
    close_after_challenge: bool,
    /// Stop listening after the first connection and keep that one, so that the agent can listen there again
    #[arg(long)]
    release_port: bool,
    /// Act as this user, one that cannot read keys, and as the group of the same number alone; needs root
    #[arg(long, value_name = "NUMBER")]
    user: Option<u32>,
}

impl Impostor {
    pub(crate) fn config(&self) -> ImpostorConfig {
        let Self { agent, port, ipv6, close_after_challenge, release_port, user } = self;
        ImpostorConfig {
            agent: agent.clone(),
            port: *port,
            ipv6: *ipv6,
            close_after_challenge: *close_after_challenge,
            release_port: *release_port,
            user: *user,
        }
    }
}

const USAGE: &str = "himds-emulator [OPTIONS] [-- COMMAND...]\n       himds-emulator impostor --agent <URL> [OPTIONS]\n       \
    himds-emulator conformance --driver <COMMAND> [OPTIONS]";

const EXAMPLES: &str = "\
Examples:
  sudo himds-emulator --token-dir /var/opt/azcmagent/tokens -- python3 script.py
      Run a script as on an Arc-enabled server, with IDENTITY_ENDPOINT and IMDS_ENDPOINT set.
      The token directory is the agent's own, because nothing tells a client of another one.

  himds-emulator -- sh -c 'himds token --token-dir \"$HIMDS_EMULATOR_TOKEN_DIR\"'
      Without root, in a private directory: for clients with an option for it, such as himds.

  himds-emulator --print-env > env.sh & ... ; . ./env.sh
      Keep it running in the background and use it from a shell.

  sudo himds-emulator --himds-port 40342 --token-dir /var/opt/azcmagent/tokens
      Take the agent's own port too, for clients that have it built in.

  sudo himds-emulator impostor --user 65534 --agent http://127.0.0.1:40342 --release-port
      Take the port of an agent that is being restarted, and see whether a client hands over its key.

  himds-emulator conformance --driver \"python3 driver.py\" --only \"key file\"
      Test a client of your own; docs/conformance.md has the driver's protocol.

  curl -H 'Content-Type: application/json' -d '{\"preset\": \"throttled\", \"count\": 3}' http://127.0.0.1:PORT/emulator/faults
      Throttle the next three token requests. GET /emulator/requests shows the requests,
      GET /emulator/secrets every key and token issued.";

impl Arguments {
    /// The arguments override the file.
    pub(crate) fn apply(&self, config: &mut Config) {
        if self.link_local {
            config.imds.address = IpAddr::from([169, 254, 169, 254]);
            config.imds.port = 80;
        }
        if let Some(port) = self.himds_port {
            config.himds.port = port;
        }
        if let Some(port) = self.imds_port {
            config.imds.port = port;
        }
        if let Some(directory) = &self.token_dir {
            config.himds.token_dir = Some(directory.clone());
        }
        config.himds.enabled &= !self.no_himds;
        config.imds.enabled &= !self.no_imds;
        config.azure.enabled |= self.azure;
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_consistent() {
        super::Arguments::command().debug_assert();
    }
}
