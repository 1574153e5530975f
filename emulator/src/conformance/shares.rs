//! Several runners side by side, each with a share of the scenarios: most of a run is waiting.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::str::FromStr;

use super::verdict::Line;

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

/// Starts this program again so many times at once and takes the verdicts, which come as JSON, one a line.
pub(crate) fn run(jobs: u16, leading: &[&str], take: &mut dyn FnMut(Line)) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let start = |number| {
        let mut command = Command::new(&program);
        command.args(leading).arg(format!("--share={number}/{jobs}"));
        command.args(std::env::args_os().skip(1 + leading.len()));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(|error| error.to_string())
    };
    let children: Vec<_> = (0..jobs).map(start).collect::<Result<_, _>>()?;
    for mut child in children {
        let lines = child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines());
        for line in lines.map_while(Result::ok) {
            take(serde_json::from_str(&line).map_err(|error| format!("a runner: {error}: {line}"))?);
        }
        let status = child.wait().map_err(|error| error.to_string())?;
        if !status.success() {
            return Err(format!("a runner ended with {status}"));
        }
    }
    Ok(())
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
}
