//! In a privileged program the environment, which its caller chose, says nothing.

use crate::people::{AGENT, MALLORY, Scene, install};

#[test]
fn a_privileged_programs_environment_is_not_believed() {
    let Some(scene) = Scene::new() else { return };
    let theirs = "http://127.0.0.1:9";
    let variables = [("IDENTITY_ENDPOINT", "http://127.0.0.1:9/t"), ("IMDS_ENDPOINT", theirs), ("DIAGNOSE", "1")];
    let set_user_id = scene.path("set-user-id");
    install(&scene.program(), &set_user_id, AGENT, 0o4755);

    let mut plain = scene.run(MALLORY, "client", &variables);
    assert_eq!(plain.says("endpoint"), theirs, "a program with no more rights than its caller");
    for program in [scene.set_group_id_program(), set_user_id] {
        let start =
            |more: &[(&str, &str)]| scene.run_by(&[], &program, MALLORY, "client", &[&variables[..], more].concat());
        let mut privileged = start(&[]);
        if privileged.says("privileged") == "no" {
            println!("skipped: a file system with set-user-id programs not found");
            return;
        }
        assert_ne!(privileged.says("endpoint"), theirs, "{}", program.display());
        let diagnosis = privileged.says("diagnosis");
        assert!(diagnosis.contains("this program is privileged"), "{diagnosis}");
        // What the program itself gives counts.
        let own =
            [("OPTION_IDENTITY_ENDPOINT", "http://127.0.0.1:8/t"), ("OPTION_IMDS_ENDPOINT", "http://127.0.0.1:8")];
        assert_eq!(start(&own).says("endpoint"), "http://127.0.0.1:8");
    }
}
