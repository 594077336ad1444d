//! Rules for text: in messages, and in one-line fields such as titles and labels.

use crate::character::{is_direction_override, is_visible};
use crate::problem::Refused;
use crate::reason::{Letter, Line, Reason};

/// Returns whether no character of a text is visible.
pub fn is_blank(text: &str) -> bool {
    !text.chars().any(is_visible)
}

/// Returns the first control character that is not allowed in a text. Line breaks and tabs are part of normal text; the
/// others control terminals, or PostgreSQL cannot store them. They are refused rather than removed, because a text is
/// never altered.
pub fn forbidden_control(text: &str) -> Option<char> {
    text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// Checks a title, a purpose or a label: one line, at most `limit` characters, and visible unless it is empty. Returns
/// it without surrounding whitespace.
pub fn line(what: Line, typed: &str, limit: usize) -> Result<&str, Refused> {
    let line = typed.trim();
    let size = line.chars().count();
    if size > limit {
        return Err(Reason::LineTooLong { what, size, limit }.into());
    }
    if let Some(c) = line.chars().find(|c| c.is_control() || is_direction_override(*c)) {
        return Err(Reason::LineControl { what, character: Letter(c) }.into());
    }
    if !line.is_empty() && is_blank(line) {
        return Err(Reason::LineBlank { what }.into());
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
        assert_eq!(line(Line::Title, "  Tea 🍵 ", 100).unwrap(), "Tea 🍵");
        assert_eq!(line(Line::Title, "", 100).unwrap(), "");
        assert_eq!(line(Line::Title, "علی\u{200C}رضا", 100).unwrap(), "علی\u{200C}رضا");
        for (typed, word) in [
            ("two\nlines", "U+000A"),
            ("a\0", "U+0000"),
            ("gpj\u{202E}.exe", "U+202E"),
            ("\u{200B}", "invisible"),
            ("\u{3164}", "invisible"),
            ("12345678901", "11 characters"),
        ] {
            let refused = line(Line::Title, typed, 10).unwrap_err();
            assert!(refused.detail.contains("title") && refused.detail.contains(word), "{}", refused.detail);
        }
    }
}
