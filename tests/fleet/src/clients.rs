//! The clients compared.

use crate::host_service::Token;
use crate::ours::Ours;
use crate::simulation::{Client, Next, Place};

pub(crate) const HOUR: u64 = 3600 * 1000;

pub(crate) struct Known {
    pub(crate) name: &'static str,
    pub(crate) make: fn() -> Box<dyn Client>,
    /// When its first request for a new token reaches the token service, in a fleet that started at 0.
    pub(crate) renews_at: u64,
}

pub(crate) const ALL: &[Known] = &[
    Known { name: "himds", make: || Box::new(Ours::default()), renews_at: 22 * HOUR + HOUR / 2 },
    Known { name: "naive", make: || Box::new(Naive::default()), renews_at: 24 * HOUR },
    Known { name: "azure-identity", make: || Box::new(AzureIdentity::default()), renews_at: 24 * HOUR - HOUR / 12 },
];

/// Keeps its token until that expires, then asks; an error is asked again at once, three times.
#[derive(Default)]
struct Naive {
    token: Option<Token>,
    tries: u32,
}

impl Client for Naive {
    fn wake(&mut self, now: u64, at: &mut Place<'_>) -> Next {
        if let Some(token) = self.token.filter(|token| now < token.expires) {
            return Next::Done { idle_until: token.expires, with_token: true };
        }
        self.token = at.host.ask(now, at.service);
        self.tries += 1;
        match self.token {
            None if self.tries < 3 => Next::Again { after: 1 },
            token => {
                self.tries = 0;
                Next::Done { idle_until: token.map_or(now, |token| token.expires), with_token: token.is_some() }
            }
        }
    }
}

/// azure-identity 1.27 for Python: refreshed at half of the life if that is two hours or more, otherwise in its last five
/// minutes; without a random delay. An error is asked again after about 0.8, 1.6, 3.2, 6.4 and 12.8 s, each time the same, and
/// at the next use; meanwhile a token that is still valid is given.
#[derive(Default)]
struct AzureIdentity {
    token: Option<Token>,
    refresh: u64,
    retries: u32,
}

impl Client for AzureIdentity {
    fn wake(&mut self, now: u64, at: &mut Place<'_>) -> Next {
        if self.token.is_some() && now < self.refresh {
            return Next::Done { idle_until: self.refresh, with_token: true };
        }
        if let Some(token) = at.host.ask(now, at.service) {
            let life = token.expires - now;
            let early = if life >= 7_200_000 { life / 2 } else { life.saturating_sub(300_000) };
            (self.token, self.refresh, self.retries) = (Some(token), now + early, 0);
            return Next::Done { idle_until: self.refresh, with_token: true };
        }
        if self.retries < 5 {
            self.retries += 1;
            return Next::Again { after: 400 << self.retries };
        }
        self.retries = 0;
        Next::Done { idle_until: now, with_token: self.token.is_some_and(|token| now < token.expires) }
    }
}
