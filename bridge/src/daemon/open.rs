//! How many connections are open, and whose: nobody may take up those of others.

use std::collections::HashMap;
use std::rc::Rc;

use rustix::process::{Resource, getrlimit};

/// Connections that one caller may have open at once: each takes memory and a descriptor.
const MOST_OF_ONE: usize = 256;
/// The same for all callers together.
const MOST_OF_ALL: usize = 1800;
/// All strangers together have at most this part of them: one person may have thousands of accounts (subuid(5)).
const STRANGERS_PART: usize = 2;
/// Descriptors that are for something other than callers: listeners, the agent, the kernel, the log.
const OTHER_DESCRIPTORS: usize = 64;

/// Whose connections are counted together: those of an account at a listener.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub(crate) struct Who {
    /// The listener's name.
    pub(crate) socket: Rc<str>,
    /// The account.
    pub(crate) uid: Option<u32>,
    /// Whether no rule is for the caller. A service's account may have other processes, which are not to be in its way.
    pub(crate) stranger: bool,
}

/// The connections that are open.
pub(crate) struct Open {
    by: HashMap<Who, usize>,
    all: usize,
    strangers: usize,
    most: usize,
}

impl Open {
    /// None yet. There may be as many as there are descriptors for.
    pub(crate) fn new() -> Self {
        let limit = getrlimit(Resource::Nofile).current.and_then(|limit| usize::try_from(limit).ok());
        let most = limit.map_or(MOST_OF_ALL, |limit| limit.saturating_sub(OTHER_DESCRIPTORS).min(MOST_OF_ALL));
        Open { by: HashMap::new(), all: 0, strangers: 0, most }
    }

    /// Counts one more, unless there are too many.
    pub(crate) fn enter(&mut self, who: &Who) -> bool {
        let full = self.all >= self.most || (who.stranger && self.strangers >= self.most / STRANGERS_PART);
        if full || self.by.get(who).is_some_and(|count| *count >= MOST_OF_ONE) {
            return false;
        }
        *self.by.entry(who.clone()).or_default() += 1;
        self.all += 1;
        self.strangers += usize::from(who.stranger);
        true
    }

    /// One that was counted has ended.
    pub(crate) fn leave(&mut self, who: &Who) {
        let Some(count) = self.by.get_mut(who) else { return };
        *count -= 1;
        if *count == 0 {
            self.by.remove(who);
        }
        self.all -= 1;
        self.strangers -= usize::from(who.stranger);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(uid: u32, stranger: bool) -> Who {
        Who { socket: "".into(), uid: Some(uid), stranger }
    }

    #[test]
    fn strangers_leave_room_however_many_accounts_they_have() {
        let mut open = Open { most: MOST_OF_ALL, ..Open::new() };
        let strangers =
            (0..20_000).filter(|number| open.enter(&who(100_000 + number / MOST_OF_ONE as u32, true))).count();
        assert_eq!(strangers, MOST_OF_ALL / STRANGERS_PART);
        // Also of an account that has processes which no rule is for.
        assert!(open.enter(&who(100_000, false)));
        let service = (0..2_000).filter(|_| open.enter(&who(34, false))).count();
        assert_eq!(service, MOST_OF_ONE);
    }

    #[test]
    fn what_has_ended_is_counted_off() {
        let mut open = Open { most: 2, ..Open::new() };
        assert!(open.enter(&who(1, true)) && !open.enter(&who(2, true)) && open.enter(&who(3, false)));
        assert!(!open.enter(&who(4, false)), "full");
        open.leave(&who(1, true));
        assert!(open.enter(&who(2, true)));
        open.leave(&who(2, true));
        open.leave(&who(3, false));
        assert_eq!((open.by.len(), open.all, open.strangers), (0, 0, 0));
    }
}
