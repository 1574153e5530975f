//! The daemon itself: listeners, signals, connections.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use himds::{ClientBuilder, Identity, Source};
use tokio::net::{TcpStream, UnixStream};

use super::accounts::System;
use super::address;
use super::audit::Record;
use super::caller::{Caller, Way};
use super::config::NO_RULES;
use super::file;
use super::journal::{Level, Log};
use super::listeners::{self, Listener, Socket};
use super::open::{Open, Who};
use super::policy::OneConnection;
use super::signals::{Signals, Wish};
use super::state::State;
use super::units;
use super::who::{Diag, Ends, Identify, Unknown};
use crate::front::{ConnectionLimits, Front, Machine, Surface, serve};
use crate::words::words;

/// What `himds bridge run` is told.
pub struct Options {
    /// The rules.
    pub config: PathBuf,
    /// A listener of its own, besides those from systemd.
    pub listen: Option<SocketAddr>,
    /// How the machine's own service is reached. Its identity must not be set.
    pub client: ClientBuilder,
}

/// Runs until SIGTERM or SIGINT. The error is why it does not start. Blocks; for the main thread of a program of its own.
pub fn run(options: &Options) -> Result<(), String> {
    let signals = Signals::block().map_err(no_signals)?;
    let config = file::load(&options.config, &System)?;
    options.client.clone().build().map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    let runtime = runtime.map_err(|error| format!("the runtime does not start: {}", words(&error)))?;
    let state = Rc::new(State::new(config, Log::new()));
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let daemon = Rc::new(Daemon::new(options, Rc::clone(&state)));
        let listeners = all_listeners(options, &state)?;
        state.listens_at(&listeners);
        for listener in listeners {
            state.log.say(Level::Info, &format!("listens at {}", listener.describe()));
            tokio::task::spawn_local(Rc::clone(&daemon).accept(listener));
        }
        for warning in warnings(&state) {
            state.log.say(Level::Warning, &warning);
        }
        // Nobody may wait for it. An error means that no one does.
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        serve_signals(signals, options, &state).await
    })
}

fn all_listeners(options: &Options, state: &State) -> Result<Vec<Listener>, String> {
    let mut all = listeners::handed_over()?;
    if let Some(address) = options.listen {
        if address.ip().to_canonical() == crate::front::ADDRESS {
            let routes = std::fs::read_to_string("/proc/self/net/route").unwrap_or_default();
            if let Some(reason) = address::refusal(&routes) {
                return Err(reason);
            }
        } else if !address.ip().to_canonical().is_loopback() {
            return Err(format!(
                "--listen {address}: listening is possible only at a loopback address or at 169.254.169.254:80"
            ));
        }
        all.push(listeners::at(address)?);
    }
    if all.is_empty() {
        return Err("nothing to listen at: give --listen ADDRESS:PORT, or start himds-bridge.socket".into());
    }
    if all.iter().any(Listener::takes_the_address) {
        state.log.say(Level::Warning, address::WARNING);
    }
    Ok(all)
}

/// What will not work as the rules mean it.
fn warnings(state: &State) -> Vec<String> {
    let (config, mut warnings) = (state.config(), Vec::new());
    if config.rules.is_empty() {
        warnings.push(NO_RULES.to_owned());
    }
    if config.names_units() {
        warnings.extend(cannot_tell_units().map(str::to_owned));
    }
    for rule in &config.rules {
        for (kind, name) in rule.without_account() {
            let rule = &rule.name;
            warnings.push(format!("rule {rule:?}: the {kind} {name:?} does not exist here, so it allows nothing"));
        }
        let socket = state.no_such_socket(rule);
        warnings.extend(socket.map(|why| format!("rule {:?} allows nothing: {why}", rule.name)));
    }
    warnings
}

/// Why rules that name a unit allow nothing on this machine.
pub(crate) fn cannot_tell_units() -> Option<&'static str> {
    units::cannot_tell(units::is_cgroup2(units::ROOT.as_ref()), kernel_tells_cgroups())
}

/// Whether the kernel tells it of a connection of our own.
fn kernel_tells_cgroups() -> bool {
    let tells = || -> io::Result<bool> {
        let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
        let stream = std::net::TcpStream::connect(listener.local_addr()?)?;
        let socket = Diag::default().socket(stream.local_addr()?, stream.peer_addr()?)?;
        Ok(socket.is_some_and(|socket| socket.cgroup.is_some()))
    };
    tells().unwrap_or(false)
}

fn no_signals(error: io::Error) -> String {
    format!("signals cannot be received: {}", words(&error))
}

async fn serve_signals(signals: Signals, options: &Options, state: &State) -> Result<(), String> {
    let mut events = signals.events().map_err(no_signals)?;
    while events.next().await.map_err(no_signals)? == Wish::Reload {
        reload(options, state);
    }
    state.log.say(Level::Info, "ends");
    Ok(())
}

/// All or nothing: a file with a mistake in it changes nothing.
fn reload(options: &Options, state: &State) {
    match file::load(&options.config, &System) {
        Ok(config) => {
            state.replace(config);
            state.log.say(Level::Info, &format!("has read {} again", options.config.display()));
            warnings(state).iter().for_each(|warning| state.log.say(Level::Warning, warning));
        }
        Err(problem) => state.log.say(Level::Error, &format!("keeps its current rules: {problem}")),
    }
}

struct Daemon {
    state: Rc<State>,
    core: Rc<Machine>,
    client: ClientBuilder,
    source: Cell<Option<Source>>,
    limits: ConnectionLimits,
    open: RefCell<Open>,
}

impl Daemon {
    fn new(options: &Options, state: Rc<State>) -> Self {
        let client = options.client.clone();
        let core = Rc::new(Machine::new(move |identity| client.clone().identity(identity).build()));
        let (client, limits) = (options.client.clone(), ConnectionLimits::default());
        Daemon { state, core, client, source: Cell::new(None), limits, open: RefCell::new(Open::new()) }
    }

    async fn accept(self: Rc<Self>, listener: Listener) {
        loop {
            let accepted = match &listener.socket {
                Socket::Tcp(socket) => socket.accept().await.map(|(stream, peer)| self.tcp(&listener, stream, peer)),
                Socket::Unix(socket) => socket.accept().await.map(|(stream, _)| self.unix(&listener, stream)),
            };
            if accepted.is_err() {
                // One lost connection, or no descriptor left: those that are open must end first.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            // Those that have ended are to be counted off before the next is counted.
            tokio::task::yield_now().await;
        }
    }

    fn tcp(self: &Rc<Self>, listener: &Listener, stream: TcpStream, peer: SocketAddr) {
        let Ok(ends) = Ends::of(&stream, peer) else { return };
        let _ = stream.set_nodelay(true);
        let (caller, again) = match listener.way {
            Way::Port => {
                let identify = self.state.identify();
                match identify.maker(ends) {
                    Ok(maker) => (Ok(identify.caller(&listener.name, maker)), Some((ends, maker))),
                    Err(unknown) => (Err((nobody(listener), unknown)), None),
                }
            }
            _ => (Ok(Identify::elsewhere(&listener.name)), None),
        };
        self.start(listener, stream, (ends.peer, ends.target), caller, again);
    }

    fn unix(self: &Rc<Self>, listener: &Listener, stream: UnixStream) {
        let caller = self.state.identify().unix(&listener.name, &stream).map_err(|unknown| (nobody(listener), unknown));
        let none = SocketAddr::from((std::net::Ipv4Addr::UNSPECIFIED, 0));
        self.start(listener, stream, (none, none), caller, None);
    }

    fn start<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + 'static>(
        self: &Rc<Self>,
        listener: &Listener,
        stream: S,
        ends: (SocketAddr, SocketAddr),
        caller: Result<Caller, (Caller, Unknown)>,
        again: Option<(Ends, super::who::Maker)>,
    ) {
        let known = match &caller {
            Ok(caller) | Err((caller, _)) => caller.clone(),
        };
        let stranger = caller.is_err() || !self.state.config().rules.iter().any(|rule| rule.is_for(&known));
        let who = Who { socket: Rc::clone(&known.socket), uid: known.uid, stranger };
        if !self.open.borrow_mut().enter(&who) {
            self.state.audit(&known, |caller| Record::of_connection(caller, "too many connections at once"));
            return;
        }
        let policy = OneConnection { state: Rc::clone(&self.state), caller, again, rule: RefCell::new(None) };
        let surface =
            Surface::imds(listener.port(), Identity::SystemAssigned).with_cloud_shell(self.state.config().cloud_shell);
        let front = Rc::new(Front::new(surface, Rc::clone(&self.core), self.source(), policy));
        let (this, limits) = (Rc::clone(self), self.limits);
        tokio::task::spawn_local(async move {
            serve(stream, ends, front, limits).await;
            this.open.borrow_mut().leave(&who);
        });
    }

    /// The service that is asked. The agent may be installed after the daemon has started.
    fn source(&self) -> Option<Source> {
        if self.source.get().is_none() {
            self.source.set(self.client.clone().build().ok().and_then(|client| client.source()));
        }
        self.source.get()
    }
}

fn nobody(listener: &Listener) -> Caller {
    Caller { way: listener.way, ..Identify::elsewhere(&listener.name) }
}
