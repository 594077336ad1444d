//! Mentions in a text. The rules are specified by the table `cases/mentions.json`.
//!
//! `@name` counts as a mention where people read it as one: not in code, quotes, links or addresses, nor after a
//! backslash. The search takes one pass over the text, and a bounded number of look-ups whatever the text contains.

use std::collections::HashMap;

use unicode_normalization::char::is_combining_mark;
use unicode_script::{Script, UnicodeScript};

use crate::limits;
use crate::name::normalize;

/// Maximum names that are looked up for one text: enough for 50 mentions among words that are not names.
const LOOK_UPS: usize = 500;

/// The people whom a text mentions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mentions<T> {
    /// The results of the look-ups, each once, in the order of the text; at most [`limits::MENTIONS`].
    pub people: Vec<T>,
    /// Whether it has `@room`, which means all members.
    pub room: bool,
    /// Whether it has `@here`, which means the members who are online.
    pub here: bool,
}

/// Finds the mentions in a text. `find` looks up a name, and returns `None` if nobody has it.
pub fn mentions<T: PartialEq>(text: &str, find: impl FnMut(&str) -> Option<T>) -> Mentions<T> {
    let mut search =
        Search { find, look_ups: LOOK_UPS, found: Mentions { people: Vec::new(), room: false, here: false } };
    if text.contains('@') {
        paragraphs(text).into_iter().for_each(|paragraph| search.paragraph(paragraph));
    }
    search.found
}

/// Returns the parts of a text within which code and links may span lines: without fenced code, quotes and blank lines.
fn paragraphs(text: &str) -> Vec<&str> {
    let mut paragraphs = Vec::new();
    let (mut at, mut begin, mut fence) = (0, 0, None);
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        let stripped = line.trim_start_matches(' ');
        let indented = line.len() - stripped.len() > 3;
        let skipped = match fence {
            Some(open) => {
                if ends_fence(line, open) {
                    fence = None;
                }
                true
            }
            None if indented => false,
            None => {
                fence = fence_of(stripped);
                fence.is_some() || is_quote(stripped) || stripped.trim().is_empty()
            }
        };
        if skipped {
            paragraphs.push(&text[begin..at]);
            begin = end;
        }
        at = end;
    }
    paragraphs.push(&text[begin..]);
    paragraphs
}

/// Returns the marker of a line that begins fenced code, and its length.
fn fence_of(line: &str) -> Option<(char, usize)> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = line.trim_start_matches(mark);
    let length = line.len() - rest.len();
    (length >= 3 && !rest.contains(mark)).then_some((mark, length))
}

/// Returns whether a line ends fenced code. Backticks are often written on the last line of code.
fn ends_fence(line: &str, (mark, length): (char, usize)) -> bool {
    let line = line.trim_end();
    let code = line.trim_end_matches(mark);
    let alone = code.len() < 4 && code.bytes().all(|byte| byte == b' ');
    line.len() - code.len() >= length && (mark == '`' || alone)
}

/// Returns whether a line is a quote. `>:(` and `>5` are none.
fn is_quote(line: &str) -> bool {
    line.strip_prefix('>').is_some_and(|rest| {
        !rest.starts_with(|c: char| {
            c.is_ascii_digit() || matches!(c, '=' | ':' | ';' | '.' | '_' | '<' | '~' | '^')
        })
    })
}

/// Where code ends and brackets close, found in one pass, so that nothing is searched twice.
#[derive(Default)]
struct Ends {
    /// The last run of backticks of each length.
    code: HashMap<usize, usize>,
    /// The position of the ')' for each '('.
    brackets: HashMap<usize, usize>,
}

impl Ends {
    fn of(text: &str) -> Self {
        let mut ends = Self::default();
        let (mut open, mut run) = (Vec::new(), 0);
        for (at, byte) in text.bytes().chain([b' ']).enumerate() {
            if byte == b'`' {
                run += 1;
                continue;
            }
            if run > 0 {
                ends.code.insert(run, at - run);
                run = 0;
            }
            match byte {
                b'(' => open.push(at),
                b')' => {
                    if let Some(begin) = open.pop() {
                        ends.brackets.insert(begin, at);
                    }
                }
                _ => {}
            }
        }
        ends
    }
}

struct Search<T, F> {
    find: F,
    look_ups: usize,
    found: Mentions<T>,
}

impl<T: PartialEq, F: FnMut(&str) -> Option<T>> Search<T, F> {
    fn paragraph(&mut self, text: &str) {
        if !text.contains('@') {
            return;
        }
        let ends = Ends::of(text);
        // The mentions found before each open '[': if it turns out to be a link, those found since are discarded.
        let mut links: Vec<(usize, bool, bool)> = Vec::new();
        let (mut at, mut mention_end) = (0, None);
        while let Some(c) = text[at..].chars().next() {
            let rest = &text[at..];
            let next = at + c.len_utf8();
            at = match c {
                '\\' if rest[1..].starts_with(|c: char| c.is_ascii_punctuation()) => next + 1,
                '`' => after_code(text, at, &ends),
                ':' if rest.starts_with("://")
                    && text[..at].ends_with(|c: char| c.is_ascii_alphanumeric()) =>
                {
                    at + address_length(rest)
                }
                'w' | 'W' if is_www(text, at) => at + address_length(rest),
                '[' => {
                    links.push((self.found.people.len(), self.found.room, self.found.here));
                    next
                }
                ']' => match (links.pop(), ends.brackets.get(&next)) {
                    (Some((people, room, here)), Some(end)) => {
                        self.found.people.truncate(people);
                        (self.found.room, self.found.here) = (room, here);
                        // There are no links in links.
                        links.clear();
                        end + 1
                    }
                    _ => next,
                },
                '@' if may_begin(text, at, mention_end) => {
                    let end = next + self.mention(&text[next..]);
                    mention_end = Some(end);
                    end.max(next)
                }
                _ => next,
            };
        }
    }

    /// Processes the text after an '@'; returns the length of the mention.
    fn mention(&mut self, rest: &str) -> usize {
        let of_name = |c: char| {
            c.is_alphanumeric()
                || matches!(c, '-' | '_' | '.' | '\u{200C}' | '\u{200D}')
                || is_combining_mark(c)
        };
        let run = &rest[..rest.find(|c| !of_name(c)).unwrap_or(rest.len())];
        let after = &rest[run.len()..];
        // `@ana@example.org` is an address on another service.
        if after.starts_with('@') && after[1..].starts_with(char::is_alphanumeric) {
            return run.len();
        }
        for end in candidates(run) {
            if self.look_ups == 0 || self.found.people.len() >= limits::MENTIONS {
                break;
            }
            self.look_ups -= 1;
            let name = normalize(&run[..end]);
            match name.as_str() {
                "room" => self.found.room = true,
                "here" => self.found.here = true,
                name => match (self.find)(name) {
                    Some(person) if !self.found.people.contains(&person) => self.found.people.push(person),
                    Some(_) => {}
                    None => continue,
                },
            }
            return end;
        }
        // Nobody has this name, or there are too many mentions: skip the word.
        run.len()
    }
}

/// Returns where a name at the start of a run may end, longest first: at the end of the run, before its trailing
/// punctuation, and before any letter of a script that is written without spaces.
fn candidates(run: &str) -> Vec<usize> {
    let mut ends: Vec<usize> = run
        .char_indices()
        .take(limits::LEVEL_CHARS + 1)
        .filter(|(at, c)| *at > 0 && (is_unspaced(*c) || run[*at..].chars().all(is_punctuation)))
        .map(|(at, _)| at)
        .collect();
    if run.chars().take(limits::LEVEL_CHARS + 1).count() <= limits::LEVEL_CHARS && !run.is_empty() {
        ends.push(run.len());
    }
    ends.reverse();
    ends
}

fn is_punctuation(c: char) -> bool {
    matches!(c, '-' | '_' | '.')
}

/// Returns whether a letter belongs to a script without spaces between words, or in which suffixes are attached to
/// names.
fn is_unspaced(c: char) -> bool {
    !c.is_ascii()
        && (matches!(c, 'ー' | '々' | '〆' | '〇')
            || matches!(
                c.script(),
                Script::Han
                    | Script::Hiragana
                    | Script::Katakana
                    | Script::Bopomofo
                    | Script::Hangul
                    | Script::Thai
                    | Script::Lao
                    | Script::Khmer
                    | Script::Myanmar
            ))
}

/// Returns whether a mention may begin at this '@': not inside a word, a mail address or a path.
fn may_begin(text: &str, at: usize, mention_end: Option<usize>) -> bool {
    let before = &text[..at];
    let Some(last) = before.chars().next_back() else { return true };
    match last {
        '@' => false,
        // `@ana/@bo`, but not `example.org/@bo`.
        '/' => mention_end.is_some_and(|end| end + 1 == at),
        '-' | '_' | '.' | '+' => {
            let word = before.trim_end_matches(['-', '_', '.', '+', '*', '~']);
            mention_end.is_some_and(|end| end >= word.len())
                || !word.ends_with(|c: char| c.is_alphanumeric() && !is_unspaced(c))
                || last == '.'
        }
        last => is_unspaced(last) || !(last.is_alphanumeric() || is_combining_mark(last)),
    }
}

/// Returns the position after the code that begins here, or after the backticks if they begin none.
fn after_code(text: &str, at: usize, ends: &Ends) -> usize {
    let run = run_of_backticks(&text[at..]);
    let mut from = at + run;
    if ends.code.get(&run).is_none_or(|last| *last <= at) {
        return from;
    }
    while let Some(found) = text[from..].find('`') {
        let length = run_of_backticks(&text[from + found..]);
        from += found + length;
        if length == run {
            return from;
        }
    }
    at + run
}

fn run_of_backticks(text: &str) -> usize {
    text.len() - text.trim_start_matches('`').len()
}

fn is_www(text: &str, at: usize) -> bool {
    text.as_bytes()[at..].get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case(b"www."))
        && !text[..at].ends_with(|c: char| c.is_alphanumeric() && !is_unspaced(c))
}

/// Returns the length of an address: up to whitespace, a quotation mark, or punctuation that addresses do not contain.
fn address_length(text: &str) -> usize {
    let ends = |c: char| {
        c.is_whitespace()
            || matches!(c, '<' | '>' | '"' | '`')
            || !(c.is_ascii() || c.is_alphanumeric() || is_combining_mark(c))
    };
    text.find(ends).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Table {
        people: Vec<String>,
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        text: String,
        people: Vec<String>,
        #[serde(default)]
        room: bool,
        #[serde(default)]
        here: bool,
    }

    #[test]
    fn the_table_holds() {
        let table: Table = serde_json::from_str(include_str!("../cases/mentions.json")).unwrap();
        for Case { text, people, room, here } in table.cases {
            let found = mentions(&text, |name| table.people.iter().find(|known| *known == name).cloned());
            assert_eq!(found, Mentions { people, room, here }, "{text:?}");
        }
    }

    #[test]
    fn at_most_fifty_and_never_many_look_ups() {
        let text: String = (0..200).map(|n| format!("@p{n} ")).collect();
        assert_eq!(mentions(&text, |name| Some(name.to_owned())).people.len(), limits::MENTIONS);
        for piece in [
            "@nobody ",
            "@你你你你你你你你",
            "@",
            "`@",
            "[@x](",
            "](@a",
            "((@",
            "``` @x",
            "> @x\n",
            "~~~\n@x\n",
            "www.@",
            "\\@x",
        ] {
            let text = piece.repeat(16 * 1024 / piece.len());
            let mut look_ups = 0;
            mentions(&text, |_| {
                look_ups += 1;
                None::<()>
            });
            assert!(look_ups <= LOOK_UPS, "{piece}: {look_ups}");
        }
        assert!(mentions("no name in it", |name| Some(name.to_owned())).people.is_empty());
    }
}
