//! The additional rules for new names, so that they are legible and cannot be mistaken for others.

use icu_properties::props::{EnumeratedProperty, GeneralCategory};
use unicode_normalization::UnicodeNormalization;
use unicode_script::Script;
use unicode_security::GeneralSecurityProfile;
use unicode_security::general_security_profile::IdentifierType;
use unicode_security::mixed_script::AugmentedScriptSet;

use super::{Fault, ZERO_WIDTH_JOINER, ZERO_WIDTH_NON_JOINER};
use crate::{character, limits};

/// Words that mean everybody after an '@', here or in other chat systems.
const COLLECTIVE: [&str; 5] = ["all", "channel", "everyone", "here", "room"];

/// Checks a new name of a person or a thing.
pub fn check_name(name: &str) -> Result<(), Fault> {
    if let Some(word) = COLLECTIVE.into_iter().find(|word| skeleton(word) == skeleton(name)) {
        return Err(Fault::Reserved(word));
    }
    check_level(name)
}

/// Checks one level of a new room id, or a new name.
pub fn check_level(level: &str) -> Result<(), Fault> {
    if level.is_ascii() {
        return Ok(());
    }
    let needed = |c: char| matches!(c, ZERO_WIDTH_JOINER | ZERO_WIDTH_NON_JOINER);
    if let Some(c) = level.chars().find(|c| character::is_invisible(*c) && !needed(*c)) {
        return Err(Fault::Invisible(c));
    }
    let plain: String = level.nfkc().collect();
    if plain != level {
        return Err(Fault::NotPlain(super::normalize(&plain)));
    }
    let technical = |c: &char| {
        matches!(
            c.identifier_type(),
            Some(IdentifierType::Technical | IdentifierType::Deprecated | IdentifierType::Not_Character)
        )
    };
    if let Some(c) = level.chars().find(technical) {
        return Err(Fault::Technical(c));
    }
    let mut marks = 0;
    for c in level.chars() {
        marks = if GeneralCategory::for_char(c) == GeneralCategory::NonspacingMark { marks + 1 } else { 0 };
        if marks > limits::STACKED_MARKS {
            return Err(Fault::Marks);
        }
    }
    if are_written_together(level) { Ok(()) } else { Err(Fault::MixedScripts) }
}

/// Returns whether the scripts of a text may be combined: UTS #39, 5.2, at least "moderately restrictive", but with all
/// scripts and not only the recommended ones.
fn are_written_together(level: &str) -> bool {
    let (mut all, mut without_latin) = (AugmentedScriptSet::default(), AugmentedScriptSet::default());
    for c in level.chars() {
        let scripts = AugmentedScriptSet::from(c);
        all.intersect_with(scripts);
        if !scripts.base.contains_script(Script::Latin) {
            without_latin.intersect_with(scripts);
        }
    }
    let one = |set: &AugmentedScriptSet| !set.is_empty();
    let taken_for_latin = [Script::Cyrillic, Script::Greek, Script::Cherokee, Script::Coptic];
    one(&all)
        || (one(&without_latin)
            && !taken_for_latin.into_iter().any(|script| without_latin.base.contains_script(script)))
}

/// Returns the skeleton of a name (UTS #39, 4), which is the same for names that look alike: its characters are
/// replaced by prototypes, without punctuation at both ends.
pub fn skeleton(name: &str) -> String {
    let skeleton: String = unicode_security::confusable_detection::skeleton(name).collect();
    let trimmed = skeleton.trim_matches(['.', '_', '-']);
    if trimmed.is_empty() { skeleton } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests {
    use crate::{Name, RoomId};

    #[test]
    fn real_names_of_any_script_are_allowed() {
        for name in [
            "ana",
            "ana-müller",
            "o.connor_3",
            "nguyễn",
            "łukasz",
            "ağaoğlu",
            "kaʻahumanu",
            "αλέξανδρος",
            "дмитрий",
            "олена",
            "նարեկ",
            "דוד",
            "علی\u{200C}رضا",
            "محمد",
            "अमित",
            "प्रिया",
            "പ്രവീണ്\u{200D}",
            "ශ්\u{200D}රී",
            "สมชาย",
            "བསྟན",
            "မောင်",
            "ገብረ",
            "田中",
            "田中さん",
            "たろう",
            "タロー",
            "ヴァイオリン",
            "佐々木",
            "김민수",
            "王小明",
            "ゆきko",
            "王bo",
            "ᏣᎳᎩ",
            "ქეთი",
            "অমিত",
            "ᓄᓇᕗᑦ",
            "ədil",
            "5",
            "ana2",
        ] {
            assert!(Name::new(name).is_ok(), "{name}: {:?}", Name::new(name));
        }
        assert_eq!(Name::new(" Ana ").unwrap().as_str(), "ana");
        assert!(RoomId::new("team/кухня").is_ok());
        assert!(RoomId::new("チーム/開発").is_ok());
    }

    #[test]
    fn names_that_deceive_are_refused() {
        for name in [
            "аna",
            "anа",
            "аnа",
            "ａｎａ",
            "ɑna",
            "ᴀna",
            "𝐚na",
            "\u{3164}",
            "ana\u{3164}",
            "general\u{FE0F}",
            "general\u{034F}",
            "a\u{115F}",
            "\u{FFA0}",
            "general\u{E0100}",
            "α\u{61}",
            "①",
            "ana \u{2060}",
            "ana bo",
            "🎉",
            "everyone",
            "here",
            "room",
            "all",
            "Room",
            "@room",
            "ana\u{200D}",
            "ana\u{202E}",
        ] {
            assert!(Name::new(name).is_err(), "{name}");
        }
        let zalgo = format!("a{}", "\u{316}".repeat(20));
        assert!(Name::new(&zalgo).is_err());
        // An existing account with one of these names keeps it.
        assert!("аna".parse::<Name>().is_ok() && "room".parse::<Name>().is_ok());
    }

    #[test]
    fn what_looks_the_same_has_one_skeleton() {
        let ana = super::skeleton("ana");
        for other in ["ana.", "_ana", "аnа", "аna", "ａｎａ", "ana\u{FE0F}"] {
            assert_eq!(super::skeleton(other), ana, "{other}");
        }
        for other in ["anna", "bo", "äna", "ana2"] {
            assert_ne!(super::skeleton(other), ana, "{other}");
        }
        assert_ne!(super::skeleton("-"), super::skeleton("_"));
    }

    #[test]
    fn refusals_name_the_field_and_say_what_to_do() {
        let why = |typed: &str| Name::new(typed).unwrap_err().to_string();
        assert_eq!(why("Ana Müller"), "the name cannot have spaces; try ana-müller");
        assert!(!why(&"x".repeat(65)).contains("level"));
        assert!(RoomId::new("🎉").unwrap_err().to_string().contains("title"));
    }
}
