//! The key goes only to a process that can read it anyway. Each way by which another user came between client and agent.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::thread;

use crate::people::{AGENT, MALLORY, MEMBER, Person, Process, ROOT, Scene, set_mode};
use crate::roles::{challenge_of, challenge_once};

const GOT: &str = "a-token";

/// The agent at work, and where.
pub(crate) struct Agent {
    _process: Process,
    pub(crate) address: String,
    pub(crate) token_dir: String,
}

/// The usual one.
pub(crate) fn agent_of(scene: &Scene) -> Agent {
    agent(scene, AGENT)
}

fn agent(scene: &Scene, person: Person) -> Agent {
    let token_dir = scene.folder("tokens", person, 0o750).to_string_lossy().into_owned();
    let mut process = scene.run(person, "agent", &[("TOKEN_DIR", &token_dir)]);
    let address = process.says("ready");
    Agent { _process: process, address, token_dir }
}

/// What a client of this person gets at that address.
fn client(scene: &Scene, person: Person, at: &str, token_dir: &str, more: &[(&str, &str)]) -> String {
    let endpoint = format!("http://{at}");
    let variables = [&[("ENDPOINT", &*endpoint), ("TOKEN_DIR", token_dir)], more].concat();
    scene.run(person, "client", &variables).says("result")
}

/// The relay challenged, was told nothing and saw the connection closed; the client says who it was.
fn refused(mut relay: Process, result: &str) {
    assert!(result.starts_with("challenge_invalid: the key was not sent"), "{result}");
    assert!(result.contains(&format!("uid {}", MALLORY.uid)) && result.contains("ss -ltnpe"), "{result}");
    relay.says("challenged");
    relay.says("saw");
}

#[test]
fn the_agents_clients_get_their_tokens() {
    let Some(scene) = Scene::new() else { return };
    let real = agent(&scene, AGENT);
    for person in [ROOT, MEMBER, AGENT] {
        assert_eq!(client(&scene, person, &real.address, &real.token_dir, &[]), GOT, "{person:?}");
    }
    let mallory = client(&scene, MALLORY, &real.address, &real.token_dir, &[]);
    assert!(mallory.starts_with("key_file_unreadable"), "{mallory}");
}

#[test]
fn an_agent_that_any_user_runs_serves_that_user_and_root() {
    let Some(scene) = Scene::new() else { return };
    let emulated = agent(&scene, MALLORY);
    for person in [ROOT, MALLORY] {
        assert_eq!(client(&scene, person, &emulated.address, &emulated.token_dir, &[]), GOT, "{person:?}");
    }
}

#[test]
fn a_relay_on_the_port_gets_no_key() {
    let Some(scene) = Scene::new() else { return };
    let real = agent(&scene, AGENT);
    for person in [ROOT, MEMBER] {
        let mut relay = scene.run(MALLORY, "relay", &[("AGENT", &real.address)]);
        let at = relay.says("ready");
        let result = client(&scene, person, &at, &real.token_dir, &[]);
        refused(relay, &result);
    }
}

#[test]
fn an_administrators_relay_is_let_pass_by_the_option() {
    let Some(scene) = Scene::new() else { return };
    let real = agent(&scene, AGENT);
    let mut relay = scene.run(MALLORY, "relay", &[("AGENT", &real.address)]);
    let at = relay.says("ready");
    client(&scene, MEMBER, &at, &real.token_dir, &[("UNVERIFIED", "1")]);
    assert!(
        relay.says("stole").starts_with('k'),
        "with the check off, the relay sees the key: the check is what keeps it"
    );
}

#[test]
fn a_relay_on_the_other_loopback_address_gets_no_key() {
    let Some(scene) = Scene::new() else { return };
    let real = agent(&scene, AGENT);
    let mut relay = scene.run(MALLORY, "relay", &[("AGENT", &real.address), ("LISTEN", "[::1]:0")]);
    let port = relay.says("ready").replace("[::1]:", "");
    // Nobody listens on 127.0.0.1, so `localhost` is ::1.
    let result = client(&scene, ROOT, &format!("localhost:{port}"), &real.token_dir, &[]);
    refused(relay, &result);
}

#[test]
fn a_listener_for_both_families_is_known_by_its_user() {
    let Some(scene) = Scene::new() else { return };
    let real = agent(&scene, AGENT);
    let mut relay = scene.run(MALLORY, "relay", &[("AGENT", &real.address), ("LISTEN", "[::]:0")]);
    let port = relay.says("ready").replace("[::]:", "");
    let result = client(&scene, ROOT, &format!("127.0.0.1:{port}"), &real.token_dir, &[]);
    refused(relay, &result);
}

#[test]
fn a_set_group_id_program_shows_no_key_to_its_caller() {
    let Some(scene) = Scene::new() else { return };
    let real = agent(&scene, AGENT);
    let mut relay = scene.run(MALLORY, "relay", &[("AGENT", &real.address)]);
    let endpoint = format!("http://{}", relay.says("ready"));
    let variables = [("ENDPOINT", &*endpoint), ("TOKEN_DIR", &real.token_dir)];
    let mut program = scene.run_by(&[], &scene.set_group_id_program(), MALLORY, "client", &variables);
    let result = program.says("result");
    if result.starts_with("key_file_unreadable") {
        println!("skipped: a file system with set-group-id programs not found");
        return;
    }
    refused(relay, &result);
}

#[test]
fn who_listens_after_the_challenge_gets_no_key() {
    let Some(scene) = Scene::new() else { return };
    let real = agent(&scene, AGENT);
    let realm = challenge_of(&real.address);
    // An address of its own: a port that is free for a moment is not taken by another test.
    let listener = TcpListener::bind("127.9.9.9:0").expect("a port");
    let at = listener.local_addr().expect("its address").to_string();
    thread::scope(|scope| {
        let taken = scope.spawn(|| {
            let mut thief = None;
            // The challenge comes from a process of root; then another one has the port.
            challenge_once(listener, realm.clone(), |address| {
                let variables = [("REALM", &*realm), ("LISTEN", &address.to_string())];
                let mut process = scene.run(MALLORY, "relay", &variables);
                process.says("ready");
                thief = Some(process);
            });
            thief.expect("somebody took the port")
        });
        let result = client(&scene, ROOT, &at, &real.token_dir, &[]);
        let mut thief = taken.join().expect("no panic");
        assert!(result.starts_with("challenge_invalid: the key was not sent"), "{result}");
        assert!(result.contains(&format!("uid {}", MALLORY.uid)), "{result}");
        thief.says("saw");
    });
}

#[test]
fn a_relay_that_closes_after_the_challenge_gets_no_key() {
    let Some(scene) = Scene::new() else { return };
    let real = agent(&scene, AGENT);
    let mut relay = scene.run(MALLORY, "relay", &[("AGENT", &real.address), ("CLOSE", "1")]);
    let at = relay.says("ready");
    let result = client(&scene, MEMBER, &at, &real.token_dir, &[]);
    refused(relay, &result);
}

/// An administrator named a token directory that another user can turn to any other.
#[test]
fn a_turned_token_directory_sends_no_file_of_root() {
    let Some(scene) = Scene::new() else { return };
    let secrets = scene.folder("secrets", ROOT, 0o700);
    fs::write(secrets.join("server.key"), "roots-own-secret\n").expect("a file");
    let home = scene.folder("home", MALLORY, 0o755);
    let turned = home.join("tokens");
    let steal = |turned: &Path| {
        let turned = turned.to_string_lossy().into_owned();
        let realm = format!("{turned}/server.key");
        let mut relay = scene.run(MALLORY, "relay", &[("REALM", &realm)]);
        let at = relay.says("ready");
        (client(&scene, ROOT, &at, &turned, &[]), relay)
    };
    symlink(&secrets, &turned).expect("a link");
    let (result, relay) = steal(&turned);
    refused(relay, &result);
    // A file of root that lay in his own home, moved to a directory that he owns.
    fs::remove_file(&turned).expect("the link");
    scene.folder("home/tokens", MALLORY, 0o755);
    fs::rename(secrets.join("server.key"), turned.join("server.key")).expect("moved");
    set_mode(&turned.join("server.key"), 0o600);
    let (result, relay) = steal(&turned);
    refused(relay, &result);
    // Its group may read it, which is not his.
    set_mode(&turned.join("server.key"), 0o640);
    let (result, relay) = steal(&turned);
    refused(relay, &result);
    // By a hard link a file that everybody could read lies in a directory that nobody can enter.
    fs::hard_link(turned.join("server.key"), secrets.join("server.key")).expect("a hard link");
    set_mode(&turned.join("server.key"), 0o644);
    let (result, relay) = steal(&turned);
    refused(relay, &result);
}

#[test]
fn a_user_namespace_does_not_matter() {
    let Some(scene) = Scene::new() else { return };
    if !Command::new("unshare").args(["-U", "true"]).status().is_ok_and(|status| status.success()) {
        println!("skipped: unshare -U not found (apt-get install util-linux)");
        return;
    }
    let real = agent(&scene, AGENT);
    let endpoint = format!("http://{}", real.address);
    let variables = [("ENDPOINT", &*endpoint), ("TOKEN_DIR", &real.token_dir)];
    // Without a map every id from outside reads as 65534: the agent's and the key file's alike.
    let mut inside = scene.run_by(&["unshare", "-U"], &scene.program(), MEMBER, "client", &variables);
    assert_eq!(inside.says("result"), GOT);
    let mut rootless = scene.run_by(&["unshare", "-U", "-r"], &scene.program(), MEMBER, "client", &variables);
    assert_eq!(rootless.says("result"), GOT);
    let rooted = [("ENDPOINT", &*endpoint), ("TOKEN_DIR", &real.token_dir)];
    let mut root = scene.run_by(&["unshare", "-U", "-r"], &scene.program(), ROOT, "client", &rooted);
    let result = root.says("result");
    assert!(result == GOT || result.starts_with("key_file_unreadable"), "{result}");
}

#[test]
fn a_sandbox_without_netlink_asks_proc() {
    let Some(scene) = Scene::new() else { return };
    let real = agent(&scene, AGENT);
    let denied = [("DENIED", "netlink")];
    assert_eq!(client(&scene, MEMBER, &real.address, &real.token_dir, &denied), GOT);
    for listen in ["127.0.0.1:0", "[::1]:0", "[::]:0"] {
        let mut relay = scene.run(MALLORY, "relay", &[("AGENT", &real.address), ("LISTEN", listen)]);
        let at = relay.says("ready").replace("[::]", "127.0.0.1");
        let result = client(&scene, MEMBER, &at, &real.token_dir, &denied);
        refused(relay, &result);
    }
}

#[test]
fn a_sandbox_in_which_nobody_tells_goes_on() {
    let Some(scene) = Scene::new() else { return };
    let real = agent(&scene, AGENT);
    let result = client(&scene, ROOT, &real.address, &real.token_dir, &[("DENIED", "proc netlink")]);
    assert_eq!(result, GOT);
}

#[test]
fn a_diagnosis_says_who_would_get_the_key() {
    let Some(scene) = Scene::new() else { return };
    let real = agent(&scene, AGENT);
    let look = |at: &str, more: &[(&str, &str)]| {
        let endpoint = format!("http://{at}");
        let variables = [&[("ENDPOINT", &*endpoint), ("TOKEN_DIR", &real.token_dir), ("DIAGNOSE", "1")], more].concat();
        let mut process = scene.run(ROOT, "client", &variables);
        let diagnosis: serde_json::Value = serde_json::from_str(&process.says("diagnosis")).expect("JSON");
        let findings = diagnosis["findings"].as_array().expect("findings").clone();
        let found = |name: &str| {
            let finding = findings.iter().find(|finding| finding["name"] == name).unwrap_or_else(|| panic!("{name}"));
            let word = |member: &str| finding[member].as_str().expect("text").to_owned();
            (word("status"), word("detail"))
        };
        (found("port"), found("peer"), found("token"))
    };
    let (_, peer, token) = look(&real.address, &[]);
    assert_eq!((&*peer.0, &*token.0), ("ok", "ok"), "{peer:?} {token:?}");
    assert!(peer.1.contains(&format!("uid {}", AGENT.uid)), "{peer:?}");
    let (_, peer, token) = look(&real.address, &[("DENIED", "proc netlink")]);
    assert_eq!((&*peer.0, &*token.0), ("warning", "ok"), "{peer:?} {token:?}");
    let (_, peer, _) = look(&real.address, &[("UNVERIFIED", "1")]);
    assert!(peer.0 == "warning" && peer.1.contains("verify_peer"), "{peer:?}");

    let mut relay = scene.run(MALLORY, "relay", &[("AGENT", &real.address)]);
    let at = relay.says("ready");
    let (port, peer, token) = look(&at, &[]);
    assert_eq!((&*port.0, &*peer.0, &*token.0), ("warning", "failed", "failed"), "{port:?} {peer:?} {token:?}");
    for finding in [port, peer, token] {
        assert!(finding.1.contains(&format!("uid {}", MALLORY.uid)), "{finding:?}");
    }
}
