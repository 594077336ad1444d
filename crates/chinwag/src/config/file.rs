//! Settings from a TOML file and from systemd credentials. They become the defaults of the command line's arguments, so
//! that each setting is declared, parsed and merged in one place only.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{ArgMatches, Command};

/// The variable with the folder of a service's systemd credentials (`LoadCredential=`).
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
/// Credentials whose path is the setting.
const AS_FILES: [&str; 6] =
    ["config", "tls_cert", "tls_key", "tls_client_ca", "broker_ca", "broker_secret_file"];
/// Credentials whose content is the setting.
const AS_VALUES: [&str; 4] = ["database", "broker", "broker_secret", "broker_api"];

/// Parses a command line whose settings may also come from a file; `settings` names the subcommand whose flags are its
/// keys.
pub fn parse(
    command: Command,
    settings: &'static str,
    line: impl IntoIterator<Item = OsString>,
) -> Result<ArgMatches, clap::Error> {
    let line: Vec<OsString> = line.into_iter().collect();
    let known: Vec<String> = command
        .find_subcommand(settings)
        .into_iter()
        .flat_map(Command::get_arguments)
        .map(|argument| argument.get_id().to_string())
        .filter(|name| name != "config")
        .collect();
    let credentials = std::env::var_os(CREDENTIALS).map_or_else(HashMap::new, |folder| credentials(&folder));
    let command = with_defaults(unset_empty(command), &credentials);
    let matches = command.clone().try_get_matches_from(&line)?;
    let Some(path) = config(&matches) else { return Ok(matches) };
    let wrong = |why: String| {
        clap::Error::raw(ErrorKind::ValueValidation, format!("the settings in {}: {why}\n", path.display()))
    };
    let text = std::fs::read_to_string(&path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let values = understand(&text, &known).map_err(wrong)?;
    with_defaults(command, &values).try_get_matches_from(&line).map_err(|error| {
        // Without clap's usage: the command line is right, a value in the file is not.
        let words = error.to_string();
        let words = words.lines().next().unwrap_or_default();
        wrong(words.trim_start_matches("error: ").to_owned())
    })
}

/// Returns the settings file, given to whichever subcommand.
fn config(matches: &ArgMatches) -> Option<PathBuf> {
    match matches.subcommand() {
        Some((_, matches)) => config(matches),
        None => matches.try_get_one::<PathBuf>("config").ok().flatten().cloned(),
    }
}

/// Parses the settings in a file. Errors do not quote its lines, which may contain a password.
fn understand(text: &str, known: &[String]) -> Result<HashMap<String, Vec<String>>, String> {
    let table: toml::Table = toml::from_str(text).map_err(|error: toml::de::Error| {
        let place = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.as_bytes()[..place].iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("line {line} is not TOML: {}", error.message())
    })?;
    let mut settings = HashMap::new();
    for (key, value) in table {
        let name = key.replace('-', "_");
        if !known.contains(&name) {
            return Err(format!("there is no setting {key}; there are: {}", known.join(", ")));
        }
        let values = match value {
            toml::Value::Array(list) => list.into_iter().map(plain).collect(),
            value => plain(value).map(|value| vec![value]),
        };
        let values = values
            .ok_or_else(|| format!("{key} must be a string, a number, true, false or a list of strings"))?;
        if settings.insert(name, values).is_some() {
            return Err(format!("{key} is set twice, with '-' and with '_'"));
        }
    }
    Ok(settings)
}

fn plain(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(yes) => Some(yes.to_string()),
        _ => None,
    }
}

fn credentials(folder: &std::ffi::OsStr) -> HashMap<String, Vec<String>> {
    let mut found = HashMap::new();
    let files = |name: &'static str| {
        let path = Path::new(folder).join(name.replace('_', "-"));
        path.is_file().then_some(path)
    };
    for name in AS_FILES {
        if let Some(path) = files(name) {
            found.insert(name.to_owned(), vec![path.display().to_string()]);
        }
    }
    for name in AS_VALUES {
        if let Some(value) = files(name).and_then(|path| std::fs::read_to_string(path).ok()) {
            found.insert(name.to_owned(), vec![value.trim().to_owned()]);
        }
    }
    found
}

/// Sets the defaults of the arguments with these names, in every subcommand.
fn with_defaults(command: Command, values: &HashMap<String, Vec<String>>) -> Command {
    let give = |argument: clap::Arg| match values.get(argument.get_id().as_str()) {
        Some(values) => argument.default_values(values.clone()).hide_default_value(true),
        None => argument,
    };
    command.mut_args(give).mut_subcommands(|command| with_defaults(command, values))
}

/// Ignores environment variables that are set but empty, as Compose files leave them.
fn unset_empty(command: Command) -> Command {
    let unset = |argument: clap::Arg| {
        let empty = argument.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
        if empty { argument.env(None::<&'static str>) } else { argument }
    };
    command.mut_args(unset).mut_subcommands(unset_empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ServeArgs;
    use clap::{Args, FromArgMatches};

    fn known() -> Vec<String> {
        let command = ServeArgs::augment_args(Command::new("serve"));
        command.get_arguments().map(|argument| argument.get_id().to_string()).collect()
    }

    #[test]
    fn keys_are_the_flags_names_in_either_spelling() {
        let values = understand(
            "tls-cert = \"a\"\ntls_key = \"b\"\nlimits = false\ntrusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]",
            &known(),
        )
        .unwrap();
        let command = with_defaults(ServeArgs::augment_args(Command::new("serve")), &values);
        let matches = command.clone().try_get_matches_from(["serve", "--tls-key", "c"]).unwrap();
        let serve = ServeArgs::from_arg_matches(&matches).unwrap();
        assert_eq!(serve.tls_cert, Some("a".into()));
        assert_eq!(serve.tls_key, Some("c".into()), "a flag counts before the file");
        assert_eq!(serve.trusted_proxies.as_ref().unwrap().len(), 2);
        assert!(!serve.settle().unwrap().limits);
        let lists = "trusted-proxies = \"127.0.0.1,10.0.0.0/8\"\nallow-origin = [\"https://a.example\", \"http://b\"]";
        let values = understand(lists, &known()).unwrap();
        let command = with_defaults(ServeArgs::augment_args(Command::new("serve")), &values);
        let parse = |line: &[&str]| {
            ServeArgs::from_arg_matches(&command.clone().try_get_matches_from(line).unwrap()).unwrap()
        };
        let serve = parse(&["serve"]);
        assert_eq!((serve.trusted_proxies.unwrap().len(), serve.allow_origin.unwrap().len()), (2, 2));
        let serve = parse(&["serve", "--allow-origin", "http://a", "--allow-origin", "http://b,http://c"]);
        assert_eq!(serve.allow_origin.unwrap().len(), 3, "a flag given several times, or a list");
    }

    #[test]
    fn what_is_wrong_is_told_without_what_stands_there() {
        for (text, word) in [
            ("\n\ndatabase = \"postgres://u:secretpw@h/x", "line 3"),
            ("secretpw = secretpw", "line 1"),
            ("database = { secretpw = 1 }", "database must be a string"),
            ("databse = \"secretpw\"", "there is no setting databse"),
            ("tls-cert = \"secretpw\"\ntls_cert = \"b\"", "twice"),
        ] {
            let error = understand(text, &known()).unwrap_err();
            assert!(error.contains(word) && !error.contains("secretpw"), "{text}: {error}");
        }
    }
}
