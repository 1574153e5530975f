//! Text that a terminal does not obey and that forges no line: some of what is shown comes from a server.

/// The text with everything escaped that is not to be seen as it stands, line breaks among it. The escapes are Python's:
/// `\n`, `\x1b`, `\u2028`, `\U000e0001`.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if is_printable(char) => shown.push(char),
            _ => match u32::from(char) {
                code @ ..0x100 => shown.push_str(&format!("\\x{code:02x}")),
                code @ ..0x10000 => shown.push_str(&format!("\\u{code:04x}")),
                code => shown.push_str(&format!("\\U{code:08x}")),
            },
        }
    }
    shown
}

/// Whether the character is more than white space, control, format or unassigned. The standard library knows, and tells
/// by what it escapes; the letter before it is there because a combining character is escaped only at the start.
fn is_printable(char: char) -> bool {
    match char {
        ' '..='~' => true,
        '\0'..='\x7f' => false,
        _ => String::from_iter(['x', char]).escape_debug().count() == 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        for (text, shown) in [
            ("plain 'text' \\ \"quoted\"", "plain 'text' \\ \"quoted\""),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\u{1b}[31m", "\\x1b[31m"),
            ("\u{7f}\u{9b}", "\\x7f\\x9b"),
            ("\u{a0}\u{ad}", "\\xa0\\xad"),
            ("\u{2028}\u{202e}\u{200b}", "\\u2028\\u202e\\u200b"),
            ("\u{e0001}", "\\U000e0001"),
            ("caf\u{e9} cafe\u{301} \u{65e5}\u{1f600}", "caf\u{e9} cafe\u{301} \u{65e5}\u{1f600}"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }
}
