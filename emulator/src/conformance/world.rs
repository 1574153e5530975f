//! What a scenario runs in: the emulator, bad ports, scratch files, and the placeholders that stand for them.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::template::{expand, expand_text};
use crate::{Config, Emulator, Fault};
use tempfile::TempDir;

use super::late::LateService;
use super::ports::Ports;
use super::scenario::Scenario;

/// Everything a scenario needs, gone when dropped.
pub(crate) struct World {
    pub(crate) emulator: Emulator,
    ports: Ports,
    scratch: TempDir,
    written: Vec<PathBuf>,
}

impl World {
    /// With `real_places`, the key files and IMDS are where they are on a real machine.
    pub(crate) fn build(scenario: &Scenario, real_places: bool) -> Result<Self, String> {
        let scratch =
            TempDir::with_prefix("himds-scenario-").map_err(|error| format!("no scratch directory: {error}"))?;
        let ports = Ports::open().map_err(|error| format!("no ports: {error}"))?;
        let mut table = toml::Value::Table(scenario.emulator.clone());
        fill(&mut table, "{scratch}", &scratch.path().to_string_lossy());
        let mut config: Config = table.try_into().map_err(|error| format!("emulator: {error}"))?;
        if real_places {
            settle(&mut config);
        }
        let emulator = Emulator::start(config).map_err(|error| format!("the emulator does not start: {error}"))?;
        let mut world = Self { emulator, ports, scratch, written: Vec::new() };
        world.write_files(scenario).map_err(|error| format!("cannot write the files: {error}"))?;
        world.push_faults(&scenario.faults)?;
        Ok(world)
    }

    /// Adds faults; their texts may name `{scratch}`, `{token_dir}` and `{imds}`.
    pub(crate) fn push_faults(&self, faults: &[toml::Table]) -> Result<(), String> {
        for fault in faults {
            let mut value = toml::Value::Table(fault.clone());
            for name in ["scratch", "token_dir", "imds"] {
                fill(&mut value, &format!("{{{name}}}"), &self.variable(name).unwrap_or_default());
            }
            let fault: Fault = value.try_into().map_err(|error| format!("fault: {error}"))?;
            self.emulator.push_fault(fault).map_err(|error| format!("fault: {error}"))?;
        }
        Ok(())
    }

    /// A text of the scenario as bytes.
    pub(crate) fn bytes(&self, text: &str) -> Vec<u8> {
        expand(text, now(), &|name| self.variable(name).map(String::into_bytes))
    }

    /// A text of the scenario as text.
    pub(crate) fn text(&self, text: &str) -> String {
        expand_text(text, now(), &|name| self.variable(name).map(String::into_bytes))
    }

    /// How many entries lie in the token directory.
    pub(crate) fn key_files(&self) -> usize {
        fs::read_dir(self.emulator.token_dir()).map_or(0, Iterator::count)
    }

    /// HIMDS at the port `{late}`, from `after` on.
    pub(crate) fn late_service(&self, after: Duration) -> LateService {
        let himds = port_of(&self.emulator.himds_url()).parse().unwrap_or_default();
        LateService::start(self.ports.late, SocketAddr::from((Ipv4Addr::LOCALHOST, himds)), after)
    }

    fn variable(&self, name: &str) -> Option<String> {
        let local = |port: u16| format!("http://127.0.0.1:{port}");
        Some(match name {
            "himds" => self.emulator.himds_url(),
            "imds" => self.emulator.imds_url().trim_end_matches(":80").to_owned(),
            "himds_port" => port_of(&self.emulator.himds_url()),
            "imds_port" => port_of(&self.emulator.imds_url()),
            "token_dir" => self.emulator.token_dir().to_string_lossy().into_owned(),
            "closed" => local(self.ports.closed),
            "closed_port" => self.ports.closed.to_string(),
            "silent" => local(self.ports.silent),
            "full" => local(self.ports.full),
            "late" => local(self.ports.late),
            "scratch" => self.scratch.path().to_string_lossy().into_owned(),
            _ => return None,
        })
    }

    fn write_files(&mut self, scenario: &Scenario) -> std::io::Result<()> {
        for (path, content) in &scenario.files {
            let path = PathBuf::from(self.text(path));
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&path, self.bytes(content))?;
            self.written.push(path);
        }
        for (path, target) in &scenario.links {
            let path = PathBuf::from(self.text(path));
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            link(Path::new(&self.text(target)), &path)?;
            self.written.push(path);
        }
        Ok(())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for path in &self.written {
            // The next scenario of an isolated run must not find it; a scratch file goes with its directory anyway.
            let _ = fs::remove_file(path);
        }
    }
}

/// What clients have built in.
fn settle(config: &mut Config) {
    config.himds.token_dir.get_or_insert_with(|| PathBuf::from("/var/opt/azcmagent/tokens"));
    config.imds.address = IpAddr::from([169, 254, 169, 254]);
    config.imds.port = 80;
}

/// Replaces a placeholder in every text; the emulator fills in its own itself.
fn fill(value: &mut toml::Value, placeholder: &str, with: &str) {
    match value {
        toml::Value::String(text) => *text = text.replace(placeholder, with),
        toml::Value::Array(items) => items.iter_mut().for_each(|item| fill(item, placeholder, with)),
        toml::Value::Table(table) => table.iter_mut().for_each(|(_, item)| fill(item, placeholder, with)),
        _ => {}
    }
}

fn port_of(url: &str) -> String {
    let port = url.rsplit(':').next().filter(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    port.unwrap_or("80").to_owned()
}

fn now() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}

#[cfg(unix)]
fn link(target: &Path, path: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(windows)]
fn link(target: &Path, path: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_dir(target, path)
}
