//! How many requests a test expects, checked when the expectation is dropped.

use std::fmt::Write as _;
use std::ops::{RangeFrom, RangeInclusive};
use std::panic::Location;

use crate::state::log::{RequestLog, RequestRecord};

/// A guard that counts requests as long as it lives. Its drop panics if their number is not the expected one, unless
/// another panic is already unwinding.
///
/// A request counts as soon as it arrives, whatever the answer. Those forgotten by
/// [`clear_requests`](crate::Emulator::clear_requests) do not count.
#[must_use = "dropped at once, it counts nothing"]
pub struct Expectation<'a> {
    log: &'a RequestLog,
    /// The number of the first request that counts.
    from: usize,
    times: Times,
    counts: Box<dyn Fn(&RequestRecord) -> bool + 'a>,
    place: &'static Location<'static>,
}

/// So many requests: `2`, `1..=3` or `1..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times(RangeInclusive<usize>);

impl From<usize> for Times {
    fn from(exactly: usize) -> Self {
        Self(exactly..=exactly)
    }
}

impl From<RangeInclusive<usize>> for Times {
    fn from(range: RangeInclusive<usize>) -> Self {
        Self(range)
    }
}

impl From<RangeFrom<usize>> for Times {
    fn from(range: RangeFrom<usize>) -> Self {
        Self(range.start..=usize::MAX)
    }
}

impl<'a> Expectation<'a> {
    /// Of all requests from now on.
    pub(crate) fn new(log: &'a RequestLog, times: Times, place: &'static Location<'static>) -> Self {
        Self { log, from: log.next_number(), times, counts: Box::new(|_| true), place }
    }

    /// Counts only the requests for which `counts` is true: `|request| request.stage == Stage::Key`.
    pub fn matching(mut self, counts: impl Fn(&RequestRecord) -> bool + 'a) -> Self {
        self.counts = Box::new(counts);
        self
    }

    /// What is wrong, with every request that arrived, and without the secrets in them.
    fn problem(&self) -> Option<String> {
        let arrived: Vec<_> = self.log.all().into_iter().filter(|request| request.number >= self.from).collect();
        let count = arrived.iter().filter(|request| (self.counts)(request)).count();
        if self.times.0.contains(&count) {
            return None;
        }
        let expected = match (*self.times.0.start(), *self.times.0.end()) {
            (least, most) if least == most => least.to_string(),
            (least, usize::MAX) => format!("{least} or more"),
            (least, most) => format!("{least} to {most}"),
        };
        let mut text = format!("{}: expected {expected} requests, counted {count} of these:", self.place);
        for request in &arrived {
            let RequestRecord { number, service, stage, method, path, status, .. } = request;
            let counted = if (self.counts)(request) { "counted" } else { "not counted" };
            let status = status.map_or("no answer".to_owned(), |status| status.to_string());
            // Writing to a text does not fail.
            let _ = write!(text, "\n  {number}: {service:?} {stage:?}, {method} {path}: {status}, {counted}");
        }
        Some(text)
    }
}

impl Drop for Expectation<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            if let Some(problem) = self.problem() {
                panic!("{problem}");
            }
        }
    }
}
