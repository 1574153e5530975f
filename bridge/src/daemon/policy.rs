//! The policy of one connection: who it is, and what the rules of the moment say.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;

use himds::Kind;

use super::audit::Record;
use super::caller::Caller;
use super::decide::{Decision, decide};
use super::state::State;
use super::who::{Ends, Maker, Unknown};
use crate::front::{Ask, Policy, Report, Verdict};

/// What is known of a connection from its beginning.
pub(crate) struct OneConnection {
    /// What all connections share.
    pub(crate) state: Rc<State>,
    /// Who it was at accept, or why that could not be told.
    pub(crate) caller: Result<Caller, (Caller, Unknown)>,
    /// How to ask again, where the kernel can be asked.
    pub(crate) again: Option<(Ends, Maker)>,
    /// The rule that allowed what is asked now.
    pub(crate) rule: RefCell<Option<String>>,
}

impl OneConnection {
    fn known(&self) -> &Caller {
        match &self.caller {
            Ok(caller) | Err((caller, _)) => caller,
        }
    }

    /// Who it is by the groups and units of the moment.
    fn now(&self) -> Result<Caller, &Unknown> {
        let known = self.caller.as_ref().map_err(|(_, unknown)| unknown)?;
        Ok(self.state.identify().again(known, self.again.map(|(_, maker)| maker)))
    }

    fn by_the_rules(&self, caller: &Caller, ask: &Ask) -> Verdict {
        let config = self.state.config();
        match decide(&config, &self.state.agents(), caller, ask) {
            Decision::Allow(rule) => {
                *self.rule.borrow_mut() = Some(rule.name.clone());
                Verdict::Allow
            }
            Decision::Refuse(reason) => Verdict::Refuse(reason),
            Decision::NotFound => Verdict::NotFound,
        }
    }
}

impl Policy for OneConnection {
    type Caller = ();

    fn caller(&self, _peer: SocketAddr, _local: SocketAddr) -> Option<()> {
        *self.rule.borrow_mut() = None;
        Some(())
    }

    fn decide(&self, (): &(), ask: &Ask) -> Verdict {
        let caller = match self.now() {
            Ok(caller) => caller,
            Err(unknown) => return untold(unknown),
        };
        match self.by_the_rules(&caller, ask) {
            // After the rules: whoever may not ask at all must read a 403, because old clients repeat after a 429.
            Verdict::Allow => match self.state.take(&caller, Instant::now()) {
                Ok(()) => Verdict::Allow,
                Err(seconds) => Verdict::TooMany(seconds),
            },
            other => other,
        }
    }

    fn confirm(&self, (): &(), ask: &Ask) -> Verdict {
        let caller = match self.now() {
            Ok(caller) => caller,
            Err(unknown) => return untold(unknown),
        };
        if let Some((ends, maker)) = self.again {
            match self.state.identify().maker(ends) {
                Ok(now) if now == maker => {}
                Ok(_) => return Verdict::Refuse("The caller is not who it was.".into()),
                Err(unknown) => return untold(&unknown),
            }
        }
        self.by_the_rules(&caller, ask)
    }

    fn answered(&self, (): &(), report: &Report<'_>) {
        if report.kind == Some(Kind::KeyFileUnreadable) {
            self.state.keys_unreadable(report.refusal.unwrap_or_default());
        }
        let rule = self.rule.borrow();
        self.state.audit(self.known(), |caller| Record::new(caller, rule.as_deref(), report));
    }
}

fn untold(Unknown(reason): &Unknown) -> Verdict {
    Verdict::Refuse(format!("The caller cannot be identified: {reason}."))
}
