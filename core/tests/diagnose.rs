//! The diagnosis over real sockets, with a real key file.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "the bans are for the library")]

mod common;

use std::time::{Duration, Instant};

use common::{agent, builder};
use himds::{Client, Diagnosis, Finding, Status};

const ARM: &str = "https://management.azure.com";

fn finding<'a>(diagnosis: &'a Diagnosis, name: &str) -> &'a Finding {
    let found = diagnosis.findings().iter().find(|finding| finding.name == name);
    found.unwrap_or_else(|| panic!("{name} in {diagnosis:#?}"))
}

#[test]
fn a_token_comes_and_then_the_agent_goes_away() {
    let agent = agent();
    let client: Client = builder(&agent).build().expect("a client");
    let diagnosis = client.diagnose(ARM).expect("a diagnosis");
    println!("{}", diagnosis.to_json());
    assert!(diagnosis.ok(), "{diagnosis:#?}");
    #[cfg(target_os = "linux")]
    assert_eq!(finding(&diagnosis, "peer").status, Status::Ok, "{:?}", finding(&diagnosis, "peer"));
    for name in ["token_directory", "metadata", "api_version", "clock", "token", "identity"] {
        assert_eq!(finding(&diagnosis, name).status, Status::Ok, "{:?}", finding(&diagnosis, name));
    }
    let secret = client.token(ARM).expect("a token").secret().to_owned();
    assert!(!diagnosis.to_json().contains(&secret));
    #[cfg(target_os = "linux")]
    {
        // The emulator runs in this process, which is not the agent.
        let port = finding(&diagnosis, "port");
        assert_eq!(port.status, Status::Warning);
        assert!(port.detail.contains(&format!("process {}", std::process::id())), "{port:?}");
    }

    drop(agent);
    let started = Instant::now();
    let diagnosis = client.diagnose(ARM).expect("a diagnosis");
    assert!(started.elapsed() < Duration::from_secs(5), "a refused connection is not a reason to wait");
    assert!(!diagnosis.ok());
    for name in ["port", "token_directory", "metadata", "token"] {
        assert_eq!(finding(&diagnosis, name).status, Status::Failed, "{:?}", finding(&diagnosis, name));
        assert!(!finding(&diagnosis, name).fix.is_empty());
    }
}
