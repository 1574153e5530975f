//! The arguments.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Parser;
use himds_emulator::Config;

/// An emulator of Azure Arc's HIMDS and of an Azure VM's IMDS.
///
/// Serves both on loopback until it gets SIGTERM or Ctrl+C, then removes every key file it wrote. Without arguments it
/// takes free ports and a private token directory, and prints where they are.
#[derive(Parser)]
#[command(version, after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Configuration: identities, machine, life times, faults (see --example-config)
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Port of HIMDS; 0 takes a free one, the agent's own is 40342
    #[arg(long, value_name = "PORT")]
    himds_port: Option<u16>,
    /// Port of IMDS; 0 takes a free one, the real one is 80
    #[arg(long, value_name = "PORT")]
    imds_port: Option<u16>,
    /// Serve IMDS at 169.254.169.254, port 80 unless told otherwise; the machine must have that address
    #[arg(long)]
    link_local: bool,
    /// Do not serve HIMDS
    #[arg(long, conflicts_with_all = ["himds_port", "no_imds"])]
    no_himds: bool,
    /// Do not serve IMDS
    #[arg(long, conflicts_with_all = ["imds_port", "link_local"])]
    no_imds: bool,
    /// Where HIMDS puts the key files, an absolute path; clients of other makers want /var/opt/azcmagent/tokens.
    /// Left out: a private directory that is removed at the end
    #[arg(long, value_name = "DIRECTORY")]
    token_dir: Option<PathBuf>,
    /// Serve a small ARM and Key Vault too, by HTTPS
    #[arg(long)]
    azure: bool,
    /// Print `export NAME=VALUE` lines for a shell instead of the line that says where it listens
    #[arg(long)]
    pub(crate) print_env: bool,
    /// Write the addresses to this file, as JSON, once it takes connections; removed at the end
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
    /// Print a commented configuration file and end
    #[arg(long)]
    pub(crate) example_config: bool,
    /// Run this command with the variables set and those of other services removed, and end with it and with its exit
    /// status, 128 + n where signal n killed it
    #[arg(trailing_var_arg = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  sudo himds-emulator --token-dir /var/opt/azcmagent/tokens -- python3 script.py
      Run a script as on an Arc-enabled server, with IDENTITY_ENDPOINT and IMDS_ENDPOINT set.
      In the agent's own token directory, because nothing tells a client of another one.

  himds-emulator -- sh -c 'himds token --token-dir \"$HIMDS_EMULATOR_TOKEN_DIR\"'
      Without root, in a private directory: for clients that can be told of it, as himds can.

  himds-emulator --print-env > env.sh & ... ; . ./env.sh
      Keep it running in the background and use it from a shell.

  sudo himds-emulator --himds-port 40342 --token-dir /var/opt/azcmagent/tokens
      Stand where the agent stands, for clients that have the port built in too.

  curl -H 'Content-Type: application/json' -d '{\"preset\": \"throttled\", \"count\": 3}' http://127.0.0.1:PORT/emulator/faults
      Let the next three token requests be throttled. GET /emulator/requests shows what came,
      GET /emulator/secrets every key and token issued.";

impl Arguments {
    /// The arguments win over the file.
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
