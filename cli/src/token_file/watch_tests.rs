//! The loop against an emulator, with a clock and an ear of the test's own.

use std::fs;
use std::time::{Duration, SystemTime};

use himds::{Client, Source};
use himds_emulator::{Config, Emulator, Fault};

use super::*;
use crate::token_file::target::Content;

const VAULT: &str = "https://vault.azure.net";

/// Time passes at once; before each wait ends, the next of the steps is taken. Without one the watch ends.
struct Script<'a> {
    now: SystemTime,
    steps: Vec<Box<dyn Fn() + 'a>>,
    waits: Vec<u64>,
    said: Vec<String>,
}

impl World for Script<'_> {
    fn now(&self) -> SystemTime {
        self.now
    }

    fn wait_until(&mut self, time: SystemTime) -> bool {
        self.waits.push(time.duration_since(self.now).unwrap_or_default().as_secs());
        self.now = time;
        let goes_on = !self.steps.is_empty();
        if goes_on {
            self.steps.remove(0)();
        }
        goes_on
    }

    fn say(&mut self, line: &str) {
        self.said.push(line.to_owned());
    }
}

fn run(emulator: &Emulator, target: &Target, steps: Vec<Box<dyn Fn() + '_>>) -> (Vec<u64>, Vec<String>) {
    let builder = Client::builder().source(Source::Himds).endpoint(emulator.himds_url());
    let client = builder.token_dir(emulator.token_dir()).max_attempts(1).build().unwrap();
    let first = client.token(VAULT).unwrap();
    target.write(&first).unwrap();
    let mut script = Script { now: SystemTime::now(), steps, waits: vec![], said: vec![] };
    watch(&client, VAULT, target, &first, &mut script);
    (script.waits, script.said)
}

fn emulator(lifetime: u32) -> Emulator {
    Emulator::start(Config::from_toml(&format!("[himds]\ntoken_lifetime = {lifetime}")).unwrap()).unwrap()
}

fn target(directory: &tempfile::TempDir) -> Target {
    Target { path: directory.path().join("token"), content: Content::Raw, mode: 0o600 }
}

#[test]
fn a_new_token_takes_the_old_ones_place_ahead_of_need() {
    let (emulator, scratch) = (emulator(3600), tempfile::tempdir().unwrap());
    let target = target(&scratch);
    let read = || fs::read_to_string(&target.path).unwrap();
    let first = std::cell::RefCell::new(String::new());
    let steps: Vec<Box<dyn Fn()>> = vec![Box::new(|| {
        *first.borrow_mut() = read();
        emulator.clear_tokens();
    })];
    let (waits, said) = run(&emulator, &target, steps);
    assert_ne!(read(), *first.borrow());
    assert!(emulator.secrets().contains(&read()));
    assert_eq!(waits.len(), 2);
    assert!((3290..=3300).contains(&waits[0]), "{waits:?}");
    assert_eq!(said, [""; 0]);
}

#[test]
fn a_failure_leaves_the_good_file_is_told_and_tried_again() {
    let (emulator, scratch) = (emulator(3600), tempfile::tempdir().unwrap());
    let target = target(&scratch);
    let refuse = || {
        let fault = Fault { status: Some(500), body: Some(String::new()), ..Fault::default() };
        emulator.push_fault(fault).unwrap();
    };
    let steps: Vec<Box<dyn Fn()>> = vec![Box::new(&refuse), Box::new(&refuse), Box::new(|| emulator.clear_tokens())];
    let (waits, said) = run(&emulator, &target, steps);
    assert_eq!(waits[1..3], [30, 60]);
    assert_eq!(said.len(), 3, "{said:?}");
    let path = target.path.display();
    assert!(said[0].starts_with(&format!("himds: {path} is not renewed: service: ")), "{said:?}");
    assert!(said[0].contains("Its token expires (2") && said[0].ends_with("next try in 30 s"), "{said:?}");
    assert_eq!(said[2], format!("himds: {path} is renewed"));
    let content = fs::read_to_string(&target.path).unwrap();
    assert!(emulator.secrets().contains(&content));
    assert!(said.iter().all(|line| !line.contains(&content)));
}

#[test]
fn a_file_that_cannot_be_written_is_a_failure_too() {
    let (emulator, scratch) = (emulator(3600), tempfile::tempdir().unwrap());
    let directory = scratch.path().join("directory");
    fs::create_dir(&directory).unwrap();
    let target = Target { path: directory.join("token"), ..target(&scratch) };
    let steps: Vec<Box<dyn Fn()>> = vec![Box::new(|| fs::remove_dir_all(&directory).unwrap())];
    let (waits, said) = run(&emulator, &target, steps);
    assert_eq!(waits[1], Duration::from_secs(30).as_secs());
    assert!(said[0].contains("cannot write "), "{said:?}");
}

#[test]
fn an_old_failure_says_that_the_token_has_expired() {
    let (emulator, scratch) = (emulator(40), tempfile::tempdir().unwrap());
    let refuse = || emulator.push_fault(Fault { status: Some(500), ..Fault::default() }).unwrap();
    let (_, said) = run(&emulator, &target(&scratch), vec![Box::new(&refuse), Box::new(&refuse)]);
    assert!(said[0].contains("Its token expires (") && said[1].contains("Its token has expired ("), "{said:?}");
}
