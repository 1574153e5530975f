//! Which of the machine's identities a token is for.

/// A managed identity of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Identity {
    /// The machine's own identity.
    #[default]
    SystemAssigned,
    /// A user-assigned identity, named by its client (application) id.
    ClientId(String),
    /// A user-assigned identity, named by its object (principal) id.
    ObjectId(String),
    /// A user-assigned identity, named by its Azure resource id.
    ResourceId(String),
}

impl Identity {
    /// The query parameter that selects this identity, and its value. `msi_res_id` is the one spelling of a resource
    /// id that both services honour: the Arc agent silently ignores `mi_res_id`.
    pub(crate) fn selector(&self) -> Option<(&'static str, &str)> {
        match self {
            Identity::SystemAssigned => None,
            Identity::ClientId(id) => Some(("client_id", id)),
            Identity::ObjectId(id) => Some(("object_id", id)),
            Identity::ResourceId(id) => Some(("msi_res_id", id)),
        }
    }
}
