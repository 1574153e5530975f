//! A client whose time, network and files are simulated.

#![allow(clippy::disallowed_types, reason = "no simulation forks")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_core::future::BoxFuture;
use url::Url;

use super::answer::Answer;
use crate::http::seams::Seams;
use crate::http::transport::{Request, Response, SendError, Session, Transport, TransportOptions};
use crate::os::clock::{Clock, SystemClock};
use crate::os::peer::{Readers, Verdict};
use crate::{Client, ClientBuilder, Error};

/// The wall clock when a simulated one is at 0.
pub const WALL: Duration = Duration::from_secs(1_700_000_000);

/// A client whose clock runs so many times as fast as the machine's, and whose files lie below this root.
pub fn hurried(mut builder: ClientBuilder, factor: u32, root: &Path) -> Result<Client, Error> {
    builder.seams =
        Seams { clock: Arc::new(Hurried(factor)), root: root.to_owned(), random: || 0.0, ..Seams::default() };
    builder.build()
}

struct Hurried(u32);

impl Clock for Hurried {
    fn now(&self) -> Duration {
        SystemClock.now() * self.0
    }

    fn wall(&self) -> Duration {
        SystemClock.wall()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        SystemClock.sleep(duration / self.0)
    }
}

/// A clock that stands still but for what is slept.
#[derive(Clone, Default)]
pub struct Time(Arc<Mutex<Duration>>);

impl Time {
    pub fn now(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn reach(&self, moment: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = moment.max(*now);
    }
}

impl Clock for Time {
    fn now(&self) -> Duration {
        Time::now(self)
    }

    fn wall(&self) -> Duration {
        WALL + self.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let (time, until) = (self.clone(), self.now().saturating_add(duration));
        Box::pin(async move { time.reach(until) })
    }
}

/// What a simulated service answers to a URL; nothing if nobody listens.
pub type Service = Arc<dyn Fn(&Url) -> Option<Answer> + Send + Sync>;

/// A client on this clock that asks this service.
pub fn simulated(
    mut builder: ClientBuilder,
    time: &Time,
    service: Service,
    random: fn() -> f64,
) -> Result<Client, Error> {
    let transport = Arc::new(Simulated(service));
    builder.seams = Seams { clock: Arc::new(time.clone()), transport, root: PathBuf::from("/nowhere"), random };
    builder.build()
}

struct Simulated(Service);

impl Transport for Simulated {
    fn session(&self, _: &TransportOptions) -> Result<Box<dyn Session>, Error> {
        Ok(Box::new(Simulated(Arc::clone(&self.0))))
    }
}

impl Session for Simulated {
    fn send<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Result<Response, SendError>> {
        let answer = (self.0)(request.url);
        let refused = || SendError::NotConnected("nobody listens".into());
        Box::pin(async move { answer.map(|answer| answer.response()).ok_or_else(refused) })
    }

    fn peer<'a>(&'a self, _: &'a Url, _: &'a Readers) -> BoxFuture<'a, Option<Verdict>> {
        Box::pin(async { None })
    }
}
