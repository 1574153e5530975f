//! The guard that counts requests.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::common::*;
use himds_emulator::{Emulator, Stage, Times};

/// What the guard says when it is dropped after these; nothing if it is content.
fn said(emulator: &Emulator, times: impl Into<Times>, requests: impl FnOnce()) -> Option<String> {
    let dropped = catch_unwind(AssertUnwindSafe(|| {
        let _guard = emulator.expect(times);
        requests();
    }));
    dropped.err().map(|panic| *panic.downcast::<String>().expect("a text"))
}

#[test]
fn the_expected_number_is_the_only_one_that_passes() {
    let emulator = start("");
    let ask = |times: usize| {
        for _ in 0..times {
            get(&emulator.imds_url(), IMDS_TOKEN);
        }
    };
    ask(3);
    assert_eq!(said(&emulator, 0, || ()), None, "requests before the guard do not count");
    assert_eq!(said(&emulator, 2, || ask(2)), None);
    for wrong in [0, 1, 3] {
        let text = said(&emulator, 2, || ask(wrong)).expect("it complains");
        assert!(text.contains(&format!("expected 2 requests, counted {wrong} of these")), "{text}");
        assert!(text.contains("expect.rs:"), "it names the place: {text}");
        assert_eq!(text.lines().count(), 1 + wrong, "{text}");
    }
    assert_eq!(said(&emulator, 1..=2, || ask(2)), None);
    assert!(said(&emulator, 1..=2, || ask(3)).expect("it complains").contains("expected 1 to 2 requests"));
    assert_eq!(said(&emulator, 1.., || ask(3)), None);
    assert!(said(&emulator, 1.., || ()).expect("it complains").contains("expected 1 or more requests"));
}

#[test]
fn only_what_matches_counts() {
    let emulator = start("");
    let two = emulator.expect(2);
    let key = emulator.expect(1).matching(|request| request.stage == Stage::Key);
    let fault = emulator.expect(1).matching(|request| request.fault.as_deref() == Some("busy"));
    emulator.push_fault(fault_named_busy()).unwrap();
    assert_eq!(handshake(&emulator.himds_url(), HIMDS_TOKEN).status, 503);
    drop((two, key, fault));
}

fn fault_named_busy() -> himds_emulator::Fault {
    fault("name = \"busy\"\npreset = \"unavailable\"\non = \"key\"")
}

#[test]
fn it_tells_no_secret() {
    let emulator = start("");
    let text = said(&emulator, 0, || drop(handshake(&emulator.himds_url(), HIMDS_TOKEN))).expect("it complains");
    assert!(text.contains("Himds Challenge, GET /metadata/identity/oauth2/token: 401, counted"), "{text}");
    assert_eq!(emulator.secrets().len(), 2);
    emulator.secrets().iter().for_each(|secret| assert!(!text.contains(secret), "{text}"));
}

/// Two panics at once would end the whole test program.
#[test]
fn it_leaves_another_panic_alone() {
    let emulator = start("");
    let text = said(&emulator, 1, || std::panic::panic_any("the first".to_owned()));
    assert_eq!(text.as_deref(), Some("the first"));
}
