//! From what is asked to an answer: policy, core, policy again.

use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use himds::{Error, Kind, Source};
use serde_json::json;

use super::answer::Answer;
use super::api_version;
use super::ask::{Ask, TokenAsk};
use super::core::Core;
use super::failure;
use super::instance;
use super::policy::{Policy, Verdict};
use super::refusal::Refusal;
use super::surface::Surface;
use super::token_answer;

/// The front of one listener: what it serves, whom it asks, who may.
pub struct Front<C, P> {
    /// What is served.
    pub surface: Surface,
    /// Who may request what.
    pub policy: P,
    /// The service that the core asks, where it knows one.
    pub source: Option<Source>,
    pub(crate) core: Rc<C>,
}

impl<C: Core, P: Policy> Front<C, P> {
    /// A front. Several may share a core, and with it the tokens that it keeps.
    pub fn new(surface: Surface, core: Rc<C>, source: Option<Source>, policy: P) -> Self {
        Front { surface, policy, source, core }
    }

    /// The answer to what is asked, or why there is none and what kind of error the core had.
    pub(crate) async fn answer(&self, caller: &P::Caller, ask: &Ask) -> Result<Answer, (Refusal, Option<Kind>)> {
        self.allowed(caller, ask)?;
        match ask {
            Ask::Token(wanted) => {
                let answer = self.token(wanted).await?;
                verdict(self.policy.confirm(caller, ask))?;
                Ok(answer)
            }
            Ask::Instance { pointer, text } => {
                let document = self.core.instance().await.map_err(|error| self.failed(&error))?;
                instance::part(&document, pointer, *text).map_err(|refusal| (refusal, None))
            }
            Ask::Info => {
                let tenant = self.core.tenant_id().await.map_err(|error| self.failed(&error))?;
                Ok(Answer::json(&json!({"tenantId": *tenant})))
            }
            Ask::Versions => Ok(Answer::json(&json!({"apiVersions": api_version::KNOWN.as_slice()}))),
        }
    }

    async fn token(&self, ask: &TokenAsk) -> Result<Answer, (Refusal, Option<Kind>)> {
        let issued = self.core.token(&ask.resource, &ask.identity, ask.bypass_cache).await;
        let issued = issued.map_err(|error| self.failed(&error))?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Ok(Answer::of_token(token_answer::body(ask, &issued, now), issued.fingerprint))
    }

    fn allowed(&self, caller: &P::Caller, ask: &Ask) -> Result<(), (Refusal, Option<Kind>)> {
        verdict(self.policy.decide(caller, ask))
    }

    fn failed(&self, error: &Error) -> (Refusal, Option<Kind>) {
        (failure::refusal(error, self.source), Some(error.kind()))
    }
}

fn verdict(verdict: Verdict) -> Result<(), (Refusal, Option<Kind>)> {
    let refusal = match verdict {
        Verdict::Allow => return Ok(()),
        Verdict::Refuse(reason) => Refusal::forbidden(reason),
        Verdict::NotFound => Refusal::not_found(),
        Verdict::TooMany(seconds) => Refusal {
            retry_after: Some(seconds),
            ..Refusal::new(429, "too_many_requests", "Too many requests at once. Keep the token until it expires.")
        },
    };
    Err((refusal, None))
}
