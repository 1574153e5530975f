//! Time: what happens next on which host, until the days are over. All times in milliseconds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::host_service::HostService;
use crate::random::Random;

/// A program uses its token so often.
pub(crate) const TICK: u64 = 60_000;

/// When the token service fails.
#[derive(Clone, Copy)]
pub(crate) struct Outage {
    pub(crate) from: u64,
    pub(crate) until: u64,
}

/// The service behind all hosts: counts what it is asked in each minute.
pub(crate) struct TokenService {
    outage: Option<Outage>,
    given: u64,
    pub(crate) minutes: Vec<u64>,
}

impl TokenService {
    pub(crate) fn ask(&mut self, now: u64) -> Option<u64> {
        self.minutes[(now / 60_000) as usize] += 1;
        if self.outage.is_some_and(|outage| (outage.from..outage.until).contains(&now)) {
            return None;
        }
        self.given += 1;
        Some(self.given)
    }
}

/// What a host's client does at its moment, and when it is to be woken next.
pub(crate) trait Client {
    fn wake(&mut self, now: u64, at: &mut Place<'_>) -> Next;
}

/// What a client can reach.
pub(crate) struct Place<'a> {
    pub(crate) host: &'a mut HostService,
    pub(crate) service: &'a mut TokenService,
    pub(crate) random: &'a mut Random,
}

/// The next moment of a client.
pub(crate) enum Next {
    /// A retry inside the same call.
    Again { after: u64 },
    /// The call is over; nothing is to be asked before this moment.
    Done { idle_until: u64, with_token: bool },
}

pub(crate) struct Seen {
    pub(crate) minutes: Vec<u64>,
    /// Calls that gave a program no token.
    pub(crate) failed: u64,
}

pub(crate) fn run(hosts: usize, end: u64, outage: Option<Outage>, make: fn() -> Box<dyn Client>) -> Seen {
    let mut service = TokenService { outage, given: 0, minutes: vec![0; (end / 60_000) as usize + 1] };
    let mut seen = Random::new(1);
    let mut fleet: Vec<_> = (0..hosts)
        .map(|host| (make(), HostService::default(), Random::new(host as u64 + 7), seen.below(TICK)))
        .collect();
    let mut events: BinaryHeap<_> =
        fleet.iter().enumerate().map(|(host, (.., phase))| Reverse((*phase, host))).collect();
    let mut failed = 0;
    while let Some(Reverse((now, host))) = events.pop().filter(|Reverse((now, _))| *now < end) {
        let (client, kept, random, phase) = &mut fleet[host];
        let next = match client.wake(now, &mut Place { host: kept, service: &mut service, random }) {
            Next::Again { after } => now + after.max(1),
            Next::Done { idle_until, with_token } => {
                failed += u64::from(!with_token);
                // The program's first use at or after that moment.
                let earliest = idle_until.max(now + 1);
                *phase + (earliest.saturating_sub(*phase)).div_ceil(TICK) * TICK
            }
        };
        events.push(Reverse((next, host)));
    }
    Seen { minutes: service.minutes, failed }
}
