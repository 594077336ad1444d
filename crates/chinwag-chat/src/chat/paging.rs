//! Pages of long lists, sorted by a key. A page's cursor contains the name of the list and the key of the page's last
//! item; the next page begins after that key. So an item that stays in the list appears exactly once, whatever is added
//! or removed between two pages.

use std::fmt::Display;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chinwag_protocol::{ErrorCode, Refused, api, limits};

/// Returns the requested number of items, or the default. Anything outside 1 to `most` is refused.
pub fn limit(asked: Option<u32>, default: u32, most: u32) -> Result<u32, Refused> {
    let limit = asked.unwrap_or(default);
    if (1..=most).contains(&limit) {
        return Ok(limit);
    }
    Err(Refused::new(
        ErrorCode::BadRequest,
        format!("limit must be 1 to {most}; fetch the rest in further pages"),
    ))
}

/// The requested part of a list. `K` is the key by which the list is sorted.
#[derive(Debug)]
pub struct Slice<K> {
    list: String,
    limit: usize,
    after: Option<K>,
}

impl<K: Display + FromStr> Slice<K> {
    /// Parses the query of the list with this name, which must not contain line breaks. A cursor of another list is
    /// refused.
    pub fn of(list: impl Into<String>, page: &api::Page) -> Result<Self, Refused> {
        let list = list.into();
        let limit = limit(page.limit, limits::PAGE_DEFAULT, limits::PAGE_MAX)? as usize;
        let after = page.cursor.as_deref().map(|cursor| read(&list, cursor)).transpose()?;
        Ok(Self { list, limit, after })
    }

    /// Returns the key after which the requested items begin.
    pub fn after(&self) -> Option<&K> {
        self.after.as_ref()
    }

    /// Returns how many items to look for: one more than the page has, to find out whether more follow.
    pub fn wanted(&self) -> usize {
        self.limit + 1
    }

    /// Truncates the found items to a page. Returns the cursor for the next page if more items follow.
    pub fn cut<T>(&self, found: &mut Vec<T>, key: impl FnOnce(&T) -> &K) -> Option<String> {
        let more = found.len() > self.limit;
        found.truncate(self.limit);
        let last = found.last().filter(|_| more)?;
        Some(URL_SAFE_NO_PAD.encode(format!("{}\n{}", self.list, key(last))))
    }
}

/// Returns the key in a cursor of this list.
fn read<K: FromStr>(list: &str, cursor: &str) -> Result<K, Refused> {
    let key = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        text.strip_prefix(list)?.strip_prefix('\n')?.parse().ok()
    };
    key().ok_or_else(|| {
        let detail =
            "cursor does not belong to this list; use the one of the previous page, or omit it to start again";
        Refused::new(ErrorCode::BadRequest, detail)
    })
}

#[cfg(test)]
mod tests {
    use chinwag_protocol::Name;

    use super::*;

    fn page(limit: Option<u32>, cursor: Option<&str>) -> api::Page {
        api::Page { limit, cursor: cursor.map(str::to_owned) }
    }

    /// Returns a page of the list of the numbers up to `last`.
    fn numbers(page: &api::Page, last: u64) -> (Vec<u64>, Option<String>) {
        let slice: Slice<u64> = Slice::of("numbers", page).unwrap();
        let first = slice.after().map_or(1, |after| after + 1);
        let mut found: Vec<u64> = (first..=last).take(slice.wanted()).collect();
        let cursor = slice.cut(&mut found, |number| number);
        (found, cursor)
    }

    #[test]
    fn pages_follow_each_other_and_the_last_has_no_cursor() {
        let (first, cursor) = numbers(&page(Some(2), None), 4);
        assert_eq!(first, [1, 2]);
        let (second, end) = numbers(&page(Some(2), cursor.as_deref()), 4);
        assert_eq!((second, end), (vec![3, 4], None), "a full page after which nothing follows is the last");
        let (second, more) = numbers(&page(Some(2), cursor.as_deref()), 5);
        assert_eq!(second, [3, 4]);
        assert_eq!(numbers(&page(Some(2), more.as_deref()), 5), (vec![5], None));
        let (nothing, end) = numbers(&page(Some(2), more.as_deref()), 4);
        assert!(nothing.is_empty() && end.is_none(), "what was to follow is gone");
        assert_eq!(numbers(&page(None, None), 200).0.len(), limits::PAGE_DEFAULT as usize);
    }

    #[test]
    fn a_cursor_can_stand_in_a_url_and_has_any_name() {
        let slice: Slice<Name> = Slice::of("people", &page(Some(1), None)).unwrap();
        for name in ["ana", "поль", "علی\u{200C}رضا", &"प".repeat(limits::LEVEL_CHARS)] {
            let name: Name = name.parse().unwrap();
            let mut found = vec![name.clone(), "zoe".parse().unwrap()];
            let cursor = slice.cut(&mut found, |name| name).unwrap();
            assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            let next: Slice<Name> = Slice::of("people", &page(None, Some(&cursor))).unwrap();
            assert_eq!(next.after(), Some(&name));
        }
    }

    #[test]
    fn what_no_page_of_the_list_gave_is_refused() {
        let cursor = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let no_text = URL_SAFE_NO_PAD.encode(b"people\n\xFF");
        for cursor in [
            String::new(),
            "?".into(),
            "cGVvcGxlCmFuYQ==".into(),
            no_text,
            cursor("people"),
            cursor("people\n"),
            cursor("people\nAna"),
            cursor("people\nana\n"),
            cursor("people\n\nana"),
            cursor("peoples\nana"),
            cursor("members/general\nana"),
            cursor(&format!("people\n{}", "a".repeat(100_000))),
        ] {
            let refused = Slice::<Name>::of("people", &page(None, Some(&cursor))).unwrap_err();
            assert_eq!(refused.code, ErrorCode::BadRequest, "{cursor}");
        }
        for limit in [0, limits::PAGE_MAX + 1, u32::MAX] {
            let refused = Slice::<Name>::of("people", &page(Some(limit), None)).unwrap_err();
            assert_eq!(refused.code, ErrorCode::BadRequest, "{limit}");
        }
        let good = page(Some(limits::PAGE_MAX), Some(&cursor("people\nana")));
        assert!(Slice::<Name>::of("people", &good).is_ok());
    }
}
