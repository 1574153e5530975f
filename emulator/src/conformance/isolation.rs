//! Network, mount and process namespaces for the scenarios that need 169.254.169.254, the agent's port or its files.
//!
//! The runner starts itself once more inside them, with the driver as its child. Nothing of it is seen outside: the
//! directories are overlays, and the network has only its own loopback.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use super::accounts::{self, User};
use super::verdict::Line;

/// A network, mounts and processes of its own: an agent that runs on this machine must not be seen in `/proc` either.
const NAMESPACES: [&str; 6] = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

/// What makes it the inner process.
const INSIDE: &str = "--inside-namespaces";

/// The directories that get an overlay, so that files can be put below them.
const OVERLAID: [&str; 4] = ["/etc", "/opt", "/var/opt", "/lib/systemd"];

/// The address of IMDS.
const LINK_LOCAL: &str = "169.254.169.254/32";

/// Why it cannot be done here.
pub(crate) fn obstacle() -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some("Linux not found".into());
    }
    #[cfg(unix)]
    if !rustix::process::geteuid().is_root() {
        return Some("root not found".into());
    }
    let missing = |name: &&&str| {
        !["/usr/bin", "/bin", "/usr/sbin", "/sbin"].iter().any(|directory| Path::new(directory).join(name).exists())
    };
    if let Some(tool) = ["unshare", "ip", "mount", "setpriv"].iter().find(missing) {
        return Some(format!("{tool} not found"));
    }
    let allowed = Command::new("unshare").args(NAMESPACES).arg("true").stderr(Stdio::null()).status();
    (!allowed.is_ok_and(|status| status.success())).then(|| "the right to make namespaces not found".into())
}

/// What the inner runner prints if the namespaces cannot be furnished.
pub(crate) const OBSTACLE: &str = "obstacle: ";

/// Runs this program again inside, with the same arguments behind the `leading` ones, and takes its lines; or says why it
/// cannot be done after all.
pub(crate) fn run_inside(leading: &[&str], take: &mut dyn FnMut(Line)) -> Result<Option<String>, String> {
    let me = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut child = Command::new("unshare")
        .args(NAMESPACES)
        .arg(me)
        .args(leading)
        .arg(INSIDE)
        .args(std::env::args_os().skip(1 + leading.len()))
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("unshare: {error}"))?;
    let mut obstacle = None;
    let lines = child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines());
    for line in lines.map_while(Result::ok) {
        match line.strip_prefix(OBSTACLE) {
            Some(text) => obstacle = Some(text.to_owned()),
            None => take(serde_json::from_str(&line).map_err(|error| format!("the inner process: {error}: {line}"))?),
        }
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("the process inside the namespaces ended with {status}"));
    }
    Ok(obstacle)
}

/// Inside: brings up the loopback and lays the overlays.
pub(crate) fn prepare() -> Result<(), String> {
    // A client's connection must not be given the agent's own port: once closed, it would block it for a minute. If
    // that cannot be said, the start is a rare failure.
    let _ = std::fs::write("/proc/sys/net/ipv4/ip_local_reserved_ports", "40342");
    command("ip", &["link", "set", "lo", "up"])?;
    let layers = "/run/himds-scenarios";
    std::fs::create_dir_all(layers).map_err(|error| format!("{layers}: {error}"))?;
    command("mount", &["--make-rprivate", "/"])?;
    command("mount", &["-t", "tmpfs", "himds-scenarios", layers])?;
    for (number, directory) in OVERLAID.iter().enumerate() {
        let Ok(lower) = Path::new(directory).canonicalize() else {
            continue;
        };
        let part = |name: &str| format!("{layers}/{number}-{name}");
        for name in ["upper", "work"] {
            std::fs::create_dir_all(part(name)).map_err(|error| format!("{}: {error}", part(name)))?;
        }
        let lower = lower.to_string_lossy().into_owned();
        let options = format!("lowerdir={lower},upperdir={},workdir={}", part("upper"), part("work"));
        command("mount", &["-t", "overlay", "himds-scenarios", "-o", &options, &lower])?;
    }
    // The machine's firmware must not say that it is an Azure VM.
    if Path::new("/sys/class").exists() {
        command("mount", &["-t", "tmpfs", "himds-scenarios", "/sys/class"])?;
    }
    // An agent that is installed on this machine must not be seen.
    for path in ["/opt/azcmagent", "/var/opt/azcmagent", "/lib/systemd/system.conf.d"] {
        if Path::new(path).exists() {
            std::fs::remove_dir_all(path).map_err(|error| format!("{path}: {error}"))?;
        }
    }
    add_lines("/etc/passwd", accounts::PASSWD)?;
    add_lines("/etc/group", accounts::GROUP)
}

fn add_lines(path: &str, lines: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let kept: String = text.split_inclusive('\n').filter(|line| !line.starts_with("himds:")).collect();
    std::fs::write(path, kept + lines).map_err(|error| format!("{path}: {error}"))
}

/// Inside: the driver's command as this user. Root has no right to pass over file modes: what belongs to another user
/// and is closed to all others is closed to the driver.
pub(crate) fn command_as(user: Option<User>, command: &str) -> String {
    match user {
        Some(user) => format!("{} {command}", user.becoming()),
        None => format!("setpriv --bounding-set=-dac_override,-dac_read_search -- {command}"),
    }
}

/// Inside: why this user cannot run the driver.
pub(crate) fn user_obstacle(user: User) -> Option<String> {
    let enters = Command::new("sh").arg("-c").arg(format!("exec {} test -r .", user.becoming())).status();
    (!enters.is_ok_and(|status| status.success())).then(|| "a checkout that other users may read not found".into())
}

/// Inside: whether routes refuse 169.254.169.254 and a loopback address, as a firewall or systemd's `IPAddressDeny=`
/// does, from now on.
pub(crate) fn set_prohibited(wanted: bool) -> Result<(), String> {
    for (table, address) in [("main", LINK_LOCAL), ("local", "127.0.0.5/32")] {
        let route = ["route", if wanted { "replace" } else { "del" }, "table", table, "prohibit", address];
        let done = command("ip", &route);
        if wanted {
            done?;
        }
    }
    Ok(())
}

/// Inside: the name by which `/proc` shows the process that serves.
pub(crate) fn set_process_name(agent: bool) -> Result<(), String> {
    let name = if agent { "himds" } else { "himds-scenarios" };
    std::fs::write("/proc/self/comm", name).map_err(|error| format!("/proc/self/comm: {error}"))
}

/// Inside: whether 169.254.169.254 exists from now on.
pub(crate) fn set_link_local(wanted: bool) -> Result<(), String> {
    let present = Command::new("ip")
        .args(["-o", "address", "show", "to", LINK_LOCAL])
        .output()
        .is_ok_and(|output| !output.stdout.is_empty());
    match (wanted, present) {
        (true, false) => command("ip", &["address", "add", LINK_LOCAL, "dev", "lo"]),
        (false, true) => command("ip", &["address", "del", LINK_LOCAL, "dev", "lo"]),
        _ => Ok(()),
    }
}

fn command(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{program} {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
}
