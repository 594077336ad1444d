//! The log filter.

use std::ffi::OsString;

use tracing_subscriber::EnvFilter;

/// The valid levels.
const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

/// Returns the filter that `CHINWAG_LOG` asks for: a level for everything or for single targets
/// (`chinwag_broker=debug`), separated by commas. Everything else is logged at `info`. An unknown level is an error,
/// because `EnvFilter` would take it for a target and silence everything else.
pub fn filter(asked: Option<OsString>) -> Result<EnvFilter, String> {
    let asked = asked.unwrap_or_default();
    let wrong = |part: &str| {
        format!(
            "CHINWAG_LOG={part} is not valid: a level is {}; for one part of the program: chinwag=debug,info",
            LEVELS.join(", ")
        )
    };
    let text = asked.to_str().ok_or_else(|| wrong("…"))?;
    let mut directives = vec!["info".to_owned()];
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (target, level) =
            part.rsplit_once('=').map_or((None, part), |(target, level)| (Some(target), level));
        let level = level.to_lowercase();
        let is_target = |target: &str| {
            !target.is_empty() && target.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':'))
        };
        if !LEVELS.contains(&&*level) || !target.is_none_or(is_target) {
            return Err(wrong(part));
        }
        directives.push(target.map_or(level.clone(), |target| format!("{target}={level}")));
    }
    EnvFilter::try_new(directives.join(",")).map_err(|_| wrong(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_are_refused() {
        for known in ["", "warn", "WARN", "off", "chinwag=debug,info", "debug, rustls=off"] {
            filter(Some(known.into())).unwrap();
        }
        assert_eq!(filter(None).unwrap().to_string(), "info");
        assert_eq!(filter(Some("warn".into())).unwrap().to_string(), "warn");
        for unknown in ["verbose", "chinwag=dbug", "chinwag", "=debug", "[x]=debug", "info;debug"] {
            assert!(filter(Some(unknown.into())).unwrap_err().contains("trace"), "{unknown}");
        }
    }
}
