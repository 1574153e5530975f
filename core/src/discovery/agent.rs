//! Whether the Connected Machine agent is installed here.

use std::path::Path;

use crate::discovery::environment::Environment;

/// The agent's program, if it exists.
#[cfg(unix)]
pub(crate) fn agent_program(_: &Environment, root: &Path) -> Option<String> {
    const PROGRAM: &str = "opt/azcmagent/bin/himds";
    exists(&root.join(PROGRAM)).then(|| format!("/{PROGRAM}"))
}

/// The agent's program, if it exists.
#[cfg(windows)]
pub(crate) fn agent_program(environment: &Environment, _: &Path) -> Option<String> {
    let folder = environment.get("ProgramW6432").or_else(|| environment.get("ProgramFiles"))?;
    let program = Path::new(&folder).join(r"AzureConnectedMachineAgent\himds.exe");
    exists(&program).then(|| program.display().to_string())
}

#[allow(clippy::disallowed_methods, reason = "local evidence below the injected root")]
fn exists(path: &Path) -> bool {
    path.exists()
}
