//! Dates in every notation that the services have sent.

use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// ISO 8601, RFC 1123, and dates with slashes, which begin with the month. Seconds since 1970.
pub(crate) fn date(text: &str) -> Option<u64> {
    let text = text.trim();
    let timestamp = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| rfc2822::DateTimeParser::new().parse_timestamp(text).ok())
        .or_else(|| without_slashes(text)?.parse().ok())?;
    u64::try_from(timestamp.as_second()).ok().filter(|&seconds| seconds > 0)
}

/// `6/20/2019 2:57:58 PM +00:00` as ISO 8601 has it, whose parser then says whether it is a date. jiff's own parser of
/// given formats is 15 kB of code.
fn without_slashes(text: &str) -> Option<String> {
    let mut words = text.split_ascii_whitespace();
    let (date, time) = (words.next()?, words.next()?);
    let (month, date) = date.split_once('/')?;
    let (day, year) = date.split_once('/')?;
    let (hour, time) = time.split_once(':')?;
    let hour: u8 = hour.parse().ok()?;
    let half = words.next()?;
    let afternoon = half.eq_ignore_ascii_case("PM");
    let (hour, offset) = match afternoon || half.eq_ignore_ascii_case("AM") {
        true if !(1..=12).contains(&hour) => return None,
        true => (hour % 12 + if afternoon { 12 } else { 0 }, words.next()?),
        false => (hour, half),
    };
    words.next().is_none().then(|| format!("{year}-{month:0>2}-{day:0>2}T{hour:02}:{time}{offset}"))
}
