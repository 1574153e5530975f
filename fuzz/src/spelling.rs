//! The ways in which a server may repeat a secret.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::input::Choices;

/// The secret as chosen: one spelling, or one inside another.
pub(crate) fn spelled(secret: &str, choices: &mut Choices<'_>) -> String {
    let once = spell(secret, choices.below(SPELLINGS), choices);
    match choices.below(4) {
        0 => spell(&once, choices.below(ESCAPES), choices),
        _ => once,
    }
}

/// The first are escapes of single characters: applied twice they are still readable by anybody.
const ESCAPES: usize = 6;
const SPELLINGS: usize = 15;

fn spell(text: &str, which: usize, choices: &mut Choices<'_>) -> String {
    let mut some = |spell: &dyn Fn(u8) -> String| -> String {
        let all = choices.below(2) == 0;
        let one = |byte: u8| if all || choices.below(3) == 0 { spell(byte) } else { char::from(byte).to_string() };
        text.bytes().map(one).collect()
    };
    match which {
        0 => text.to_owned(),
        1 => some(&|byte| format!("%{byte:02X}")),
        2 => some(&|byte| format!("%{byte:02x}")),
        3 => some(&|byte| format!("\\u{byte:04x}")),
        4 => some(&|byte| format!("\\u{byte:04X}")),
        5 => text.replace('/', "\\/"),
        6 => some(&|byte| format!("&#{byte};")),
        7 => some(&|byte| format!("&#x{byte:x};")),
        8 => text.to_uppercase(),
        9 => text.to_lowercase(),
        10 => STANDARD.encode(text),
        11 => URL_SAFE_NO_PAD.encode(format!("x:{text}")),
        12 => STANDARD_NO_PAD.encode(format!("xy{text} and more")),
        13 => text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        _ => text.bytes().map(|byte| format!("{}\n", char::from(byte))).collect(),
    }
}
