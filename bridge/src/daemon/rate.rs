//! How often a caller may ask: a bucket of tokens for each. Pure; the time is given.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::config::Limits;

/// Callers that are kept in mind. A full bucket is forgotten first, because a new one is full too.
const MOST_CALLERS: usize = 1024;

/// The buckets, by caller.
pub(crate) struct Buckets<K> {
    buckets: HashMap<K, Bucket>,
}

struct Bucket {
    left: f64,
    at: Instant,
}

impl<K: std::hash::Hash + Eq> Buckets<K> {
    /// None yet.
    pub(crate) fn new() -> Self {
        Buckets { buckets: HashMap::new() }
    }

    /// Takes one from the caller's bucket; if it is empty, says after how many seconds there is one.
    pub(crate) fn take(&mut self, key: K, limits: Limits, now: Instant) -> Result<(), u64> {
        let (rate, burst) = (f64::from(limits.rate), f64::from(limits.burst));
        let filled = |bucket: &Bucket| {
            let since = now.saturating_duration_since(bucket.at).as_secs_f64();
            (bucket.left + since * rate).min(burst)
        };
        if self.buckets.len() >= MOST_CALLERS && !self.buckets.contains_key(&key) {
            self.buckets.retain(|_, bucket| filled(bucket) < burst);
            if self.buckets.len() >= MOST_CALLERS {
                return Err(1);
            }
        }
        let bucket = self.buckets.entry(key).or_insert(Bucket { left: burst, at: now });
        bucket.left = filled(bucket);
        bucket.at = now;
        if bucket.left < 1.0 {
            let wait = Duration::from_secs_f64((1.0 - bucket.left) / rate);
            return Err(wait.as_secs() + 1);
        }
        bucket.left -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { rate: 2, burst: 3 };

    #[test]
    fn a_burst_and_then_the_rate() {
        let (mut buckets, start) = (Buckets::new(), Instant::now());
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        for _ in 0..3 {
            assert_eq!(buckets.take(1, LIMITS, start), Ok(()));
        }
        assert_eq!(buckets.take(1, LIMITS, start), Err(1));
        assert_eq!(buckets.take(2, LIMITS, start), Ok(()), "another caller has its own");
        assert_eq!(buckets.take(1, LIMITS, at(499)), Err(1));
        assert_eq!(buckets.take(1, LIMITS, at(500)), Ok(()));
        assert_eq!(buckets.take(1, LIMITS, at(501)), Err(1));
        for _ in 0..3 {
            assert_eq!(buckets.take(1, LIMITS, at(60_000)), Ok(()), "no more than the burst is saved up");
        }
        assert_eq!(buckets.take(1, LIMITS, at(60_000)), Err(1));
        assert_eq!(buckets.take(3, Limits { rate: 1, burst: 1 }, at(0)), Ok(()));
        assert_eq!(buckets.take(3, Limits { rate: 1, burst: 1 }, at(0)), Err(2));
    }

    #[test]
    fn memory_is_bounded_and_nobody_gets_a_new_bucket_by_it() {
        let (mut buckets, now) = (Buckets::new(), Instant::now());
        for key in 0..MOST_CALLERS {
            assert_eq!(buckets.take(key, LIMITS, now), Ok(()));
        }
        assert_eq!(buckets.take(usize::MAX, LIMITS, now), Err(1));
        let later = now + Duration::from_secs(1);
        assert_eq!(buckets.take(usize::MAX, LIMITS, later), Ok(()), "the others are full again");
        assert_eq!(buckets.buckets.len(), 1);
    }
}
