use std::rc::Rc;

use himds::Identity;

use super::*;
use crate::daemon::accounts::tests::Few;
use crate::front::{Form, TokenAsk};

const STORAGE: &str = "https://storage.azure.com";
const VAULT: &str = "https://vault.azure.net";
const APP: &str = "b1e6d3aa-2f0c-4d8e-9a55-51a1f00d0003";

/// A rule with this name, for whom the lines say, that allows storage and what the lines add.
fn rule(name: &str, lines: &str) -> String {
    let resources = if lines.contains("resource") { "" } else { "resource = ['https://storage.azure.com']\n" };
    format!("[[allow]]\nname = \"{name}\"\n{resources}{lines}\n")
}

fn config() -> Config {
    let text = [
        rule("unit", "unit = 'a.service'"),
        rule(
            "unit and user",
            "unit = 'b.service'\nuser = 'backup'\nidentity = ['b1e6d3aa-2f0c-4d8e-9a55-51a1f00d0003']\n\
             metadata = ['/metadata/instance/compute']",
        ),
        rule("root's unit", "unit = 'c.service'\nuser = 'root'\nmetadata = ['/metadata/instance']"),
        rule("group", "group = 'writers'\nresource = ['https://storage.azure.com', 'https://vault.azure.net']"),
        rule("nobody", "user = 'nobody'"),
        rule("missing", "user = 'missing'"),
        rule("missing group", "group = 'missing'"),
        rule("socket", "socket = 'web'\nmetadata = ['/metadata/instance']"),
        rule("socket and user", "socket = 'db'\nuser = 'backup'"),
        rule("the agent", "user = 'himds'\nmetadata = ['/metadata/instance']"),
    ];
    Config::parse(&text.concat(), &Few).unwrap()
}

fn caller(uid: u32, unit: &str) -> Caller {
    let unit = (!unit.is_empty()).then(|| Rc::from(unit));
    Caller { socket: "".into(), way: Way::Port, uid: Some(uid), groups: Vec::new(), unit }
}

fn token(resource: &str, identity: Identity) -> Ask {
    Ask::Token(TokenAsk { resource: resource.into(), identity, bypass_cache: false, form: Form::Imds })
}

fn instance(pointer: &str) -> Ask {
    Ask::Instance { pointer: pointer.into(), text: false }
}

/// The rule's name, or what is said instead.
fn outcome(caller: &Caller, ask: &Ask) -> String {
    match decide(&config(), &Agents(vec![998, 997]), caller, ask) {
        Decision::Allow(rule) => rule.name.clone(),
        Decision::Refuse(reason) => format!("no: {reason}"),
        Decision::NotFound => "404".into(),
    }
}

#[test]
fn who_is_meant() {
    let member = Caller { groups: vec![7, 500], ..caller(1000, "") };
    let other_group = Caller { groups: vec![7], ..caller(1000, "") };
    let by = |socket: &str, way, uid| Caller { socket: socket.into(), way, ..Caller { uid, ..caller(0, "") } };
    for (caller, expected) in [
        (caller(1000, "a.service"), "unit"),
        (caller(1000, ""), "no: No rule is for uid 1000, in no unit."),
        (caller(1000, "other.service"), "no: No rule is for uid 1000, unit other.service."),
        (caller(34, "b.service"), "no: No rule allows tokens of this identity"),
        (caller(1000, "b.service"), "no: No rule is for"),
        (caller(34, ""), "no: No rule is for"),
        (caller(0, "a.service"), "no: No rule is for"),
        (caller(0, "c.service"), "root's unit"),
        (caller(0, ""), "no: No rule is for"),
        (caller(1000, "c.service"), "no: No rule is for"),
        (member, "group"),
        (other_group, "no: No rule is for"),
        (Caller { groups: vec![0, 500], ..caller(0, "") }, "no: No rule is for"),
        (Caller { groups: vec![0, 500], ..caller(0, "x.service") }, "no: No rule is for"),
        (Caller { groups: vec![500], ..caller(65534, "") }, "nobody"),
        (caller(65534, "a.service"), "nobody"),
        (by("web", Way::Elsewhere, None), "socket"),
        (by("web", Way::Unix, Some(1000)), "socket"),
        (by("web", Way::Port, Some(1000)), "no: No rule is for uid 1000, in no unit, socket web."),
        (by("other", Way::Elsewhere, None), "no: No rule is for a caller of another network namespace, socket other."),
        (by("db", Way::Unix, Some(34)), "socket and user"),
        (by("db", Way::Unix, Some(35)), "no: No rule is for"),
        (by("db", Way::Elsewhere, None), "no: No rule is for"),
        (by("", Way::Elsewhere, None), "no: No rule is for"),
    ] {
        let said = outcome(&caller, &token(STORAGE, Identity::SystemAssigned));
        let fits = if expected.starts_with("no:") { said.starts_with(expected) } else { said == expected };
        assert!(fits, "{caller:?}: {said}");
    }
    let nobody = Config::parse(&rule("unit", "unit = 'a.service'"), &Few).unwrap();
    let ask = token(STORAGE, Identity::SystemAssigned);
    let said = decide(&nobody, &Agents::default(), &caller(65534, "a.service"), &ask);
    assert!(matches!(said, Decision::Refuse(_)), "65534 is not in a unit unless it is named");
}

#[test]
fn what_is_granted() {
    let backup = caller(34, "b.service");
    let system = Identity::SystemAssigned;
    for (caller, ask, expected) in [
        (caller(1, "a.service"), token("HTTPS://Storage.Azure.com/", system.clone()), "unit"),
        (
            caller(1, "a.service"),
            token("https://storage.azure.com.evil", system.clone()),
            "no: No rule allows tokens for this resource",
        ),
        (caller(1, "a.service"), token(VAULT, system.clone()), "no: No rule allows tokens for this resource"),
        (
            caller(1, "a.service"),
            token(STORAGE, Identity::ClientId(APP.into())),
            "no: No rule allows tokens of this identity",
        ),
        (backup.clone(), token(STORAGE, Identity::ClientId(APP.to_uppercase())), "unit and user"),
        (backup.clone(), token(STORAGE, Identity::ObjectId(APP.into())), "unit and user"),
        (backup.clone(), token(STORAGE, Identity::ResourceId(format!("/subscriptions/{APP}"))), "no: "),
        (backup.clone(), token(STORAGE, system.clone()), "no: No rule allows tokens of this identity"),
        (backup.clone(), instance("/compute"), "unit and user"),
        (backup.clone(), instance("/compute/vmId"), "unit and user"),
        (backup.clone(), instance("/computer"), "no: No rule allows this metadata"),
        (backup.clone(), instance(""), "no: No rule allows this metadata"),
        (backup.clone(), instance("/network"), "no: No rule allows this metadata"),
        (backup.clone(), Ask::Versions, "unit and user"),
        (backup, Ask::Info, "unit and user"),
        (caller(1, "a.service"), instance("/compute"), "no: No rule allows this metadata"),
        (caller(1, "a.service"), Ask::Versions, "no: No rule allows this metadata"),
        (caller(1, "x.service"), instance("/compute"), "no: No rule is for"),
    ] {
        let said = outcome(&caller, &ask);
        let fits = if expected.starts_with("no:") { said.starts_with(expected) } else { said == expected };
        assert!(fits, "{caller:?} {ask:?}: {said}");
    }
}

#[test]
fn the_agent_is_never_told_that_this_is_a_vm() {
    for ask in [instance(""), instance("/compute"), Ask::Versions, Ask::Info] {
        for caller in [caller(998, "himdsd.service"), caller(997, ""), caller(0, "")] {
            assert_eq!(outcome(&caller, &ask), "404", "{caller:?} {ask:?}");
        }
        let named = outcome(&caller(0, "c.service"), &ask);
        assert_eq!(named, "root's unit", "{ask:?}");
    }
    assert_eq!(outcome(&caller(998, ""), &token(STORAGE, Identity::SystemAssigned)), "the agent");
}

#[test]
fn of_two_rules_that_allow_it_the_first_counts() {
    let both = Caller { groups: vec![500], ..caller(1000, "a.service") };
    assert_eq!(outcome(&both, &token(STORAGE, Identity::SystemAssigned)), "unit");
    assert_eq!(outcome(&both, &token(VAULT, Identity::SystemAssigned)), "group", "the first that allows it");
}
