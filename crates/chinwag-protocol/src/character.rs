//! Which characters can be seen.

use icu_properties::props::{BinaryProperty, DefaultIgnorableCodePoint};

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

/// Returns whether a character changes the direction of all text after it, including other people's, until it is ended.
pub fn is_direction_override(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}
