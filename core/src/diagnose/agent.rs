//! The Connected Machine agent: `agent` (is it installed, does it run) and `port` (who listens where it should).

#[cfg(target_os = "linux")]
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[cfg(target_os = "linux")]
use url::Host;
use url::Url;

use super::files::Files;
#[cfg(target_os = "linux")]
use super::proc_net::{self, Process};
use super::report::StepResult;
use crate::Source;
#[cfg(target_os = "linux")]
use crate::os::account::name_of;
#[cfg(target_os = "linux")]
use crate::os::commands::AGENT_RESTART;
use crate::os::commands::AGENT_STATUS;
#[cfg(target_os = "linux")]
use crate::os::commands::{LISTENERS, OWNERS};
use crate::os::peer::Readers;

/// The agent's process.
#[cfg(target_os = "linux")]
const PROCESS: &str = "himds";

#[cfg(windows)]
const START: &str = "Start its service (`Start-Service himds`) and check it: `Get-Service himds`, `azcmagent show`.";
#[cfg(not(windows))]
const START: &str = "Start its service and check it: `sudo systemctl start himdsd`, `systemctl status himdsd`, \
    `sudo azcmagent show`, `sudo journalctl -u himdsd`.";

const INSTALL: &str = "Install the Connected Machine agent and connect this server to Azure Arc (`azcmagent connect`; \
    https://learn.microsoft.com/azure/azure-arc/servers/deployment-options), or, if this is an Azure VM, name the \
    source imds.";

/// What is known when the agent is judged.
pub(super) struct Agent<'a> {
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux tells whose a listener is"))]
    pub(super) files: Files<'a>,
    pub(super) source: Source,
    /// The agent's program, if it exists.
    pub(super) program: Option<String>,
    /// Who can read the agent's keys, as far as the directory tells.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux tells whose a listener is"))]
    pub(super) readers: Option<Readers>,
    pub(super) in_container: bool,
    /// Whether anything answered at the service's address.
    pub(super) reached: bool,
    pub(super) has_token: bool,
}

#[cfg(target_os = "linux")]
impl Agent<'_> {
    /// Whether a process of this user may be the agent's.
    fn trusts(&self, uid: u32) -> bool {
        uid == 0 || self.readers.as_ref().is_some_and(|readers| readers.include(uid))
    }
}

/// `agent`
pub(super) fn agent(this: &Agent<'_>) -> StepResult {
    if let Some(program) = &this.program {
        let pid = process(this);
        return match pid {
            Some(pid) => StepResult::ok(format!("it is installed ({program}) and running (process {pid})")),
            None if this.source == Source::Himds && !this.reached => {
                StepResult::failed(format!("it is installed ({program}) but not running"), START)
            }
            None => StepResult::ok(format!("it is installed ({program})")),
        };
    }
    if this.in_container {
        let detail = format!(
            "it is not installed inside this container (looked for {}), and need not be: it runs on the host",
            looked_for()
        );
        return match this.has_token {
            true => StepResult::ok(detail),
            false => {
                StepResult::warning(detail, format!("On the host, check with `{AGENT_STATUS}` and `azcmagent show`."))
            }
        };
    }
    let detail = format!("it is not installed here (looked for {})", looked_for());
    match (this.source, this.has_token) {
        (Source::Himds, _) => StepResult::failed(detail, INSTALL),
        (Source::Imds, true) => StepResult::ok(format!("{detail}; an Azure VM needs none")),
        (Source::Imds, false) => StepResult::warning(detail, INSTALL),
    }
}

fn looked_for() -> &'static str {
    if cfg!(windows) { r"%ProgramFiles%\AzureConnectedMachineAgent\himds.exe" } else { "/opt/azcmagent/bin/himds" }
}

/// The agent's process: anybody can give a process its name, but not its user.
#[cfg(target_os = "linux")]
fn process(this: &Agent<'_>) -> Option<u32> {
    proc_net::named(this.files, PROCESS, |uid| this.trusts(uid))
}

/// Known on Linux alone; elsewhere the port tells.
#[cfg(not(target_os = "linux"))]
fn process(_: &Agent<'_>) -> Option<u32> {
    None
}

/// `host:port` as a person would write it.
pub(super) fn authority(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

/// The addresses that are tried for this URL.
#[cfg(target_os = "linux")]
fn addresses(url: &Url) -> Vec<IpAddr> {
    match url.host() {
        Some(Host::Ipv4(address)) => vec![address.into()],
        Some(Host::Ipv6(address)) => vec![address.into()],
        _ => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
    }
}

/// Who listens at the service's address. `go_on` says whether there is time left for the search.
#[cfg(target_os = "linux")]
pub(super) fn port(url: &Url, this: &Agent<'_>, go_on: impl Fn() -> bool) -> StepResult {
    let at = authority(url);
    let number = url.port_or_known_default().unwrap_or_default();
    let Some(listeners) = proc_net::listeners(this.files) else { return reached(&at, this) };
    let accepts = |address: IpAddr| listeners.iter().find(|listener| listener.accepts(address, number));
    let Some(listener) = addresses(url).into_iter().find_map(accepts) else {
        return if this.reached { reached(&at, this) } else { closed(&at, this) };
    };
    let passwd = this.files.text("etc/passwd").unwrap_or_default();
    let user =
        name_of(&passwd, listener.uid).map_or_else(|| format!("uid {}", listener.uid), |name| format!("user {name}"));
    let process = proc_net::owner(this.files, listener.inode, go_on);
    if !this.trusts(listener.uid) {
        let what = process.map_or_else(|| "a process".to_owned(), |it| format!("{} (process {})", it.name, it.pid));
        return StepResult::warning(
            format!("{at} is open, but {what} of {user} listens there, which is neither root nor the keys' owner"),
            format!(
                "See what that is with `{OWNERS} 'sport = :{number}'`. If it does not belong there, stop it, then \
                 `{AGENT_RESTART}`."
            ),
        );
    }
    match process {
        Some(Process { pid, name }) if name == PROCESS => {
            StepResult::ok(format!("{at} is open: {name} (process {pid}, {user}) listens there"))
        }
        Some(Process { pid, name }) => StepResult::warning(
            format!("{at} is open, but {name} (process {pid}, {user}) listens there, not the agent's himds"),
            format!(
                "Check what that is (`ps -fp {pid}`). If it does not belong there, stop it, then \
                 `{AGENT_RESTART}`."
            ),
        ),
        None => StepResult::ok(format!(
            "{at} is open: a process of {user} listens there; this user cannot see which one \
             (`sudo {LISTENERS} 'sport = :{number}'` shows it)"
        )),
    }
}

/// Whether anything answers at the service's address: only Linux tells which process it is without privileges.
#[cfg(not(target_os = "linux"))]
pub(super) fn port(url: &Url, this: &Agent<'_>, _: impl Fn() -> bool) -> StepResult {
    let at = authority(url);
    if this.reached { reached(&at, this) } else { closed(&at, this) }
}

fn reached(at: &str, this: &Agent<'_>) -> StepResult {
    match this.reached {
        true => StepResult::ok(format!("{at} is open; which process listens there cannot be seen from here")),
        false => closed(at, this),
    }
}

fn closed(at: &str, this: &Agent<'_>) -> StepResult {
    let detail = format!("nothing listens at {at}");
    match (this.in_container, &this.program) {
        (true, program) => StepResult::failed(
            match program {
                Some(_) => {
                    format!("{detail} inside this container: the agent's service is stopped, or on the host's network")
                }
                None => format!("{detail} inside this container"),
            },
            format!(
                "Give the container the host's network (`docker run --network host ...`, in Kubernetes `hostNetwork: \
                 true`), and check on the host that the agent runs: `{AGENT_STATUS}`."
            ),
        ),
        (false, Some(_)) => StepResult::failed(format!("{detail}: the agent's service is stopped"), START),
        (false, None) => StepResult::failed(detail, INSTALL),
    }
}

#[cfg(all(test, target_os = "linux"))]
#[path = "agent_tests.rs"]
mod tests;
