//! The running impostor, as a library holds it.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::http::Uri;
use axum::http::uri::Authority;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::event::ImpostorEvent;
use super::relay::Relay;
use crate::error::Error;
use crate::http::listener::Listener;

/// Where the impostor stands, and what it does.
#[derive(Debug, Clone, Default)]
pub struct ImpostorConfig {
    /// The agent that challenges are fetched from: `http://127.0.0.1:40342`, or an emulator's URL.
    pub agent: String,
    /// The port that it takes; 0 takes a free one, the agent's own is 40342.
    pub port: u16,
    /// Take the port of `::1`, to which clients turn if nothing listens at 127.0.0.1.
    pub ipv6: bool,
    /// Say `Connection: close` with the challenge, so that the client brings its key on a new connection.
    pub close_after_challenge: bool,
    /// Stop listening after the first connection and keep that one: the agent can then listen there again, and
    /// nobody sees anything wrong with the port.
    pub release_port: bool,
    /// Act as this user, and as the group of the same number alone. Only its own thread does: the sockets are that
    /// user's, and files are opened with that user's rights. Takes Linux and root.
    pub user: Option<u32>,
}

/// A process that took the agent's port and relays: what a client sends goes on to the agent, and the agent's answers go
/// back. A client withstands it if no [`ImpostorEvent::Key`] comes.
///
/// It runs on a thread of its own. Dropping it ends it and its connections.
pub struct Impostor {
    address: SocketAddr,
    events: Receiver<ImpostorEvent>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Impostor {
    /// Takes the port; when this returns, it listens.
    ///
    /// # Errors
    /// When `agent` is not an `http` URL, the port is taken, or the thread may not become the user.
    pub fn start(config: ImpostorConfig) -> Result<Self, Error> {
        let agent = authority(&config.agent)?;
        let (stop, stopped) = oneshot::channel();
        let (report, started) = mpsc::channel();
        let (events, seen) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("himds-impostor".into())
            .spawn(move || run(&config, &agent, stopped, &report, &events))
            .map_err(Error::io("cannot start a thread"))?;
        let ended = |_| Error::Invalid("the impostor's thread ended at once".into());
        let address = started.recv().map_err(ended)??;
        Ok(Self { address, events: seen, stop: Some(stop), thread: Some(thread) })
    }

    /// Base URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next event, in order; none if nothing happens within this time. Blocks.
    pub fn next_event(&self, within: Duration) -> Option<ImpostorEvent> {
        self.events.recv_timeout(within).ok()
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of that thread has been printed already, and there is nothing to undo.
            let _ = thread.join();
        }
    }
}

fn authority(agent: &str) -> Result<Authority, Error> {
    let url: Option<Uri> = agent.parse().ok();
    url.filter(|url| url.scheme_str() == Some("http"))
        .and_then(|url| url.authority().cloned())
        .ok_or_else(|| Error::Invalid(format!("{agent:?} is not a URL of an agent, such as http://127.0.0.1:40342")))
}

fn run(
    config: &ImpostorConfig,
    agent: &Authority,
    stopped: oneshot::Receiver<()>,
    report: &Sender<Result<SocketAddr, Error>>,
    events: &Sender<ImpostorEvent>,
) {
    let begin = || {
        config.user.map_or(Ok(()), become_user)?;
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::io("cannot start the runtime"))
    };
    let runtime = match begin() {
        Ok(runtime) => runtime,
        Err(error) => return drop(report.send(Err(error))),
    };
    let address = if config.ipv6 { IpAddr::V6(Ipv6Addr::LOCALHOST) } else { IpAddr::V4(Ipv4Addr::LOCALHOST) };
    runtime.block_on(async {
        let listener = match Listener::bind(address, config.port) {
            Ok(listener) => listener,
            Err(error) => return drop(report.send(Err(error))),
        };
        let _ = events.send(ImpostorEvent::Listening { address: listener.address() });
        if report.send(Ok(listener.address())).is_ok() {
            tokio::select! {
                () = accept(listener, config, agent, events) => {}
                _ = stopped => {}
            }
        }
    });
}

/// Takes connections until the end.
async fn accept(listener: Listener, config: &ImpostorConfig, agent: &Authority, events: &Sender<ImpostorEvent>) {
    for connection in 0.. {
        let stream = listener.accept().await;
        let _ = events.send(ImpostorEvent::Connected { connection });
        tokio::spawn(serve(
            stream,
            Relay {
                agent: agent.clone(),
                close_after_challenge: config.close_after_challenge,
                connection,
                events: events.clone(),
            },
        ));
        if config.release_port {
            drop(listener);
            let _ = events.send(ImpostorEvent::PortReleased);
            return std::future::pending().await;
        }
    }
}

async fn serve(stream: TcpStream, relay: Relay) {
    let Relay { connection, events, .. } = relay.clone();
    let respond = service_fn(move |request| {
        let relay = relay.clone();
        async move { Ok::<_, Infallible>(relay.answer(request).await) }
    });
    // A client that goes away in the middle is not an error here.
    let _ = http1::Builder::new()
        .title_case_headers(true)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), respond)
        .await;
    let _ = events.send(ImpostorEvent::Closed { connection });
}

#[cfg(target_os = "linux")]
fn become_user(user: u32) -> Result<(), Error> {
    use rustix::process::{Gid, Uid};
    use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
    let (uid, gid) = (Uid::from_raw(user), Gid::from_raw(user));
    // The user comes last: it takes away the right to change the others.
    set_thread_groups(&[])
        .and_then(|()| set_thread_res_gid(gid, gid, gid))
        .and_then(|()| set_thread_res_uid(uid, uid, uid))
        .map_err(|errno| Error::io(format!("cannot become user {user}"))(errno.into()))
}

#[cfg(not(target_os = "linux"))]
fn become_user(user: u32) -> Result<(), Error> {
    Err(Error::io(format!("cannot become user {user}"))(std::io::ErrorKind::Unsupported.into()))
}
