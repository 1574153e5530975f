//! Whether anything is at IMDS's address, if IMDS is only a guess.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use url::Url;

use crate::http::answer;
use crate::http::seams::Seams;
use crate::http::transport::{Request, SendError, Session, TOKEN_BODY_LIMIT, TransportOptions};
use crate::{Error, Source};

/// The silence after which the probe leaves it to the request itself.
const SILENCE: Duration = Duration::from_secs(2);
/// The probe's own time-out must not hide the connection's.
const SLACK: Duration = Duration::from_millis(200);

/// What is known of the service's presence.
pub(crate) struct Probe {
    /// Where to ask; `None` if the choice of the service is certain.
    url: Option<Url>,
    answered: AtomicBool,
}

impl Probe {
    pub(crate) fn new(url: Option<Url>) -> Self {
        Probe { url, answered: AtomicBool::new(false) }
    }

    /// Whether it is still open that anything is there.
    pub(crate) fn is_needed(&self) -> bool {
        self.url.is_some() && !self.answered.load(Ordering::Relaxed)
    }

    /// Something answered: that is kept for the client's life.
    pub(crate) fn succeeded(&self) {
        self.answered.store(true, Ordering::Relaxed);
    }

    /// Asks without the `Metadata` header: the service refuses that at once and throttles it less than a real request.
    /// Any answer counts as present, and so does a connection that stays silent.
    pub(crate) async fn run(
        &self,
        seams: &Seams,
        options: &TransportOptions,
        session: &dyn Session,
    ) -> Result<(), Error> {
        let Some(url) = &self.url else { return Ok(()) };
        let request = Request { url, metadata_header: false, key: None, address: None, body_limit: TOKEN_BODY_LIMIT };
        let silence = SILENCE.max(options.connect_timeout.saturating_add(SLACK));
        let answer = tokio::select! {
            biased;
            answer = session.send(request) => answer,
            () = seams.clock.sleep(silence) => return Ok(()),
        };
        if let Err(error @ SendError::NotConnected(_)) = answer {
            return Err(answer::unsent(Source::Imds, error).error);
        }
        self.succeeded();
        Ok(())
    }
}
