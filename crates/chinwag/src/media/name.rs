//! Sanitizes the names of uploads, as shown to others and used to save them.

use chinwag_protocol::character::is_visible;
use chinwag_protocol::{limits, text};
use unicode_normalization::UnicodeNormalization;

/// The longest extension, in characters, that is kept when a name is shortened.
const ENDING_CHARS: usize = 16;

/// Returns the name as one line in NFC, without a path, invisible characters, or characters that change the text's
/// direction: a name must show its real extension. `ending` is the usual extension for this type.
pub fn clean(name: &str, media_type: &str, ending: Option<&str>) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut clean = String::new();
    for c in base.nfc() {
        // Persian and Indic names, and emoji, need these after non-ASCII characters.
        let joins =
            matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE0F}') && clean.ends_with(|c: char| !c.is_ascii());
        if c.is_control() {
            continue;
        }
        if c.is_whitespace() {
            clean.push(' ');
        } else if is_visible(c) || joins {
            clean.push(c);
        }
    }
    // Windows drops trailing spaces and dots, which would change the real extension.
    let clean = clean.trim().trim_end_matches(['.', ' ']);
    if text::is_blank(clean) || clean.chars().all(|c| c == '.') {
        return fallback(media_type, ending);
    }
    shorten(clean)
}

fn fallback(media_type: &str, ending: Option<&str>) -> String {
    let stem = match media_type.split('/').next() {
        Some("image") => "picture",
        Some("video") => "video",
        Some("audio") => "audio",
        _ => "file",
    };
    ending.map_or_else(|| stem.to_owned(), |ending| format!("{stem}.{ending}"))
}

/// Shortens a name to the maximum number of characters, keeping its extension.
fn shorten(name: &str) -> String {
    let chars = name.chars().count();
    if chars <= limits::MEDIA_NAME_CHARS {
        return name.to_owned();
    }
    let ending = name.rfind('.').map_or("", |at| &name[at..]);
    let ending = if ending.chars().count() <= ENDING_CHARS { ending } else { "" };
    let kept = limits::MEDIA_NAME_CHARS - ending.chars().count();
    let stem: String = name.chars().take(kept).collect();
    format!("{}{ending}", stem.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(name: &str) -> String {
        clean(name, "image/png", Some("png"))
    }

    #[test]
    fn names_lose_what_is_not_theirs() {
        for (name, shown) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\x\\cat\r\n.png", "cat.png"),
            ("photo\u{202E}gpj.exe", "photogpj.exe"),
            ("a\u{2067}b\u{2068}\u{200F}\u{200E}.txt", "ab.txt"),
            ("a\0b\u{1b}.txt", "ab.txt"),
            ("a\u{200B}\u{FEFF}\u{AD}.txt", "a.txt"),
            ("cafe\u{301}.png", "café.png"),
            ("علی\u{200C}رضا.pdf", "علی\u{200C}رضا.pdf"),
            ("👨\u{200D}👩\u{200D}👧.png", "👨\u{200D}👩\u{200D}👧.png"),
            ("report.pdf. . ", "report.pdf"),
            (".htaccess", ".htaccess"),
            ("日本語.txt", "日本語.txt"),
        ] {
            assert_eq!(png(name), shown, "{name:?}");
        }
    }

    #[test]
    fn a_name_is_never_empty() {
        for name in ["", "  ", "..", ".", "a/", "a/..", "\u{200B}", "\u{202E}", "\u{3164}", "\0", "..."] {
            assert_eq!(png(name), "picture.png", "{name:?}");
        }
        assert_eq!(clean("", "application/octet-stream", None), "file");
        assert_eq!(clean("", "application/pdf", Some("pdf")), "file.pdf");
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let long = png(&format!("{}.pdf", "x".repeat(240)));
        assert_eq!((long.chars().count(), &long[196..]), (limits::MEDIA_NAME_CHARS, ".pdf"));
        assert!(png(&format!("{}.tar.gz", "日".repeat(300))).ends_with("日.gz"));
        assert_eq!(png(&format!("a.{}", "x".repeat(300))).chars().count(), limits::MEDIA_NAME_CHARS);
    }
}
