//! Topic names and filters, section 4.7 of the standard.

/// Returns whether this is a valid topic name to publish to: no wildcards, not empty, no U+0000 [MQTT-3.3.2-2,
/// MQTT-4.7.3-1, -2].
pub(crate) fn is_name(topic: &str) -> bool {
    !topic.is_empty() && !topic.contains(['+', '#', '\0'])
}

/// Returns whether this is a valid topic filter [MQTT-4.7.1-1, -2]: `#` only as the whole last level, `+` only as a
/// whole level.
pub(crate) fn is_filter(filter: &str) -> bool {
    if filter.is_empty() || filter.contains('\0') {
        return false;
    }
    let mut levels = filter.split('/').peekable();
    while let Some(level) = levels.next() {
        let last = levels.peek().is_none();
        match level {
            "+" => {}
            "#" if last => {}
            _ if level.contains(['+', '#']) => return false,
            _ => {}
        }
    }
    true
}

/// Returns whether a filter contains a wildcard.
pub(crate) fn is_wild(filter: &str) -> bool {
    filter.contains(['+', '#'])
}

/// Splits a shared subscription `$share/{group}/{filter}` into group and filter [MQTT-4.8.2-1, -2]; `None` if it isn't
/// one, `Err` if it is malformed.
pub(crate) fn share(filter: &str) -> Result<Option<(&str, &str)>, ()> {
    let Some(rest) = filter.strip_prefix("$share/") else {
        return if filter == "$share" { Err(()) } else { Ok(None) };
    };
    match rest.split_once('/') {
        Some((group, inner)) if !group.is_empty() && !group.contains(['+', '#']) && is_filter(inner) => {
            Ok(Some((group, inner)))
        }
        _ => Err(()),
    }
}

/// Returns whether a (valid) filter covers a topic name.
pub(crate) fn matches(filter: &str, topic: &str) -> bool {
    // [MQTT-4.7.2-1]
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut names = topic.split('/');
    for level in filter.split('/') {
        if level == "#" {
            return true;
        }
        match names.next() {
            Some(name) if level == "+" || level == name => {}
            _ => return false,
        }
    }
    names.next().is_none()
}

/// Returns the part of a filter before its first wildcard level, which is a prefix of every topic it covers.
pub(crate) fn literal_prefix(filter: &str) -> &str {
    match filter.find(['+', '#']) {
        // "a/#" also covers "a", so the slash before the wildcard is not part of the prefix.
        Some(at) => filter[..at].strip_suffix('/').unwrap_or(&filter[..at]),
        None => filter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [MQTT-4.7.1-1] [MQTT-4.7.1-2]
    #[test]
    fn wildcards_stand_alone_in_their_level() {
        for good in ["#", "+", "a/#", "+/b", "a/+/b/#", "/", "//", "/+"] {
            assert!(is_filter(good), "{good}");
        }
        for bad in ["", "a#", "#/a", "a/#/b", "a+", "+a/b", "a/b+", "a\0"] {
            assert!(!is_filter(bad), "{bad}");
        }
    }

    /// [MQTT-4.7.1-2] [MQTT-4.7.3-4] The examples of section 4.7.
    #[test]
    fn filters_cover_what_the_standard_says() {
        for (filter, topic, covered) in [
            ("sport/tennis/player1/#", "sport/tennis/player1", true),
            ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
            ("sport/tennis/+", "sport/tennis/player1", true),
            ("sport/tennis/+", "sport/tennis/player1/ranking", false),
            ("sport/+", "sport", false),
            ("sport/+", "sport/", true),
            ("+/+", "/finance", true),
            ("/+", "/finance", true),
            ("+", "/finance", false),
            ("a", "A", false),
            ("#", "a/b", true),
        ] {
            assert_eq!(matches(filter, topic), covered, "{filter} {topic}");
        }
    }

    /// [MQTT-4.7.2-1]
    #[test]
    fn leading_wildcards_do_not_reach_dollar_topics() {
        assert!(!matches("#", "$SYS/a"));
        assert!(!matches("+/a", "$SYS/a"));
        assert!(matches("$SYS/#", "$SYS/a"));
        assert!(matches("$SYS/+", "$SYS/a"));
    }

    /// [MQTT-4.8.2-1] [MQTT-4.8.2-2]
    #[test]
    fn share_names() {
        assert_eq!(share("$share/g/a/#"), Ok(Some(("g", "a/#"))));
        assert_eq!(share("a/b"), Ok(None));
        for bad in ["$share", "$share/", "$share/g", "$share//a", "$share/g+/a", "$share/g/"] {
            assert_eq!(share(bad), Err(()), "{bad}");
        }
    }

    #[test]
    fn prefixes() {
        assert_eq!(literal_prefix("users/+/presence"), "users");
        assert_eq!(literal_prefix("a/#"), "a");
        assert_eq!(literal_prefix("#"), "");
        assert_eq!(literal_prefix("a/b"), "a/b");
    }
}
