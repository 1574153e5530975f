//! A whole client, its clock and its service simulated, next to a model: which token is given, when, for how many
//! requests.

#![cfg(feature = "fuzzing")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use himds::fuzzing::{Answer, Time, simulated};
use himds::{Client, Kind, Source, TokenRequest};
use proptest::prelude::*;

const RESOURCES: [&str; 2] = ["https://a", "https://b"];
const DEADLINE: Duration = Duration::from_secs(30);
const MARGIN: Duration = Duration::from_secs(300);

/// What the service does from now on.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mood {
    Tokens {
        life: u64,
    },
    /// The one it gave last, as both services do while that is young.
    SameToken,
    Status(u16),
    Down,
}

#[derive(Clone, Debug)]
enum Step {
    Mood(Mood),
    Pass(u64),
    Ask { resource: usize, forced: bool },
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    let life = prop_oneof![1_u64..20, 290_u64..330, 3_000_u64..8_000, Just(86_400_u64)];
    let status = proptest::sample::select(vec![400_u16, 403, 404, 408, 410, 429, 500, 502, 503, 504]);
    let mood = prop_oneof![
        3 => life.prop_map(|life| Mood::Tokens { life }),
        1 => Just(Mood::SameToken),
        3 => status.prop_map(Mood::Status),
        1 => Just(Mood::Down),
    ];
    let ask = (0..RESOURCES.len(), proptest::bool::weighted(0.1));
    prop_oneof![
        2 => mood.prop_map(Step::Mood),
        3 => prop_oneof![0_u64..10, 100_u64..400, 1_000_u64..50_000].prop_map(Step::Pass),
        8 => ask.prop_map(|(resource, forced)| Step::Ask { resource, forced }),
        1 => Just(Step::Clear),
    ]
}

/// The simulated service: its mood, the tokens it gave with their ends, and how often it was asked.
#[derive(Default)]
struct Service {
    mood: Option<Mood>,
    ends: HashMap<String, Duration>,
    last: HashMap<String, String>,
    asked: usize,
}

impl Service {
    fn answer(&mut self, resource: &str, now: Duration) -> Option<Answer> {
        self.asked += 1;
        let (status, body) = match self.mood? {
            Mood::Down => return None,
            Mood::Status(status) => (status, r#"{"error":"e","error_description":"d"}"#.to_owned()),
            Mood::Tokens { life } => (200, self.token(resource, now, life)),
            Mood::SameToken => (
                200,
                match self.last.get(resource).filter(|secret| self.ends[*secret] > now) {
                    Some(secret) => document(secret, (self.ends[secret] - now).as_secs()),
                    None => self.token(resource, now, 4_000),
                },
            ),
        };
        Some(Answer { status, headers: vec![("Server".to_owned(), b"IMDS/1".to_vec())], body: body.into_bytes() })
    }

    fn token(&mut self, resource: &str, now: Duration, life: u64) -> String {
        let secret = format!("token-{}", self.ends.len());
        self.ends.insert(secret.clone(), now + Duration::from_secs(life));
        self.last.insert(resource.to_owned(), secret.clone());
        document(&secret, life)
    }
}

fn document(secret: &str, life: u64) -> String {
    format!(r#"{{"access_token":"{secret}","expires_in":"{life}","token_type":"Bearer"}}"#)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_valid_token_is_given_and_an_expired_one_never(steps in proptest::collection::vec(step(), 1..80)) {
        let (time, service) = (Time::default(), Arc::new(Mutex::new(Service::default())));
        let answering = (Arc::clone(&service), time.clone());
        let answer = move |url: &url::Url| {
            let resource = url.query_pairs().find(|(name, _)| name == "resource").map(|(_, value)| value.into_owned());
            answering.0.lock().unwrap().answer(&resource.unwrap_or_default(), answering.1.now())
        };
        let builder = Client::builder().source(Source::Imds).timeout(DEADLINE);
        let client = simulated(builder, &time, Arc::new(answer), || 0.5).unwrap();
        // The newest token of each resource that the client has been given.
        let mut known: HashMap<usize, String> = HashMap::new();
        for step in steps {
            match step {
                Step::Mood(mood) => service.lock().unwrap().mood = Some(mood),
                Step::Pass(seconds) => time.reach(time.now() + Duration::from_secs(seconds)),
                Step::Clear => {
                    client.clear_cache();
                    known.clear();
                }
                Step::Ask { resource, forced } => {
                    let (before, asked) = (time.now(), service.lock().unwrap().asked);
                    let result = client.token_with(&TokenRequest::new(RESOURCES[resource]).force_refresh(forced));
                    let service = service.lock().unwrap();
                    let (took, requests) = (time.now() - before, service.asked - asked);
                    prop_assert!(took <= DEADLINE, "a call takes at most its deadline: {:?}", took);
                    prop_assert!(requests <= 5 + 70 * 10, "{} requests", requests);
                    let end = |secret: &str| service.ends[secret];
                    let had = known.get(&resource).filter(|_| !forced).filter(|secret| end(secret) > time.now());
                    if let Some(secret) = had.filter(|secret| end(secret) > before + MARGIN) {
                        prop_assert!(requests <= 1, "a token that is served costs one brief request at most");
                        prop_assert!(result.is_ok(), "{secret} was withheld");
                    }
                    match result {
                        Ok(token) => {
                            let secret = token.secret().to_owned();
                            prop_assert!(service.ends.contains_key(&secret), "a token of the service");
                            prop_assert!(end(&secret) >= time.now(), "{} is over", secret);
                            prop_assert!(!forced || requests > 0, "a forced refresh asks");
                            known.insert(resource, secret);
                        }
                        Err(error) => {
                            prop_assert!(error.elapsed() <= DEADLINE);
                            let trouble = matches!(error.kind(), Kind::Unavailable | Kind::Throttled | Kind::Timeout)
                                || error.http_status().is_some_and(|status| status >= 500);
                            prop_assert!(had.is_none() || !trouble, "withheld a valid token for {}", error);
                        }
                    }
                }
            }
        }
    }
}
