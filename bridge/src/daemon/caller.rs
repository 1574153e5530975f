//! Who calls, as far as the kernel tells.

use std::fmt;
use std::rc::Rc;

/// How a connection came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By TCP, to a listener in this network namespace: the kernel knows the process's account and unit.
    Port,
    /// By TCP, to a listener in another network namespace: it knows nothing of them here.
    Elsewhere,
    /// By a Unix socket: it knows the account.
    Unix,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The name of the listener; empty if it has none.
    pub socket: Rc<str>,
    /// How the connection came.
    pub way: Way,
    /// The account that made the socket.
    pub uid: Option<u32>,
    /// Its groups, if a rule names one.
    pub groups: Vec<u32>,
    /// The systemd unit in which the socket was made.
    pub unit: Option<Rc<str>>,
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.uid {
            Some(uid) => write!(f, "uid {uid}")?,
            None => f.write_str("a caller of another network namespace")?,
        }
        match &self.unit {
            Some(unit) => write!(f, ", unit {unit}"),
            None if self.way == Way::Port => f.write_str(", in no unit"),
            None => Ok(()),
        }?;
        if self.socket.is_empty() { Ok(()) } else { write!(f, ", socket {}", self.socket) }
    }
}
