//! Faults: deviations from the normal behaviour, as data. They come from the configuration file or over the admin
//! path, and are used up in order: a request takes the first one that fits it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::key_fault::KeyFault;
use crate::http::request::{Service, Stage};

/// One deviation. Without `status` the normal answer is made and then changed; with it the answer is replaced.
/// All texts that are sent may hold the placeholders of [`crate::template`], and `{token}`, a fresh access token.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// What the request log calls it.
    pub name: Option<String>,
    /// Which service; none: both.
    pub service: Option<Service>,
    /// Which requests.
    pub on: On,
    /// How many fitting requests pass first.
    pub skip: u32,
    /// For how many requests it serves; 0: for all. Left out: for one.
    pub count: Option<u32>,
    /// A recorded answer by name, see [`crate::presets::NAMES`]; the fields below change it.
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

    /// What can be said about it before it is used, except for its preset.
    pub(super) fn check(&self) -> Result<(), String> {
        self.key.as_ref().map_or(Ok(()), KeyFault::check)?;
        if self.on == On::Connect && self.wire.is_none() {
            return Err("a fault on \"connect\" needs \"wire\"".into());
        }
        if self.service == Some(Service::Imds) && matches!(self.on, On::Challenge | On::Key) {
            return Err("IMDS has no handshake: a fault on \"challenge\" or \"key\" is for \"himds\"".into());
        }
        Ok(())
    }

    pub(super) fn fits(&self, service: Service, stage: Option<Stage>) -> bool {
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
