//! Checks that the lists in docs/protocol.md match those of this crate.

#![expect(clippy::unwrap_used, reason = "in a test's helper too, what cannot be is the test's end")]

use chinwag_protocol::inbox::InboxNote;
use chinwag_protocol::reason::Entry;
use chinwag_protocol::{ErrorCode, EventBody, Reason, Verb};
use utoipa::PartialSchema;

const REFERENCE: &str = include_str!("../../../docs/protocol.md");

/// Returns the `type` values of a tagged type.
fn kinds<T: PartialSchema>() -> Vec<String> {
    let schema = serde_json::to_value(T::schema()).unwrap();
    let variants = schema["oneOf"].as_array().unwrap();
    variants.iter().map(|v| v["properties"]["type"]["enum"][0].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_refusal_is_in_the_table() {
    for code in ErrorCode::ALL {
        let row = format!(
            "| `{}` | {} | 0x{:02X} | 0x{:02X} | 0x{:02X} |",
            code.word(),
            code.status(),
            code.reason_code(),
            code.publish_code(),
            code.subscribe_code()
        );
        assert!(REFERENCE.contains(&row), "docs/protocol.md lacks: {row}");
    }
}

#[test]
fn the_table_of_reasons_is_the_list() {
    let start = "| reason | code | parameters | when |";
    let rows = REFERENCE.lines().skip_while(|line| *line != start).skip(2);
    let rows: Vec<_> = rows.take_while(|line| line.starts_with('|')).collect();
    let row = |Entry { word, code, when, params }: Entry| {
        let params: Vec<_> = params.iter().map(|(name, _)| format!("`{name}`")).collect();
        let params = if params.is_empty() { "–".to_owned() } else { params.join(", ") };
        format!("| `{word}` | `{}` | {params} | {when} |", code.word())
    };
    let expected: Vec<_> = Reason::all().into_iter().map(row).collect();
    assert_eq!(rows, expected, "docs/protocol.md must have:\n{}", expected.join("\n"));
}

#[test]
fn every_event_and_every_note_is_described() {
    for kind in [kinds::<EventBody>(), kinds::<InboxNote>()].concat() {
        let row = format!("| `{kind}` | ");
        assert!(REFERENCE.contains(&row), "docs/protocol.md lacks: {row}");
    }
}

#[test]
fn every_verb_is_in_the_table() {
    for verb in Verb::ALL {
        let start = format!("| `{}` | {} | ", verb.word(), verb.does());
        let row = REFERENCE.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("docs/protocol.md lacks: {start}"));
        let event = verb.event().map_or("–".to_owned(), |event| format!("`{event}`"));
        let end = format!(" | {} | {event} | {} |", verb.allowed_to(), verb.qos());
        assert!(row.contains(&end), "{row} lacks: {end}");
        for form in verb.http() {
            assert!(row.contains(form.path) && row.contains(form.method), "{row} lacks: {form:?}");
        }
    }
}

#[test]
fn every_limit_is_in_the_table() {
    let source = include_str!("../src/limits.rs");
    let limits: Vec<_> = source.lines().filter_map(|line| line.strip_prefix("pub const ")).collect();
    assert!(limits.len() > 20);
    for limit in limits {
        let (name, rest) = limit.split_once(": ").unwrap();
        let value = rest.split_once(" = ").unwrap().1.trim_end_matches(';').replace('_', "");
        let value: u64 = value.split(" * ").map(|factor| factor.parse::<u64>().unwrap()).product();
        let row = format!("| `{name}` | {value} | ");
        assert!(REFERENCE.contains(&row), "docs/protocol.md lacks: {row}");
    }
}
