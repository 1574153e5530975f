//! A hostile local user, and users who are not: processes with real ids of their own. As root alone.
//!
//! `mallory` may read no key. The agent and an emulator run as a user of their own, and their keys are for a group.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "a test is the outside world")]

mod people;
mod relays;
mod roles;
mod sandbox;

use people::{MALLORY, MEMBER, ROLE, Scene};

/// Each role begins here: this program is run again, as another user, with the role's name in a variable.
#[test]
fn a_role_has_its_own_user() {
    if let Ok(role) = std::env::var(ROLE) {
        return roles::take(&role);
    }
    let Some(scene) = Scene::new() else { return };
    for person in [MALLORY, MEMBER] {
        let said = scene.run(person, "whoami", &[]).says("uid");
        assert_eq!(said, format!("{} {}", person.uid, person.gid));
    }
}
