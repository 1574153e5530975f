//! HIMDS or IMDS on one host: it keeps its token, and asks the token service for a new one below 90 minutes.

use crate::simulation::TokenService;

const LIFE: u64 = 24 * 3600 * 1000;
const RENEWED_BELOW: u64 = 90 * 60 * 1000;

/// A token: its number and its end, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) number: u64,
    pub(crate) expires: u64,
}

#[derive(Default)]
pub(crate) struct HostService {
    kept: Option<Token>,
}

impl HostService {
    /// The token, or nothing if a new one was needed and the token service failed.
    pub(crate) fn ask(&mut self, now: u64, service: &mut TokenService) -> Option<Token> {
        match self.kept {
            Some(token) if token.expires >= now + RENEWED_BELOW => Some(token),
            _ => {
                self.kept = Some(Token { number: service.ask(now)?, expires: now + LIFE });
                self.kept
            }
        }
    }
}
