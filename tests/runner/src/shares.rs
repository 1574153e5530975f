//! Several runners side by side, each with a share of the scenarios: most of a run is waiting.

use std::process::{Command, Stdio};
use std::str::FromStr;

use crate::Totals;

/// A part of the scenarios: the `number`th, from 0, of `count`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Share {
    number: usize,
    count: usize,
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, count) = text.split_once('/').ok_or("a share is NUMBER/COUNT")?;
        let read = |text: &str| text.parse::<usize>().map_err(|error| error.to_string());
        let share = Share { number: read(number)?, count: read(count)? };
        if share.number < share.count { Ok(share) } else { Err("the first share is 0".to_owned()) }
    }
}

impl Share {
    pub(crate) fn has(self, index: usize) -> bool {
        index % self.count == self.number
    }
}

/// Runs this program so many times at once, with these arguments, and prints what each says when it has ended.
pub(crate) fn run(jobs: usize, given: &[String]) -> Result<Totals, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let start = |number| {
        let mut command = Command::new(&program);
        command.arg(format!("--share={number}/{jobs}")).args(given).stdin(Stdio::null()).stdout(Stdio::piped());
        command.spawn().map_err(|error| error.to_string())
    };
    let children: Vec<_> = (0..jobs).map(start).collect::<Result<_, _>>()?;
    let mut totals = Totals::default();
    for child in children {
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut lines: Vec<&str> = text.lines().collect();
        let part = lines.pop().and_then(Totals::read).ok_or("a runner ended without its totals")?;
        lines.iter().for_each(|line| println!("{line}"));
        totals.passed += part.passed;
        totals.failed += part.failed;
        totals.skipped += part.skipped;
    }
    Ok(totals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_whole_and_apart() {
        let shares: Vec<Share> = ["0/3", "1/3", "2/3"].iter().map(|text| text.parse().unwrap()).collect();
        for index in 0..10 {
            assert_eq!(shares.iter().filter(|share| share.has(index)).count(), 1, "{index}");
        }
        for text in ["", "1", "3/3", "0/0", "-1/2", "a/b"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }

    #[test]
    fn totals_are_read_back() {
        let line = "12 passed, 3 failed, 4 skipped in 5.6 s";
        let totals = Totals::read(line).unwrap();
        assert_eq!((totals.passed, totals.failed, totals.skipped), (12, 3, 4));
        assert!(Totals::read("FAILED x: y").is_none());
    }
}
