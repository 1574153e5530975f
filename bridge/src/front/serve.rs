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
                // Rules may have changed and the peer may have gone while the core was busy.
                self.allowed(caller, ask)?;
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
        Ok(Answer::json(&token_answer::body(ask, &issued, now)))
    }

    fn allowed(&self, caller: &P::Caller, ask: &Ask) -> Result<(), (Refusal, Option<Kind>)> {
        match self.policy.decide(caller, ask) {
            Verdict::Allow => Ok(()),
            Verdict::Refuse(reason) => Err((Refusal::forbidden(reason), None)),
            Verdict::NotFound => Err((Refusal::not_found(), None)),
        }
    }

    fn failed(&self, error: &Error) -> (Refusal, Option<Kind>) {
        (failure::refusal(error, self.source), Some(error.kind()))
    }
}
