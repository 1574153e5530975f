//! Dates in every notation that the services have sent.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use jiff::fmt::strtime::BrokenDownTime;

/// ISO 8601, RFC 1123, and dates with slashes, which begin with the month. Seconds since 1970.
pub(crate) fn date(text: &str) -> Option<u64> {
    let text = text.trim();
    let slashes = |format| BrokenDownTime::parse(format, text).and_then(|time| time.to_timestamp()).ok();
    let timestamp = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| rfc2822::DateTimeParser::new().parse_timestamp(text).ok())
        .or_else(|| slashes("%m/%d/%Y %I:%M:%S %p %:z"))
        .or_else(|| slashes("%m/%d/%Y %H:%M:%S %:z"))?;
    u64::try_from(timestamp.as_second()).ok().filter(|&seconds| seconds > 0)
}
