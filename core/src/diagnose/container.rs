//! `container`: from inside one, neither the agent's keys nor its port are there by themselves.

use std::path::Path;

use super::files::Files;
use super::report::StepResult;
use crate::discovery::environment::Environment;
use crate::discovery::plan::Service;

/// The sign that this is a container; `None` if there is none.
pub(super) fn evidence(files: Files<'_>, environment: &Environment) -> Option<String> {
    for (file, engine) in
        [(".dockerenv", "Docker"), ("run/.containerenv", "Podman"), ("run/systemd/container", "systemd")]
    {
        if files.exists(file) {
            return Some(format!("{engine}: /{file} exists"));
        }
    }
    if environment.has("KUBERNETES_SERVICE_HOST") {
        return Some("Kubernetes: KUBERNETES_SERVICE_HOST is set".to_owned());
    }
    let groups = files.text("proc/self/cgroup").unwrap_or_default();
    let group = container_cgroup(&groups)?;
    Some(format!("/proc/self/cgroup has {group}"))
}

/// The first cgroup path that a container engine makes, in the text of `/proc/PID/cgroup` (`0::/path` a line).
fn container_cgroup(text: &str) -> Option<&str> {
    let made_by_an_engine = |part: &str| {
        let prefixes = ["docker-", "libpod-", "cri-containerd-", "crio-", "kubepods", "lxc.payload"];
        matches!(part, "docker" | "lxc" | "libpod_parent") || prefixes.iter().any(|prefix| part.starts_with(prefix))
    };
    text.lines().filter_map(|line| line.splitn(3, ':').nth(2)).find(|path| path.split('/').any(made_by_an_engine))
}

/// `container`, if this is one.
pub(super) fn container(evidence: &str, service: &Service) -> StepResult {
    let inside = format!("this is a container ({evidence})");
    match service {
        Service::Himds { token_dir, .. } if !exists(token_dir) => StepResult::failed(
            format!("{inside}, and the host's token directory {} is not mounted", token_dir.display()),
            format!(
                "Give the container the host's network, the directory and its group: `docker run --network host \
                 -v {0}:{0}:ro --group-add \"$(getent group himds | cut -d: -f3)\" ...`; in Kubernetes `hostNetwork: \
                 true`, a `hostPath` volume and `supplementalGroups`.",
                token_dir.display()
            ),
        ),
        Service::Himds { token_dir, .. } => {
            StepResult::ok(format!("{inside}; the token directory {} is there", token_dir.display()))
        }
        Service::Imds { .. } => StepResult::ok(format!("{inside}; the host must route 169.254.169.254 for it")),
    }
}

#[allow(clippy::disallowed_methods, reason = "checks the directory that the handshake would open")]
fn exists(directory: &Path) -> bool {
    directory.exists()
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "temporary directories are real")]
mod tests {
    use std::fs;

    use super::super::report::Status;
    use super::*;
    use crate::Source;
    use crate::discovery::endpoint::Endpoint;
    use tempfile::TempDir;

    #[test]
    fn signs() {
        let nothing = Environment::only([]);
        let table: &[(&str, &str, bool)] = &[
            (".dockerenv", "", true),
            ("run/.containerenv", "", true),
            ("run/systemd/container", "lxc", true),
            ("proc/self/cgroup", "0::/\n", false),
            ("proc/self/cgroup", "0::/user.slice/user-0.slice/session-3.scope\n", false),
            ("proc/self/cgroup", "0::/system.slice/docker.service\n", false),
            ("proc/self/cgroup", "0::/system.slice/docker-0123abc.scope\n", true),
            ("proc/self/cgroup", "12:memory:/a\n11:cpu,cpuacct:/docker/0123abc\n", true),
            ("proc/self/cgroup", "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-1.scope", true),
            ("proc/self/cgroup", "0::/machine.slice/libpod-1.scope/container", true),
            ("proc/self/cgroup", "0::/lxc.payload.web", true),
        ];
        for (file, text, expected) in table {
            let root = TempDir::new().unwrap();
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            let found = evidence(Files { root: root.path() }, &nothing);
            assert_eq!(found.is_some(), *expected, "{file} {text}: {found:?}");
        }
        let root = TempDir::new().unwrap();
        let pod = Environment::only([("KUBERNETES_SERVICE_HOST", "10.0.0.1")]);
        assert!(evidence(Files { root: root.path() }, &pod).is_some());
        assert!(evidence(Files { root: root.path() }, &nothing).is_none());
    }

    #[test]
    fn the_directory_must_be_mounted() {
        let root = TempDir::new().unwrap();
        let target = |directory: &Path| Service::Himds {
            endpoint: Endpoint::from_base(Source::Himds, "http://localhost:1", "x").unwrap(),
            token_dir: directory.to_owned(),
        };
        assert_eq!(container("x", &target(root.path())).status, Status::Ok);
        let missing = container("x", &target(&root.path().join("tokens")));
        assert_eq!(missing.status, Status::Failed);
        assert!(missing.fix.contains("-v ") && missing.fix.contains("--network host"));
    }
}
