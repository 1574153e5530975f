//! Numbers beyond all dates.

use crate::common::*;
use himds_emulator::Config;

/// A thousand years, the longest that anything may last.
const LONGEST: i64 = 1000 * 365 * 86_400;

#[test]
fn times_beyond_all_measure_are_refused_at_the_start() {
    for field in ["himds.token_lifetime", "imds.token_lifetime", "clock_skew"] {
        for number in [i64::MAX, i64::MIN, LONGEST + 1, -LONGEST - 1] {
            let problem = Config::from_toml(&format!("{field} = {number}")).unwrap_err().to_string();
            assert!(problem.starts_with(field) && problem.contains(&number.to_string()), "{problem}");
        }
    }
    assert!(Config::from_toml("imds.token_lifetime = -1").unwrap_err().to_string().contains("imds.token_lifetime"));
}

#[test]
fn the_longest_and_the_shortest_are_served() {
    for (skew, lifetime) in [(LONGEST, LONGEST), (-LONGEST, LONGEST), (LONGEST, 0), (-LONGEST, 0)] {
        let emulator =
            start(&format!("clock_skew = {skew}\nhimds.token_lifetime = {lifetime}\nimds.token_lifetime = {lifetime}"));
        for reply in [handshake(&emulator.himds_url(), HIMDS_TOKEN), get(&emulator.imds_url(), IMDS_TOKEN)] {
            assert_eq!(reply.json()["expires_in"], lifetime.to_string());
            assert_eq!(reply.header("Date").len(), 1);
        }
    }
}

#[test]
fn a_placeholder_with_such_a_number_stands_for_itself() {
    let emulator = start("");
    for text in [format!("{{now+{}}}", i64::MAX), format!("{{http:{}}}", i64::MIN), format!("{{http:+{}}}", i64::MAX)] {
        emulator.push_fault(fault(&format!("status = 200\nbody = \"{text}\""))).unwrap();
        assert_eq!(get(&emulator.himds_url(), HIMDS_TOKEN).text(), text);
        emulator.push_fault(fault(&format!("www_authenticate = [\"{text}\"]"))).unwrap();
        assert_eq!(get(&emulator.himds_url(), HIMDS_TOKEN).header("Www-Authenticate"), [text]);
    }
    assert_eq!(handshake(&emulator.himds_url(), HIMDS_TOKEN).status, 200);
}
