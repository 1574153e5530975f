//! The commands and places that hints name, as the system has them that this library is built for.

const WINDOWS: bool = cfg!(windows);

/// Who listens where.
pub(crate) const LISTENERS: &str = if WINDOWS { "netstat -abno" } else { "ss -ltnp" };
/// Owner and rights of a directory's files.
pub(crate) const RIGHTS: &str = if WINDOWS { "icacls" } else { "ls -la" };
/// How the agent's service does. On Linux it is named otherwise than its program.
pub(crate) const AGENT_STATUS: &str = if WINDOWS { "Get-Service himds" } else { "systemctl status himdsd" };
pub(crate) const AGENT_RESTART: &str = if WINDOWS { "Restart-Service himds" } else { "sudo systemctl restart himdsd" };
pub(crate) const AGENT_LOG: &str = if WINDOWS {
    r"%ProgramData%\AzureConnectedMachineAgent\Log\himds.log"
} else {
    "/var/opt/azcmagent/log/himds.log"
};
