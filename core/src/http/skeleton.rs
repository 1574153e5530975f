//! Finding a secret in a text, whatever the spelling: percent-encoded, escaped, wrapped, in base64 or another case.
//!
//! Both sides are reduced to a skeleton, their letters and digits in one case, and compared by runs of twelve. A run is
//! a number (36^12 < 2^64), so the work is linear in text and secrets, and nothing is hashed.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use foldhash::fast::FixedState;
use zeroize::Zeroizing;

/// So many letters and digits of a secret in a row are not there by chance.
const RUN: usize = 12;
/// A text may be encoded more than once.
const MOST_ENCODINGS: usize = 3;

/// The secrets to look for.
pub(crate) struct Skeletons {
    runs: HashSet<u64, FixedState>,
    /// The whole skeletons of secrets too short for a run.
    short: Vec<Zeroizing<Vec<u8>>>,
}

impl Skeletons {
    pub(crate) fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut skeletons = Skeletons { runs: HashSet::default(), short: Vec::new() };
        for secret in secrets {
            skeletons.add(skeleton(secret.as_bytes()));
            // .NET's own encoding of a text is UTF-16.
            let wide = Zeroizing::new(secret.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
            for bytes in [secret.as_bytes(), &wide] {
                skeletons.add_base64(bytes);
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                skeletons.add_runs(Zeroizing::new(hex).as_bytes());
            }
            // A header that is encoded as a whole holds the secret in base64 already.
            skeletons.add_base64(Zeroizing::new(STANDARD.encode(secret)).as_bytes());
            // A list of bytes, as debuggers and logs print one.
            let decimal: String = secret.bytes().map(|byte| byte.to_string()).collect();
            skeletons.add_runs(Zeroizing::new(decimal).as_bytes());
        }
        skeletons
    }

    /// Whether a run of a secret, or a whole short one, is in the text in any spelling.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        decodings(text).any(|text| self.are_in_plain(&skeleton(&text)))
    }

    fn are_in_plain(&self, plain: &[u8]) -> bool {
        runs(plain).any(|run| self.runs.contains(&run))
            || self.short.iter().any(|short| plain.windows(short.len()).any(|part| part == short.as_slice()))
    }

    fn add(&mut self, skeleton: Zeroizing<Vec<u8>>) {
        match skeleton.len() {
            0 => {}
            1..RUN => self.short.push(skeleton),
            _ => self.add_runs(&skeleton),
        }
    }

    fn add_runs(&mut self, skeleton: &[u8]) {
        self.runs.extend(runs(skeleton));
    }

    /// The secret in base64, alone or inside a longer text: it may begin at each of three places in a group. The
    /// characters at both ends depend on the neighbours.
    fn add_base64(&mut self, secret: &[u8]) {
        for shift in 0..3 {
            let shifted = Zeroizing::new([&[0; 2][..shift], secret].concat());
            let encoded = Zeroizing::new(STANDARD_NO_PAD.encode(&*shifted));
            let (start, end) = ((shift * 8).div_ceil(6), shifted.len() * 8 / 6);
            if start < end {
                self.add_runs(&skeleton(&encoded.as_bytes()[start..end]));
            }
        }
    }
}

/// Letters and digits in one case.
fn skeleton(text: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(text.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect())
}

/// Each run of a skeleton as a number.
fn runs(skeleton: &[u8]) -> impl Iterator<Item = u64> + '_ {
    const MODULUS: u64 = 36_u64.pow(RUN as u32 - 1);
    let digit = |byte: u8| u64::from(if byte.is_ascii_digit() { byte - b'0' } else { byte - b'a' + 10 });
    let mut number = 0;
    skeleton.iter().enumerate().filter_map(move |(at, &byte)| {
        number = number % MODULUS * 36 + digit(byte);
        (at + 1 >= RUN).then_some(number)
    })
}

/// The text as it came, and with one layer of encoding after another taken off.
pub(super) fn decodings(text: &str) -> impl Iterator<Item = Zeroizing<Vec<u8>>> {
    let next = |text: &Zeroizing<Vec<u8>>| Some(decoded(text)).filter(|plain| plain.len() < text.len());
    std::iter::successors(Some(Zeroizing::new(text.as_bytes().to_vec())), next).take(1 + MOST_ENCODINGS)
}

/// The text with one layer of encoding taken off: `%2B`, `%u002B`, `&#43;`, `&#x2b;`, `&amp;`, `\u002b`, `\u{2b}`,
/// `\U0000002b`, `\x2b`, `\053`, `0x2b`, `\n`, PowerShell's. What begins like one of these and is none stays as it is:
/// below the next layer it may be one.
pub(super) fn decoded(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut plain = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let encoded = match rest {
            [b'%', b'u' | b'U', ..] => wide(rest, 4),
            [b'%', ..] => hex(rest.get(1..3)).map(|byte| (Some(byte), 3)),
            [b'0', b'x' | b'X', ..] => hex(rest.get(2..4)).map(|byte| (Some(byte), 4)),
            [b'\\', ..] => escape(rest),
            // PowerShell's own escape.
            [b'`', b'u', b'{', ..] => braces(rest),
            [b'&', ..] => entity(rest),
            _ => None,
        };
        let (byte, length) = encoded.unwrap_or((Some(rest[0]), 1));
        plain.extend(byte);
        at += length;
    }
    plain
}

/// What an encoding stands for, nothing if that is nothing of a skeleton, and its length.
type Encoded = (Option<u8>, usize);

fn escape(text: &[u8]) -> Option<Encoded> {
    match text.get(1) {
        Some(b'u') if text.get(2) == Some(&b'{') => braces(text),
        Some(b'u') => wide(text, 4),
        Some(b'U') => wide(text, 8),
        Some(b'x') => hex(text.get(2..4)).map(|byte| (Some(byte), 4)),
        Some(b'0'..=b'3') => octal(text.get(1..4)).map(|byte| (Some(byte), 4)),
        // A line break, a quote.
        Some(b'n' | b'r' | b't' | b'b' | b'f' | b'"' | b'/') => Some((None, 2)),
        Some(b'\\') => Some((Some(b'\\'), 2)),
        _ => None,
    }
}

/// So many hexadecimal digits behind two characters; nothing of a skeleton if they stand for more than a byte.
fn wide(text: &[u8], digits: usize) -> Option<Encoded> {
    let number = u32::from_str_radix(std::str::from_utf8(text.get(2..2 + digits)?).ok()?, 16).ok()?;
    Some((u8::try_from(number).ok(), 2 + digits))
}

/// `\u{2b}`
fn braces(text: &[u8]) -> Option<Encoded> {
    const LONGEST: usize = 10;
    let end = text.iter().take(LONGEST).position(|&byte| byte == b'}')?;
    let number = u32::from_str_radix(std::str::from_utf8(&text[3..end]).ok()?, 16).ok()?;
    Some((u8::try_from(number).ok(), end + 1))
}

fn octal(digits: Option<&[u8]>) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits?).ok()?, 8).ok()
}

/// With its semicolon or, as old servers write and browsers read it, a number without one. Of the names, those of what
/// begins or ends another encoding; the others are nothing of a skeleton.
fn entity(text: &[u8]) -> Option<Encoded> {
    /// The longest that stands for a character of ASCII: `&#x0000002b;`.
    const LONGEST: usize = 12;
    let name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'#';
    let end = 1 + text[1..].iter().take(LONGEST).take_while(|byte| name(byte)).count();
    let closed = usize::from(text.get(end) == Some(&b';'));
    let number = match std::str::from_utf8(&text[1..end]).unwrap_or_default().strip_prefix('#') {
        None if closed == 1 => return Some((named(&text[1..end]), end + 1)),
        None => return None,
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        },
    };
    Some((u8::try_from(number.ok()?).ok(), end + closed))
}

fn named(entity: &[u8]) -> Option<u8> {
    const NAMES: [(&[u8], u8); 8] = [
        (b"amp", b'&'),
        (b"bsol", b'\\'),
        (b"grave", b'`'),
        (b"lcub", b'{'),
        (b"num", b'#'),
        (b"percnt", b'%'),
        (b"rcub", b'}'),
        (b"semi", b';'),
    ];
    NAMES.iter().find(|(name, _)| *name == entity).map(|(_, byte)| *byte)
}

fn hex(digits: Option<&[u8]>) -> Option<u8> {
    let digits = std::str::from_utf8(digits?).ok()?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u8::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "aZ3+q/9tX-4b_Yk7.mN2~pQ8";

    #[test]
    fn a_secret_is_found_in_every_spelling() {
        let skeletons = Skeletons::of([SECRET]);
        let each = |spell: &dyn Fn(u8) -> String| SECRET.bytes().map(spell).collect::<String>();
        let wide: Vec<u8> = SECRET.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let base64 = |before: &str| STANDARD_NO_PAD.encode(format!("{before}{SECRET} and more"));
        let percent = |text: String| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
        for text in [
            SECRET.to_owned(),
            SECRET.to_uppercase(),
            each(&|byte| format!("%{byte:02X}")),
            each(&|byte| format!("%25{byte:02x}")),
            each(&|byte| format!("\\u00{byte:02x}")),
            each(&|byte| format!("\\\\u00{byte:02x}")),
            each(&|byte| format!("&#{byte};")),
            each(&|byte| format!("&#x{byte:x};")),
            each(&|byte| format!("{byte:02X} ")),
            each(&|byte| format!("%u00{byte:02x}")),
            each(&|byte| format!("&#{byte}")),
            each(&|byte| format!("&#x{byte:x} ")),
            each(&|byte| format!("\\u{{{byte:x}}}")),
            each(&|byte| format!("\\U000000{byte:02x}")),
            each(&|byte| format!("\\{byte:03o}")),
            each(&|byte| format!("0x{byte:02x}, ")),
            each(&|byte| format!("{byte} ")),
            SECRET.replace('+', "%2B").replace('/', "\\/"),
            SECRET.replace('+', "&plus;"),
            each(&|byte| format!("{}\n", char::from(byte))),
            SECRET.chars().map(|c| format!("{c}\\n")).collect(),
            SECRET[..SECRET.len() - 6].to_owned(),
            SECRET[5..].to_owned(),
            base64(""),
            base64("x"),
            base64("xy"),
            STANDARD.encode(STANDARD.encode(SECRET)),
            STANDARD.encode(wide.clone()),
            wide.iter().map(|byte| format!("{byte:02x}")).collect(),
            each(&|byte| format!("`u{{{byte:x}}}")),
            // Two encodings, of which the outer one left some characters of the inner one as they are.
            each(&|byte| format!("\\{}", percent(format!("u00{byte:02x}")))),
            each(&|byte| format!("\\u00{}", percent(format!("{byte:02x}")))),
            each(&|byte| format!("\\u{}", percent(format!("{{{byte:x}}}")))),
            each(&|byte| format!("\\x{}", percent(format!("{byte:02x}")))),
            each(&|byte| format!("\\{}", percent(format!("{byte:03o}")))),
            each(&|byte| format!("`u{{{}", percent(format!("{byte:x}}}")))),
            each(&|byte| format!("0x{}", percent(format!("{byte:02x}")))),
            each(&|byte| format!("&#{};", percent(byte.to_string()))),
            each(&|byte| format!("&{}", percent(format!("#x{byte:x};")))),
            each(&|byte| format!("&amp;#{byte};")),
            each(&|byte| format!("&percnt;{byte:02x}")),
            each(&|byte| format!("&#92;u00{byte:02x}")),
            each(&|byte| format!("&bsol;u00{byte:02x}")),
            base64("").replace('+', "-").replace('/', "_").to_lowercase(),
        ] {
            assert!(skeletons.are_in(&format!("the key {text} is wrong")), "{text}");
        }
        for text in [
            "",
            "the key is wrong",
            &SECRET[..10],
            "aZ3+q/9tX 4b 0000 Yk7.mN2~pQ8",
            "100% %u & \\ &; &# %zz \\u12 \\u{ \\U 0x \\39",
        ] {
            assert!(!skeletons.are_in(text), "{text}");
        }
    }

    #[test]
    fn a_short_secret_is_found_whole() {
        let skeletons = Skeletons::of(["s3-cr3t"]);
        assert!(skeletons.are_in("password S3CR3T!"));
        assert!(!skeletons.are_in("password s3cr"));
    }
}
