//! The commands and places that hints name, for the system that this library is built for.

const WINDOWS: bool = cfg!(windows);

/// Which process listens on which port.
pub(crate) const LISTENERS: &str = if WINDOWS { "netstat -abno" } else { "ss -ltnp" };
/// Who listens where, and as which user.
pub(crate) const OWNERS: &str = if WINDOWS { "netstat -abno" } else { "sudo ss -ltnpe" };
/// Owner and rights of a directory's files.
pub(crate) const RIGHTS: &str = if WINDOWS { "icacls" } else { "ls -la" };
/// How to check the agent's service; on Linux its name is not the program's.
pub(crate) const AGENT_STATUS: &str = if WINDOWS { "Get-Service himds" } else { "systemctl status himdsd" };
pub(crate) const AGENT_RESTART: &str = if WINDOWS { "Restart-Service himds" } else { "sudo systemctl restart himdsd" };
pub(crate) const AGENT_LOG: &str = if WINDOWS {
    r"%ProgramData%\AzureConnectedMachineAgent\Log\himds.log"
} else {
    "/var/opt/azcmagent/log/himds.log"
};
