//! A rule: who, and what for. Pure.

use himds::Identity;

use super::caller::{Caller, Way};
use crate::front::canonical;

/// The uid that stands for every account from outside a user namespace, and that is also `nobody`'s.
pub(crate) const UNMAPPED: u32 = 65534;

/// One `[[allow]]`, with its names resolved to numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What the audit and `check` call it.
    pub name: String,
    /// A systemd unit, such as `backup.service`.
    pub unit: Option<String>,
    /// The account that it names. A name without an account matches nobody.
    pub user: Option<Named>,
    /// The group that it names.
    pub group: Option<Named>,
    /// A listener's name.
    pub socket: Option<String>,
    /// In canonical form.
    pub resources: Vec<String>,
    /// Whose tokens.
    pub identities: Vec<Listed>,
    /// Paths of metadata; what is below them is included.
    pub metadata: Vec<String>,
}

/// A user or group as it is written, and its number if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// As it stands in the file.
    pub name: String,
    /// Its number here.
    pub id: Option<u32>,
}

/// An identity that a rule lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// The machine's own.
    System,
    /// A client id, object id or Azure resource id, in lower case.
    Id(String),
}

impl Rule {
    /// Whether this is the caller that the rule means. Everything that it names must be so.
    pub(crate) fn is_for(&self, caller: &Caller) -> bool {
        self.socket.as_ref().is_none_or(|socket| *socket == *caller.socket)
            && self.unit.as_ref().is_none_or(|unit| caller.unit.as_deref() == Some(unit))
            && self.account_fits(caller)
    }

    /// Whether it names a socket, and nobody of those who reach it.
    pub(crate) fn is_for_a_socket_alone(&self) -> bool {
        self.user.is_none() && self.group.is_none() && self.unit.is_none()
    }

    fn account_fits(&self, caller: &Caller) -> bool {
        if self.is_for_a_socket_alone() {
            // Everybody on this machine reaches a port of it, so there it says nothing.
            return self.socket.is_some() && caller.way != Way::Port;
        }
        let Some(uid) = caller.uid else { return false };
        let named = self.user.as_ref().is_some_and(|user| user.id == Some(uid));
        // Root's ports are often somebody else's: a container's forwarder, sudo, a helper. Only its name and a unit will do.
        let special = uid == 0 || uid == UNMAPPED;
        (named || (self.user.is_none() && !special))
            && (uid != 0 || self.unit.is_some())
            && self.group.as_ref().is_none_or(|group| group.id.is_some_and(|id| caller.groups.contains(&id)))
    }

    /// What it names that has no account here: `user` or `group`, and the name.
    pub(crate) fn without_account(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let named = [("user", &self.user), ("group", &self.group)].into_iter();
        named.filter_map(|(kind, named)| Some((kind, named.as_ref().filter(|named| named.id.is_none())?.name.as_str())))
    }

    /// Whether this rule, before the other, leaves nothing to it. In doubt it does not: that is for a hint only.
    pub(crate) fn covers(&self, other: &Rule) -> bool {
        let same = |one: &Option<Named>, two: &Option<Named>| match (one, two) {
            (Some(one), Some(two)) => one.id.is_some() && one.id == two.id,
            (one, _) => one.is_none(),
        };
        let special = |rule: &Rule| rule.user.as_ref().is_some_and(|user| matches!(user.id, Some(0 | UNMAPPED)));
        let who = (self.unit.is_none() || self.unit == other.unit)
            && (self.socket.is_none() || self.socket == other.socket)
            && same(&self.user, &other.user)
            && same(&self.group, &other.group)
            && self.is_for_a_socket_alone() == other.is_for_a_socket_alone()
            && special(self) == special(other);
        who && other.resources.iter().all(|resource| self.resources.contains(resource))
            && (other.resources.is_empty() || other.identities.iter().all(|it| self.identities.contains(it)))
            && other.metadata.iter().all(|path| self.lists_metadata(path))
    }

    /// Whether the rule lists this resource.
    pub(crate) fn lists_resource(&self, resource: &str) -> bool {
        let wanted = canonical(resource);
        self.resources.contains(&wanted)
    }

    /// Whether the rule lists this identity. A client id and an object id look alike: either names the identity.
    pub(crate) fn lists_identity(&self, identity: &Identity) -> bool {
        let wanted = match identity {
            Identity::ClientId(id) | Identity::ObjectId(id) | Identity::ResourceId(id) => {
                Listed::Id(id.to_ascii_lowercase())
            }
            _ => Listed::System,
        };
        self.identities.contains(&wanted)
    }

    /// Whether this path of metadata is one that the rule lists, or is below one.
    pub(crate) fn lists_metadata(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        self.metadata.iter().any(|listed| {
            path.strip_prefix(listed.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}
