//! A fleet that started together, and what its token service sees: `himds-fleet [HOSTS]`. Prints the requests of each
//! minute as CSV, and a summary on stderr.
//!
//! Every host runs one program that uses a token once a minute, at a second of its own. Between it and the token service
//! is the host's own service (HIMDS, IMDS), which keeps a token and renews it only below 90 minutes. Two days, once with a
//! token service that always answers, and once with one that fails for half an hour at each client's worst moment: from
//! when it first renews.

mod clients;
mod host_service;
mod ours;
mod random;
mod simulation;

use clients::HOUR;
use simulation::{Outage, run};

const DAYS: u64 = 2;
/// The token service fails for so long.
const OUTAGE: u64 = HOUR / 2;

fn main() {
    let hosts = std::env::args().nth(1).map_or(100_000, |text| text.parse().expect("a number of hosts"));
    println!("case,client,minute,requests");
    for case in ["calm", "outage"] {
        for client in clients::ALL {
            let seen = run(hosts, DAYS * 24 * HOUR, outage(case, client), client.make);
            let client = client.name;
            for (minute, requests) in seen.minutes.iter().enumerate().filter(|(_, requests)| **requests > 0) {
                println!("{case},{client},{minute},{requests}");
            }
            // The first ten minutes are the start, which no rule of renewal can spread.
            let (minute, peak) =
                (10..).zip(&seen.minutes[10..]).max_by_key(|(_, requests)| **requests).expect("minutes");
            let all: u64 = seen.minutes.iter().sum();
            eprintln!(
                "{case:>6} {client:>14}: peak {peak:>6} a minute (at {:>2}:{:02} h), {all:>7} in all, {:>6} calls without a token",
                minute / 60,
                minute % 60,
                seen.failed
            );
        }
    }
}

fn outage(case: &str, client: &clients::Known) -> Option<Outage> {
    (case == "outage").then_some(Outage { from: client.renews_at, until: client.renews_at + OUTAGE })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peak(client: &str, case: &str) -> (u64, u64) {
        let client = clients::ALL.iter().find(|known| known.name == client).expect("a client");
        let seen = run(1_000, DAYS * 24 * HOUR, outage(case, client), client.make);
        (seen.minutes[10..].iter().copied().max().unwrap_or_default(), seen.failed)
    }

    #[test]
    fn early_refresh_with_jitter_spreads_a_fleet() {
        let (ours, failed) = peak("himds", "calm");
        assert!(ours * 5 < peak("naive", "calm").0, "a fifth of a naive client's peak");
        assert!(ours * 5 < peak("azure-identity", "calm").0, "and of azure-identity's");
        assert_eq!(failed, 0);
    }

    #[test]
    fn half_an_hour_without_the_token_service_fails_no_call() {
        let (ours, failed) = peak("himds", "outage");
        assert_eq!(failed, 0);
        assert!(ours * 5 < peak("azure-identity", "outage").0);
        assert!(peak("naive", "outage").1 > 0, "a naive client has nothing left by then");
    }
}
