//! Processes of other users: this program again, in a role, with that user's ids.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Lines};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use tempfile::TempDir;

/// The test function that takes the roles.
const ROLES: &str = "a_role_has_its_own_user";
pub(crate) const ROLE: &str = "HIMDS_TEST_ROLE";

/// A user and the one group that its processes are in. The numbers need not be in /etc/passwd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// The group that may read the keys.
pub(crate) const KEYS: u32 = 61_998;
pub(crate) const ROOT: Person = Person { uid: 0, gid: 0 };
pub(crate) const AGENT: Person = Person { uid: 61_998, gid: KEYS };
/// A program that may have tokens.
pub(crate) const MEMBER: Person = Person { uid: 61_001, gid: KEYS };
/// May read no key.
pub(crate) const MALLORY: Person = Person { uid: 61_666, gid: 61_666 };

/// A directory that everybody may enter, with this program in it.
pub(crate) struct Scene {
    directory: TempDir,
}

impl Scene {
    /// `None`, and the reason printed, if this process cannot become others.
    pub(crate) fn new() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            println!("skipped: root not found (these tests run processes of several users)");
            return None;
        }
        let scene = Scene { directory: TempDir::with_prefix("himds-users-").expect("a directory") };
        set_mode(scene.directory.path(), 0o755);
        let this = std::env::current_exe().expect("this program");
        install(&this, &scene.program(), ROOT, 0o755);
        Some(scene)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn program(&self) -> PathBuf {
        self.path("program")
    }

    /// This program with the group of the keys, whoever runs it.
    pub(crate) fn set_group_id_program(&self) -> PathBuf {
        let path = self.path("set-group-id");
        install(&self.program(), &path, Person { uid: 0, gid: KEYS }, 0o2755);
        path
    }

    /// A directory with this owner, group and mode.
    pub(crate) fn folder(&self, name: &str, owner: Person, mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(&path).expect("a directory");
        chown(&path, Some(owner.uid), Some(owner.gid)).expect("its owner");
        set_mode(&path, mode);
        path
    }

    /// A process of that person in a role.
    pub(crate) fn run(&self, person: Person, role: &str, variables: &[(&str, &str)]) -> Process {
        self.run_by(&[], &self.program(), person, role, variables)
    }

    /// The same by way of another command, or with another program.
    pub(crate) fn run_by(
        &self,
        wrapper: &[&str],
        program: &Path,
        person: Person,
        role: &str,
        variables: &[(&str, &str)],
    ) -> Process {
        let mut words: Vec<String> = wrapper.iter().map(|word| (*word).to_owned()).collect();
        words.push(program.to_string_lossy().into_owned());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(["--exact", ROLES, "--nocapture", "--test-threads=1"]);
        command.env(ROLE, role).envs(variables.iter().copied()).current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        // With a uid of its own, the process is in no other group.
        command.gid(person.gid).uid(person.uid);
        let mut child = spawned(&mut command);
        let (input, output) = (child.stdin.take(), child.stdout.take().expect("piped"));
        Process { child, _input: input, lines: BufReader::new(output).lines() }
    }
}

/// A copy of a program. Made by a process of its own: a copy that is open for writing here, and so in what other tests
/// start at that moment, could not be run.
pub(crate) fn install(program: &Path, copy: &Path, owner: Person, mode: u32) {
    let (uid, gid, mode) = (owner.uid.to_string(), owner.gid.to_string(), format!("{mode:o}"));
    let mut command = Command::new("install");
    command.args(["-o", &uid, "-g", &gid, "-m", &mode]).args([program, copy]);
    assert!(command.status().expect("install, of coreutils").success());
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode");
}

/// Starts it. While another thread of the tests is between `fork` and `exec`, a program that was just written still counts
/// as being written.
fn spawned(command: &mut Command) -> Child {
    loop {
        match command.spawn() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
            child => return child.expect("this program, as another user"),
        }
    }
}

/// A process in a role; it ends with this.
pub(crate) struct Process {
    child: Child,
    /// A role that serves ends when this is closed, also if the test panics.
    _input: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// What the role says next of this: `ready 127.0.0.1:1` for the word `ready`.
    pub(crate) fn says(&mut self, word: &str) -> String {
        for line in self.lines.by_ref() {
            let line = line.expect("text");
            // The test harness writes its own words in front.
            if let Some((_, rest)) = line.split_once(&format!("role says {word} ")) {
                return rest.to_owned();
            }
        }
        panic!("the role ended without saying {word}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a role says to the test.
pub(crate) fn say(word: &str, rest: &str) {
    println!("role says {word} {rest}");
}
