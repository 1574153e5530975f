//! Before a key is sent: who is at the other end of the connection that will carry it.

use std::time::Duration;

use super::connection::Connection;
use super::transport::SendError;
use crate::os::commands::{AGENT_RESTART, OWNERS};
use crate::os::peer::{Readers, Verdict, verdict};
use crate::{Error, Kind};

/// Between two questions, while nobody has accepted the connection.
const PAUSE: Duration = Duration::from_millis(1);

/// What became of the connection.
pub(super) enum Checked {
    Fine,
    /// It is not there any more.
    Gone,
}

/// Lets a key pass if the process at the other end can read it anyway, or if the kernel cannot be asked.
pub(super) async fn check(connection: &Connection, readers: &Readers, limit: Duration) -> Result<Checked, SendError> {
    match settled(connection, readers, limit).await {
        Verdict::Reader(_) | Verdict::Unknown => Ok(Checked::Fine),
        Verdict::Gone | Verdict::NotAccepted => Ok(Checked::Gone),
        Verdict::Stranger(who) => Err(SendError::Stranger(Box::new(stranger(connection, &who, readers)))),
    }
}

/// The verdict once a process has accepted the connection; *not accepted* if none does within the limit.
pub(super) async fn settled(connection: &Connection, readers: &Readers, limit: Duration) -> Verdict {
    let ask = || verdict(connection.client, connection.server, readers);
    let first = ask();
    if first != Verdict::NotAccepted {
        return first;
    }
    let accepted = async {
        loop {
            wait().await;
            let next = ask();
            if next != Verdict::NotAccepted {
                return next;
            }
        }
    };
    tokio::time::timeout(limit, accepted).await.unwrap_or(Verdict::NotAccepted)
}

#[allow(clippy::disallowed_methods, reason = "waits for another process, on the network's own clock")]
async fn wait() {
    tokio::time::sleep(PAUSE).await;
}

fn stranger(connection: &Connection, who: &str, readers: &Readers) -> Error {
    let server = connection.server;
    let message = format!("the key was not sent: {server} is held by {who}, who cannot read the key file");
    Error::new(Kind::ChallengeInvalid, message).with_hint(format!(
        "The key goes only to a process that can read it anyway: {}. See who holds the port with `{OWNERS}`; if it is not \
         the agent, stop it, then run `{AGENT_RESTART}`. If an administrator runs a relay there, turn the option \
         verify_peer off.",
        readers.describe(),
    ))
}
