//! What all connections share: the rules of the moment, buckets, the log.

use std::cell::{Cell, OnceCell, Ref, RefCell};
use std::rc::Rc;
use std::time::Instant;

use super::accounts::{Accounts, System};
use super::audit::Record;
use super::caller::{Caller, Way};
use super::config::{Config, Limits};
use super::decide::Agents;
use super::journal::{Level, Log};
use super::listeners::Listener;
use super::names::meant;
use super::rate::Buckets;
use super::rule::Rule;
use super::units::{self, Units};
use super::who::Identify;

/// Lines about refusals that one caller may cause: a stranger must not push out of the journal what others did.
const REFUSALS: Limits = Limits { rate: 5, burst: 50 };

type Key = (Rc<str>, Option<u32>, Option<Rc<str>>);

/// Shared by everything on the one thread.
pub(crate) struct State {
    loaded: RefCell<Loaded>,
    buckets: RefCell<Buckets<Key>>,
    refusals: RefCell<Buckets<Key>>,
    suppressed: Cell<u64>,
    /// The listeners, by name.
    listeners: OnceCell<Vec<(Rc<str>, Way)>>,
    /// Where lines go.
    pub(crate) log: Log,
}

struct Loaded {
    config: Rc<Config>,
    identify: Rc<Identify>,
    agents: Rc<Agents>,
    /// It was said that the keys cannot be read.
    keys_unreadable: Cell<bool>,
}

impl State {
    /// With these rules.
    pub(crate) fn new(config: Config, log: Log) -> Self {
        State {
            loaded: RefCell::new(loaded(config)),
            buckets: RefCell::new(Buckets::new()),
            refusals: RefCell::new(Buckets::new()),
            suppressed: Cell::new(0),
            listeners: OnceCell::new(),
            log,
        }
    }

    /// From now on these rules count, also for connections that are open.
    pub(crate) fn replace(&self, config: Config) {
        *self.loaded.borrow_mut() = loaded(config);
    }

    /// These are the listeners. They stay so.
    pub(crate) fn listens_at(&self, listeners: &[Listener]) {
        // Said once, at the start.
        let _ = self.listeners.set(listeners.iter().map(|it| (Rc::clone(&it.name), it.way)).collect());
    }

    /// Why a rule allows nothing, if its socket is not one that it can mean.
    pub(crate) fn no_such_socket(&self, rule: &Rule) -> Option<String> {
        let (name, listeners) = (rule.socket.as_deref()?, self.listeners.get()?);
        let named: Vec<Way> = listeners.iter().filter(|(known, _)| **known == *name).map(|(_, way)| *way).collect();
        if named.is_empty() {
            let known: Vec<String> = listeners.iter().map(|(known, _)| known.to_string()).collect();
            return Some(format!("no socket here is called {name:?}{}", meant(name, &known)));
        }
        let everybodys = rule.is_for_a_socket_alone() && named.iter().all(|way| *way == Way::Port);
        everybodys.then(|| format!("everybody here reaches the socket {name:?}: name a unit, user or group too"))
    }

    fn now(&self) -> Ref<'_, Loaded> {
        self.loaded.borrow()
    }

    /// The rules.
    pub(crate) fn config(&self) -> Rc<Config> {
        Rc::clone(&self.now().config)
    }

    /// Who can tell who calls.
    pub(crate) fn identify(&self) -> Rc<Identify> {
        Rc::clone(&self.now().identify)
    }

    /// The agent's accounts.
    pub(crate) fn agents(&self) -> Rc<Agents> {
        Rc::clone(&self.now().agents)
    }

    /// One request of this caller; after how many seconds the next, if this is one too many.
    pub(crate) fn take(&self, caller: &Caller, now: Instant) -> Result<(), u64> {
        self.buckets.borrow_mut().take(key(caller), self.config().limits, now)
    }

    /// Tells the administrator, once after each reading of the rules: a client can do nothing about it.
    pub(crate) fn keys_unreadable(&self, why: &str) {
        if !self.now().keys_unreadable.replace(true) {
            let uid = rustix::process::geteuid().as_raw();
            self.log.say(
                Level::Error,
                &format!(
                    "no token can be given out: {why} This daemon runs as uid {uid}, which must be in the group himds: \
                     SupplementaryGroups=himds in its unit"
                ),
            );
        }
    }

    /// Writes a record. Of many refusals of one caller only some are written, and the next line says how many were not.
    pub(crate) fn audit(&self, caller: &Caller, record: impl FnOnce(&Caller) -> Record) {
        let record = record(caller);
        if !record.granted && self.refusals.borrow_mut().take(key(caller), REFUSALS, Instant::now()).is_err() {
            self.suppressed.set(self.suppressed.get() + 1);
            return;
        }
        self.log.audit(&record.with_suppressed(self.suppressed.take()));
    }
}

fn key(caller: &Caller) -> Key {
    (Rc::clone(&caller.socket), caller.uid, caller.unit.clone())
}

fn loaded(config: Config) -> Loaded {
    let named = config.rules.iter().filter_map(|rule| rule.unit.clone()).collect();
    let identify = Identify::new(Units::new(units::ROOT, named), config.names_groups());
    let agents = Agents(Agents::NAMES.iter().filter_map(|name| System.uid(name)).collect());
    Loaded {
        config: Rc::new(config),
        identify: Rc::new(identify),
        agents: Rc::new(agents),
        keys_unreadable: Cell::new(false),
    }
}
