//! Bytes taken apart: an HTTP answer as people write it, and choices.

use himds::fuzzing::Answer;

/// Header lines, an empty line, the body; the first line is the status. Line breaks may be `\n`.
pub(crate) fn answer(data: &[u8]) -> Answer {
    let mut answer = Answer { status: 200, ..Answer::default() };
    let mut rest = data;
    let mut first = true;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        rest = &rest[end + 1..];
        if line.is_empty() {
            break;
        }
        if first {
            let status = String::from_utf8_lossy(line);
            answer.status = status.trim().parse().ok().filter(|status| (100..=999).contains(status)).unwrap_or(500);
            first = false;
        } else if let Some(colon) = line.iter().position(|byte| *byte == b':') {
            let name = String::from_utf8_lossy(&line[..colon]).into_owned();
            answer.headers.push((name, line[colon + 1..].trim_ascii_start().to_vec()));
        }
    }
    answer.body = rest.to_vec();
    answer
}

/// Small choices, from the front of the bytes; 0 when there are none left.
pub(crate) struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Choices(data)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::from(self.take(1).first().copied().unwrap_or_default()) % end
    }

    pub(crate) fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub(crate) fn rest(self) -> &'a [u8] {
        self.0
    }
}
