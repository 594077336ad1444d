//! Rules for text: in messages, and in one-line fields such as titles and labels.

use icu_properties::props::{BinaryProperty, DefaultIgnorableCodePoint};

use crate::problem::{ErrorCode, Refused};

/// Returns whether a character is visible on the screen, alone or as a mark on its neighbor.
pub fn is_visible(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !is_invisible(c)
}

/// Returns whether a character is invisible: Unicode's default ignorables (zero-width characters, direction controls,
/// fillers, variation selectors, tags), and characters that are drawn as an empty space without being one.
pub fn is_invisible(c: char) -> bool {
    // The Braille blank; the null notehead; Khitan's filler; Egyptian blanks and joiners; interlinear annotations.
    let drawn_empty = matches!(
        c,
        '\u{2800}'
            | '\u{1D159}'
            | '\u{16FE4}'
            | '\u{13430}'..='\u{1343F}'
            | '\u{13441}'
            | '\u{13442}'
            | '\u{FFF9}'..='\u{FFFB}'
    );
    drawn_empty || (!c.is_ascii() && DefaultIgnorableCodePoint::for_char(c))
}

/// Returns whether no character of a text is visible.
pub fn is_blank(text: &str) -> bool {
    !text.chars().any(is_visible)
}

/// Returns whether a character changes the direction of all text after it, including other people's, until it is ended.
pub fn is_direction_override(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Returns the first control character that is not allowed in a text. Line breaks and tabs are part of normal text; the
/// others control terminals, or PostgreSQL cannot store them. They are refused rather than removed, because a text is
/// never altered.
pub fn forbidden_control(text: &str) -> Option<char> {
    text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// Checks a title, a purpose or a label: one line, at most `most` characters, and visible unless it is empty. Returns
/// it without surrounding whitespace.
pub fn line<'a>(what: &str, typed: &'a str, most: usize) -> Result<&'a str, Refused> {
    let refuse = |detail: String| Err(Refused::new(ErrorCode::BadRequest, detail));
    let line = typed.trim();
    let chars = line.chars().count();
    if chars > most {
        return refuse(format!("the {what} has {chars} characters; shorten it to {most}"));
    }
    if let Some(c) = line.chars().find(|c| c.is_control() || is_direction_override(*c)) {
        let code = u32::from(c);
        return refuse(format!(
            "the {what} contains the control character U+{code:04X}; remove it and write the {what} on one line"
        ));
    }
    if !line.is_empty() && is_blank(line) {
        return refuse(format!("the {what} has only invisible characters; write letters, digits or emoji"));
    }
    Ok(line)
}

/// Returns the text without the byte order mark that some programs put before it.
pub fn without_byte_order_mark(text: &str) -> &str {
    text.strip_prefix('\u{FEFF}').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_blank() {
        for c in [
            '\u{200B}',
            '\u{2800}',
            '\u{3164}',
            '\u{00AD}',
            '\u{FEFF}',
            '\u{2060}',
            '\u{202E}',
            '\u{200D}',
            '\u{115F}',
            '\u{034F}',
            '\u{180E}',
            '\u{FFA0}',
            '\u{E0001}',
            '\u{2063}',
            '\u{061C}',
            '\u{1}',
            '\u{7}',
            '\u{FE0F}',
            '\u{1160}',
            '\u{17B4}',
            '\u{13441}',
            '\u{1D173}',
            '\u{2028}',
            '\u{A0}',
            '\u{3000}',
            ' ',
        ] {
            assert!(is_blank(&format!(" {c}{c}\n")), "U+{:04X}", u32::from(c));
        }
        for seen in [
            "a",
            ".",
            "\u{301}",
            "👍",
            "👨\u{200D}👩\u{200D}👧",
            "❤\u{FE0F}",
            "\u{2801}",
            "علی\u{200C}رضا",
            "ー",
            "\u{E000}",
        ] {
            assert!(!is_blank(seen), "{seen:?}");
        }
    }

    #[test]
    fn a_line_says_what_is_wrong_with_it() {
        assert_eq!(line("title", "  Tea 🍵 ", 100).unwrap(), "Tea 🍵");
        assert_eq!(line("title", "", 100).unwrap(), "");
        assert_eq!(line("title", "علی\u{200C}رضا", 100).unwrap(), "علی\u{200C}رضا");
        for (typed, word) in [
            ("two\nlines", "U+000A"),
            ("a\0", "U+0000"),
            ("gpj\u{202E}.exe", "U+202E"),
            ("\u{200B}", "invisible"),
            ("\u{3164}", "invisible"),
            ("12345678901", "11 characters"),
        ] {
            let refused = line("title", typed, 10).unwrap_err();
            assert!(refused.detail.contains("title") && refused.detail.contains(word), "{}", refused.detail);
        }
    }
}
