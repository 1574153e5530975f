//! Faults: deviations from the normal behaviour, as data. They come from the configuration file or over the admin
//! path, and are used up in order: a request takes the first one that fits it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::faults::key_fault::KeyFault;
use crate::faults::presets;
use crate::http::request::{Service, Stage};

/// One deviation. Without `status` the normal answer is made and then changed; with it the answer is replaced.
/// All texts that are sent may hold the placeholders of [`crate::faults::template`], and `{token}`, a fresh access token.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// What the request log calls it.
    pub name: Option<String>,
    /// Which service; none: both.
    pub service: Option<Service>,
    /// Which requests.
    pub on: On,
    /// How many fitting requests are let pass first.
    pub skip: u32,
    /// For how many requests it serves; 0: for all. One where left out.
    pub count: Option<u32>,
    /// A recorded answer by name, see [`presets::NAMES`]; the fields below change it.
    pub preset: Option<String>,
    /// Wait before the answer.
    pub delay_ms: u64,
    /// The answer's status.
    pub status: Option<u16>,
    /// Headers to add, in order; they replace those of the same name.
    pub headers: Vec<(String, String)>,
    /// Headers to leave out, `date` among them.
    pub remove_headers: Vec<String>,
    /// The answer's body.
    pub body: Option<String>,
    /// Members of the JSON body to set, each to a text that is raw JSON; a name with a slash in front is a JSON pointer.
    pub set: BTreeMap<String, String>,
    /// Members of the JSON body to leave out.
    pub remove: Vec<String>,
    /// Claims of the token to set, each to raw JSON; an empty text leaves the claim out.
    pub claims: BTreeMap<String, String>,
    /// The challenge's header lines: `{path}`, `{dir}` and `{name}` stand for the key file, its directory, its name.
    pub www_authenticate: Option<Vec<String>>,
    /// What is wrong with the key file.
    pub key: Option<KeyFault>,
    /// Answer a good key with a new challenge.
    pub refuse_key: bool,
    /// Give the token without a challenge.
    pub no_challenge: bool,
    /// Answer with the system-assigned identity, as agents before 1.66 do.
    pub ignore_selectors: bool,
    /// What happens to the connection.
    pub wire: Option<Wire>,
}

/// Which requests a fault is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// Every token request, with a key or without.
    #[default]
    Token,
    /// The first request of a HIMDS handshake.
    Challenge,
    /// The second request of a HIMDS handshake.
    Key,
    /// A metadata request.
    Metadata,
    /// A request without the `Metadata` header.
    Probe,
    /// Every request.
    Any,
    /// A connection that was just accepted; only `wire` and `delay_ms` count.
    Connect,
}

/// What happens to the connection.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wire {
    /// What is done after `after` bytes of the answer.
    pub action: WireAction,
    /// How much of the answer goes out first.
    #[serde(default)]
    pub after: After,
    /// `drip`: bytes at a time.
    #[serde(default = "one")]
    pub bytes: usize,
    /// `drip`: milliseconds between them.
    #[serde(default)]
    pub every_ms: u64,
    /// These bytes instead of an answer.
    #[serde(default)]
    pub raw: Option<String>,
}

/// What is done to the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WireAction {
    /// Reset it (RST).
    Reset,
    /// Close it in order (FIN).
    Close,
    /// Say nothing more and leave it open.
    Hang,
    /// Send the rest slowly, then close.
    Drip,
}

/// How much of an answer goes out before something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum After {
    /// Nothing.
    #[default]
    Nothing,
    /// The status line and half of the headers.
    HalfHead,
    /// All headers.
    Head,
    /// Half of the body.
    HalfBody,
    /// Everything.
    All,
}

fn one() -> usize {
    1
}

impl Fault {
    /// Whether the normal answer is replaced and so need not be made.
    pub(crate) fn replaces(&self) -> bool {
        self.status.is_some() || self.wire.as_ref().is_some_and(|wire| wire.raw.is_some())
    }

    /// What can be said about it before it is used.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(name) = &self.preset {
            presets::find(name)
                .ok_or_else(|| format!("no preset {name:?}; there are {}", presets::NAMES.join(", ")))?;
        }
        self.key.as_ref().map_or(Ok(()), KeyFault::check)?;
        if self.on == On::Connect && self.wire.is_none() {
            return Err("a fault on \"connect\" needs \"wire\"".into());
        }
        if self.service == Some(Service::Imds) && matches!(self.on, On::Challenge | On::Key) {
            return Err("IMDS has no handshake: a fault on \"challenge\" or \"key\" is for \"himds\"".into());
        }
        Ok(())
    }

    /// What can be said about one that comes over the admin path, which is everybody's.
    pub(crate) fn check_at_run_time(&self) -> Result<(), String> {
        self.check()?;
        self.key.as_ref().map_or(Ok(()), KeyFault::check_at_run_time)
    }

    fn fits(&self, service: Service, stage: Option<Stage>) -> bool {
        let on = match (self.on, stage) {
            (On::Connect, None) => true,
            (On::Connect, _) | (_, None) => false,
            (On::Any, _) => true,
            (On::Token, Some(stage)) => {
                matches!(stage, Stage::Challenge | Stage::Key | Stage::Token)
            }
            (On::Challenge, Some(stage)) => stage == Stage::Challenge,
            (On::Key, Some(stage)) => stage == Stage::Key,
            (On::Metadata, Some(stage)) => stage == Stage::Metadata,
            (On::Probe, Some(stage)) => stage == Stage::Probe,
        };
        on && self.service.is_none_or(|wanted| wanted == service)
    }
}

/// The faults that are still to be used.
#[derive(Debug, Default)]
pub(crate) struct FaultQueue(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    faults: Vec<Fault>,
    numbered: usize,
}

impl FaultQueue {
    pub(crate) fn push(&self, fault: Fault) -> Result<(), String> {
        fault.check()?;
        let mut queue = self.0.lock().expect("no panic under this lock");
        let mut fault = presets::resolve(fault);
        fault.name.get_or_insert_with(|| format!("fault {}", queue.numbered));
        fault.count.get_or_insert(1);
        queue.numbered += 1;
        queue.faults.push(fault);
        Ok(())
    }

    /// The fault for a request; for a new connection, where there is no stage yet.
    pub(crate) fn take(&self, service: Service, stage: Option<Stage>) -> Option<Fault> {
        let mut queue = self.0.lock().expect("no panic under this lock");
        let fitting = |fault: &Fault| fault.fits(service, stage);
        // Requests that a fault lets pass go on to the next fault.
        let mut position = None;
        for (index, fault) in queue.faults.iter_mut().enumerate().filter(|(_, fault)| fitting(fault)) {
            if fault.skip == 0 {
                position = Some(index);
                break;
            }
            fault.skip -= 1;
        }
        let position = position?;
        let taken = queue.faults[position].clone();
        match queue.faults[position].count {
            Some(0) => {}
            Some(1) | None => drop(queue.faults.remove(position)),
            Some(left) => queue.faults[position].count = Some(left - 1),
        }
        Some(taken)
    }

    pub(crate) fn all(&self) -> Vec<Fault> {
        self.0.lock().expect("no panic under this lock").faults.clone()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().expect("no panic under this lock").faults.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_used_up_in_order() {
        let queue = FaultQueue::default();
        let fault = |on, skip, count, status| Fault { on, skip, count, status: Some(status), ..Fault::default() };
        queue.push(fault(On::Challenge, 1, Some(2), 503)).unwrap();
        queue.push(fault(On::Token, 0, None, 429)).unwrap();
        queue.push(fault(On::Any, 0, Some(0), 500)).unwrap();
        let take = |stage| queue.take(Service::Himds, Some(stage)).and_then(|fault| fault.status);
        assert_eq!(take(Stage::Challenge), Some(429), "the first lets one pass, so the second serves it");
        assert_eq!(take(Stage::Challenge), Some(503));
        assert_eq!(take(Stage::Metadata), Some(500));
        assert_eq!(take(Stage::Challenge), Some(503));
        assert_eq!(take(Stage::Challenge), Some(500));
        assert!(queue.take(Service::Himds, None).is_none());
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "preset = \"nope\"",
            "key = { mode = \"9\" }",
            "key = { mode = \"10000\" }",
            "on = \"connect\"",
            "service = \"imds\"\non = \"challenge\"",
            "service = \"imds\"\non = \"key\"",
        ] {
            let fault: Fault = toml::from_str(text).unwrap();
            assert!(fault.check().is_err(), "{text}");
        }
        assert!(toml::from_str::<Fault>("statsu = 1").is_err());
    }
}
