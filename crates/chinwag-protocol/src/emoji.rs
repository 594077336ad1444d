//! Recognition of a single emoji (UTS #51, 1.4).

use icu_properties::props::{Emoji, EmojiModifier, EmojiPresentation, RegionalIndicator};
use icu_properties::{CodePointSetData, CodePointSetDataBorrowed};

const EMOJI: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<Emoji>();
const MODIFIER: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<EmojiModifier>();
const PICTURE: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<EmojiPresentation>();
const REGIONAL: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<RegionalIndicator>();

/// The variation selector that requests emoji presentation of the character before it.
const AS_PICTURE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';
const JOINER: char = '\u{200D}';
/// Maximum code points in an emoji, with room for future emoji.
const LONGEST: usize = 24;

/// Returns the text in its stored form if it is exactly one emoji, otherwise `None`.
pub fn one(text: &str) -> Option<String> {
    let text = text.trim();
    if text.chars().count() > LONGEST {
        return None;
    }
    let mut rest: &[char] = &text.chars().collect::<Vec<_>>();
    if let [digit, middle @ .., KEYCAP] = rest {
        let is_key = digit.is_ascii_digit() || matches!(digit, '#' | '*');
        return (is_key && matches!(middle, [] | [AS_PICTURE]))
            .then(|| format!("{digit}{AS_PICTURE}{KEYCAP}"));
    }
    if let [one, other] = rest
        && REGIONAL.contains(*one)
        && REGIONAL.contains(*other)
    {
        return Some(text.to_owned());
    }
    loop {
        rest = element(rest)?;
        match rest {
            [] => break,
            [JOINER, more @ ..] => rest = more,
            _ => return None,
        }
    }
    // A character with text presentation by default, such as ❤ and ☺, gets the variation selector for emoji
    // presentation.
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(sign), None) if !PICTURE.contains(sign) => Some(format!("{sign}{AS_PICTURE}")),
        _ => Some(text.to_owned()),
    }
}

/// Returns the characters after one emoji with its skin tone or the tag letters of its flag; `None` if there is no
/// emoji.
fn element(chars: &[char]) -> Option<&[char]> {
    let [first, rest @ ..] = chars else { return None };
    if !EMOJI.contains(*first) || first.is_ascii() || REGIONAL.contains(*first) {
        return None;
    }
    let mut rest = match rest {
        [AS_PICTURE, rest @ ..] => rest,
        [tone, rest @ ..] if MODIFIER.contains(*tone) => rest,
        rest => rest,
    };
    while let ['\u{E0020}'..='\u{E007F}', more @ ..] = rest {
        rest = more;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_emoji_and_nothing_else() {
        for emoji in ["👍", "👍🏽", "❤️", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "1️⃣", "🅰️", "™️"]
        {
            assert_eq!(one(emoji).as_deref(), Some(emoji), "{emoji}");
        }
        assert_eq!(one("❤").as_deref(), Some("❤️"), "one form for what looks the same");
        assert_eq!(one("1⃣").as_deref(), Some("1️⃣"));
        assert_eq!(one(" 👍 ").as_deref(), Some("👍"));
        for other in [
            "",
            " ",
            "a",
            "1",
            "#",
            "👍👍",
            "👍a",
            "a👍",
            ":+1:",
            "🇩",
            "\u{FE0F}",
            "👍\u{200D}",
            "字",
            "\u{0}",
        ] {
            assert_eq!(one(other), None, "{other:?}");
        }
        assert_eq!(one(&"👍\u{200D}".repeat(40)), None);
    }
}
