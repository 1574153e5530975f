//! The identities that the machine has, and the choice among them by a request's selector.

use crate::config::file::Config;
use crate::config::identities::UserAssigned;
use crate::http::request::Seen;

/// The identity a token is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    pub(crate) client_id: String,
    pub(crate) object_id: String,
    pub(crate) resource_id: String,
    pub(crate) user_assigned: bool,
}

/// What a request's selector led to.
pub(crate) enum Choice {
    Found(Identity),
    /// No identity of this machine has that name.
    NotAssigned,
    /// No selector, no system-assigned identity, and several user-assigned ones.
    Ambiguous,
    /// More than one selector.
    SeveralSelectors,
}

/// The parameter and the value of a selector.
pub(crate) type Selector = (&'static str, String);

/// The selectors in a request. The services silently ignore `mi_res_id`, and so do we.
pub(crate) fn selectors(seen: &Seen) -> Vec<Selector> {
    ["client_id", "object_id", "msi_res_id"]
        .into_iter()
        .filter_map(|name| Some((name, seen.parameter(name)?.to_owned())))
        .collect()
}

/// The identity for these selectors. `arc` tells what kind of resource the machine is.
pub(crate) fn choose(config: &Config, selectors: &[Selector], arc: bool) -> Choice {
    match selectors {
        [] => without_selector(config, arc),
        [(name, value)] => config
            .user_assigned
            .iter()
            .find(|identity| field(identity, name).eq_ignore_ascii_case(value))
            .map(user_assigned)
            .or_else(|| {
                // IMDS takes the system-assigned identity's own client id too.
                let system = &config.system_assigned;
                let own = if *name == "client_id" { &system.client_id } else { &system.object_id };
                (system.enabled && !arc && *name != "msi_res_id" && own.eq_ignore_ascii_case(value))
                    .then(|| system_assigned(config, arc))
            })
            .map_or(Choice::NotAssigned, Choice::Found),
        _ => Choice::SeveralSelectors,
    }
}

fn without_selector(config: &Config, arc: bool) -> Choice {
    if config.system_assigned.enabled {
        return Choice::Found(system_assigned(config, arc));
    }
    match config.user_assigned.as_slice() {
        [only] if !arc => Choice::Found(user_assigned(only)),
        [_, _, ..] if !arc => Choice::Ambiguous,
        _ => Choice::NotAssigned,
    }
}

pub(crate) fn system_assigned(config: &Config, arc: bool) -> Identity {
    Identity {
        client_id: config.system_assigned.client_id.clone(),
        object_id: config.system_assigned.object_id.clone(),
        resource_id: config.machine.resource_id(arc),
        user_assigned: false,
    }
}

fn user_assigned(identity: &UserAssigned) -> Identity {
    Identity {
        client_id: identity.client_id.clone(),
        object_id: identity.object_id.clone(),
        resource_id: identity.resource_id.clone(),
        user_assigned: true,
    }
}

fn field<'a>(identity: &'a UserAssigned, selector: &str) -> &'a str {
    match selector {
        "client_id" => &identity.client_id,
        "object_id" => &identity.object_id,
        _ => &identity.resource_id,
    }
}
