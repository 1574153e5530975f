//! A server's words as people read them: prose out of a page, on one line, cut.

/// A body as words: a page without its tags, scripts and styles, white space folded, cut.
pub(super) fn prose(body: &str) -> String {
    const MOST_BYTES: usize = 8 << 10;
    const MOST_CHARACTERS: usize = 200;
    let body = body.trim_start_matches('\u{feff}');
    let mut words = String::new();
    let mut rest = body.char_indices().take_while(|(at, _)| *at < MOST_BYTES).peekable();
    let is_page = body.trim_start().starts_with('<');
    let mut hidden = "";
    while let Some((at, c)) = rest.next() {
        let tag = || body[at..].get(..9).unwrap_or(&body[at..]).to_ascii_lowercase();
        if is_page && c == '<' && (hidden.is_empty() || tag().starts_with(hidden)) {
            hidden = match tag() {
                tag if tag.starts_with("<script") => "</script",
                tag if tag.starts_with("<style") => "</style",
                _ => "",
            };
            if body[at..].starts_with("<!--") {
                let end = body[at..].find("-->").map_or(body.len(), |end| at + end);
                while rest.next_if(|(next, _)| *next < end).is_some() {}
            }
            while rest.next_if(|(_, c)| *c != '>').is_some() {}
            rest.next();
            words.push(' ');
        } else if hidden.is_empty() {
            words.push(c);
        }
    }
    let folded = words.split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&folded, MOST_CHARACTERS)
}

/// A server's words in a message: one line of a length that can be read, nothing that moves a terminal's cursor. The
/// attributes have them whole.
pub(crate) fn one_line(text: &str) -> String {
    const MOST_CHARACTERS: usize = 400;
    cut(text, MOST_CHARACTERS).chars().map(|c| if moves(c) { ' ' } else { c }).collect()
}

/// Control characters, separators of lines and paragraphs, and what turns the direction of writing.
fn moves(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn cut(text: &str, most_characters: usize) -> String {
    match text.char_indices().nth(most_characters) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_stays_one_line() {
        assert_eq!(one_line("a\r\n\u{1b}[1mb\u{9b}c\u{2028}d\u{202e}e\u{2067}\u{e4}"), "a   [1mb c d e \u{e4}");
    }

    #[test]
    fn a_page_is_its_text() {
        let page = "<!DOCTYPE html><html><head><title>Proxy</title><style>p { x }</style><script>if (a < b) {}</script>\
                    </head><body><h1>Access denied</h1></body></html>";
        for (body, expected) in [
            (page, "Proxy Access denied"),
            ("\u{feff}<!-- a > b --><p>c</p>", "c"),
            ("<!-- without an end", ""),
            ("1 < 2", "1 < 2"),
            (" a\n b ", "a b"),
        ] {
            assert_eq!(prose(body), expected, "{body}");
        }
        assert_eq!(prose(&"x".repeat(100_000)).chars().count(), 201);
    }
}
