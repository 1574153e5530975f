//! A worker of the soak in Rust: see tests/soak/README.md for what each worker does.

use std::collections::{BTreeMap, HashMap};
use std::io::BufRead;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use himds::{Client, Error, Kind, Source, TokenRequest};

const DEADLINE: Duration = Duration::from_secs(3);
const SLACK: Duration = Duration::from_secs(2);
/// No token of the soak lives shorter; less half a minute for what passed before it was seen here.
const LIFE: Duration = Duration::from_secs(308 - 30);
/// After so long at the earliest a token is in its last five minutes, in which the service is asked again.
const FRESH: Duration = Duration::from_secs(5);
const RESOURCES: usize = 10;

/// For each resource the newest secret, and when it was first seen.
type Seen = Mutex<HashMap<String, (String, Instant)>>;
type Counts = BTreeMap<String, u64>;

fn main() {
    let arguments: Vec<u64> = std::env::args().skip(1).map(|text| text.parse().expect("a number")).collect();
    let [threads, seed, phases @ ..] = &arguments[..] else { panic!("usage: himds-soak THREADS SEED SECONDS...") };
    let (client, seen) = (client(), Seen::default());
    let mut total = Counts::new();
    for (phase, seconds) in (0..).zip(phases) {
        let end = Instant::now() + Duration::from_secs(*seconds);
        let work = |thread| work(&client, &seen, end, seed * 1000 + phase * 100 + thread);
        let counts: Vec<Counts> = thread::scope(|scope| {
            let started: Vec<_> = (0..*threads).map(|thread| scope.spawn(move || work(thread))).collect();
            started.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
        });
        for (name, count) in counts.into_iter().flatten() {
            match name.as_str() {
                "slowest_ms" => total.entry(name).and_modify(|most| *most = (*most).max(count)).or_insert(count),
                _ => total.entry(name).and_modify(|sum| *sum += count).or_insert(count),
            };
        }
        println!("idle");
        std::io::stdin().lock().read_line(&mut String::new()).expect("stdin");
    }
    total.iter().for_each(|(name, count)| println!("{name} {count}"));
    println!("end");
}

fn client() -> Client {
    Client::builder().source(Source::Himds).timeout(DEADLINE).build().expect("a client")
}

fn work(shared: &Client, seen: &Seen, end: Instant, seed: u64) -> Counts {
    let (mut counts, mut random) = (Counts::new(), seed);
    while Instant::now() < end {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let chance = (random >> 33) % 400;
        let resource = format!("https://r{}.soak.example", (random >> 20) % RESOURCES as u64);
        let (own, forced) = (chance == 0, (1..5).contains(&chance));
        let known = if own || forced { None } else { newest(seen, &resource) };
        let started = Instant::now();
        let request = TokenRequest::new(&resource).force_refresh(forced);
        let result = if own { client().token_with(&request) } else { shared.token_with(&request) };
        let took = started.elapsed();
        let mut count = |name: &str| *counts.entry(name.to_owned()).or_default() += 1;
        count("calls");
        if took > DEADLINE + SLACK {
            count("violation_late");
        }
        match &result {
            Ok(token) if token.resource() == resource && token.secret().starts_with("eyJ") => {
                count("tokens");
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                if !own && seen.get(&resource).is_none_or(|(secret, _)| secret != token.secret()) {
                    seen.insert(resource, (token.secret().to_owned(), Instant::now()));
                }
            }
            Ok(_) => count("violation_wrong_token"),
            Err(error) => {
                count(&format!("error_{}", error.kind().number()));
                if error.kind() == Kind::Internal {
                    count("violation_internal");
                }
                match known.map(|(_, since)| started.duration_since(since)) {
                    Some(age) if age < FRESH || age < LIFE && is_trouble(error) => count("violation_withheld"),
                    Some(age) if age < LIFE => count("refused_in_last_minutes"),
                    _ => {}
                }
            }
        }
        let slowest = counts.entry("slowest_ms".to_owned()).or_default();
        *slowest = (*slowest).max(took.as_millis() as u64);
        // A program does something with its token. This is load, not synchronisation.
        thread::sleep(Duration::from_millis(2 + (random >> 50) % 8));
    }
    counts
}

fn newest(seen: &Seen, resource: &str) -> Option<(String, Instant)> {
    seen.lock().unwrap_or_else(PoisonError::into_inner).get(resource).cloned()
}

/// Whether the service is in trouble: then a token that is still valid is returned.
fn is_trouble(error: &Error) -> bool {
    matches!(error.kind(), Kind::Unavailable | Kind::Timeout | Kind::Transport | Kind::Throttled)
        || error.http_status().is_some_and(|status| status >= 500)
}
