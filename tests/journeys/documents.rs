//! The documentation agrees with the server's behavior.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chinwag_journeys::{Http, Server};
use regex_lite::Regex;
use reqwest::Method;
use serde_json::Value;

const GUIDE: &str = include_str!("../../docs/guide.md");

/// Checks that every `$ref` in a document resolves.
fn assert_references(document: &Value, part: &Value) {
    match part {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
            }
            members.values().for_each(|member| assert_references(document, member));
        }
        Value::Array(items) => items.iter().for_each(|item| assert_references(document, item)),
        _ => {}
    }
}

#[tokio::test]
async fn openapi_says_what_is_offered_and_to_whom() {
    let server = Server::start().await.unwrap();
    let nobody = Http::new(server.http, None);
    let (_, document) = nobody.get("/openapi.json").await.unwrap();
    assert_references(&document, &document);
    let mut ids = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let at = path.replace("{topic}", "team%2Fbackend").replace("{id}", "1");
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = nobody.request(method.clone(), &at).send().await.unwrap();
            let (what, status) = (format!("{method} {path}"), answer.status().as_u16());
            let Some(operation) = operations.get(method.as_str().to_lowercase()) else {
                assert_eq!(status, 405, "{what} is offered and not documented");
                continue;
            };
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{what}: another operation is called {id}, too");
            let public = operation.get("security").is_some();
            assert_eq!(status == 401, !public, "{what}: {status}, and documented as public: {public}");
            assert!(![404, 405, 500].contains(&status), "{what}: {status}");
            if status >= 400 {
                assert_eq!(answer.headers()["content-type"], "application/problem+json", "{what}");
            }
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let wrong = answer.pointer("/content/application~1json/schema/$ref").and_then(Value::as_str);
                let wrong = wrong.is_some_and(|schema| schema.ends_with("/Problem"));
                assert!(answer["description"].is_string(), "{what}: {status} needs a description");
                assert!(!wrong, "{what}: leave out {status}, the default answer stands for every problem");
            }
        }
    }
}

#[tokio::test]
async fn asyncapi_holds_together() {
    let server = Server::start().await.unwrap();
    let (_, document) = Http::new(server.http, None).get("/asyncapi.json").await.unwrap();
    assert_references(&document, &document);
    let channels: BTreeSet<_> = document["channels"].as_object().unwrap().keys().cloned().collect();
    let used: BTreeSet<String> = document["operations"]
        .as_object()
        .unwrap()
        .values()
        .map(|operation| operation["channel"]["$ref"].as_str().unwrap()["#/channels/".len()..].to_owned())
        .collect();
    assert_eq!(channels, used, "every channel has an operation");
}

#[tokio::test]
async fn the_guide_knows_every_flag_and_every_metric() {
    let server = Server::start().await.unwrap();
    let help = server.command(&["serve", "--help"], "").await.unwrap();
    let (help, metrics) = (String::from_utf8(help.stdout).unwrap(), server.metrics().await.unwrap());
    let families: String = metrics.lines().filter(|line| line.starts_with("# TYPE")).collect();
    for (pattern, text) in
        [(r"--[a-z-]+", &help), (r"CHINWAG_[A-Z_]+", &help), (r"chinwag_[a-z_]+|process_[a-z_]+", &families)]
    {
        let found: BTreeSet<_> =
            Regex::new(pattern).unwrap().find_iter(text).map(|found| found.as_str()).collect();
        assert!(found.len() > 5, "{pattern} finds {found:?}");
        let missing: Vec<_> =
            found.into_iter().filter(|name| *name != "--help" && !GUIDE.contains(name)).collect();
        assert!(missing.is_empty(), "docs/guide.md does not know {missing:?}");
    }
}

/// Returns the names and values of the limits that `pattern` finds in a source file; None if a value is not a number.
fn limits_in(source: &str, pattern: &str) -> Vec<(String, Option<u64>)> {
    let number = |text: &str| match text.replace('_', "").split_once(" << ") {
        Some((one, by)) => Some(one.parse::<u64>().ok()? << by.parse::<u32>().ok()?),
        None => text.replace('_', "").parse().ok(),
    };
    let found = Regex::new(pattern).unwrap();
    found.captures_iter(source).map(|found| (found[1].to_owned(), number(&found[2]))).collect()
}

#[test]
fn the_guide_knows_every_limit_and_its_default() {
    let rates = include_str!("../../crates/chinwag-chat/src/rates.rs");
    let broker = include_str!("../../crates/chinwag-broker/src/limits.rs");
    let rates = limits_in(rates, r"(?m)^const ([A-Z_]+): \w+ = (.+);$");
    let broker = limits_in(broker, r"(?m)^            ([a-z_]+): (.+),$");
    assert!(rates.len() > 5 && broker.len() > 20, "{rates:?} {broker:?}");
    for (name, value) in [rates, broker].concat() {
        let value = value.map(|value| format!("{value} | ")).unwrap_or_default();
        let row = format!("| `{name}` | {value}");
        assert!(GUIDE.contains(&row), "docs/guide.md lacks: {row}");
    }
}

/// Returns the paths and contents of all Markdown pages.
fn pages() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut pages = Vec::new();
    for folder in ["", "docs", "docs/decisions", "docs/bench"] {
        let Ok(files) = std::fs::read_dir(root.join(folder)) else { continue };
        for path in files.map(|file| file.unwrap().path()) {
            if path.extension().is_some_and(|extension| extension == "md") {
                let text = std::fs::read_to_string(&path).unwrap();
                pages.push((path, text));
            }
        }
    }
    assert!(pages.len() > 10, "{}", pages.len());
    pages
}

#[test]
fn every_link_leads_somewhere() {
    let link = Regex::new(r##"(?:\]\(|src="|srcset=")([^)"#\s]+)"##).unwrap();
    for (page, text) in pages() {
        for found in link.captures_iter(&text).filter(|found| !found[1].contains(':')) {
            let target = page.parent().unwrap().join(&found[1]);
            assert!(target.exists(), "{} links to {}, which is not there", page.display(), &found[1]);
        }
    }
}

#[test]
fn every_target_that_is_told_of_is_there() {
    let makefile = include_str!("../../Makefile");
    let is_there = |target: &str| makefile.lines().any(|line| line.starts_with(&format!("{target}:")));
    let told = Regex::new(r"(?:`|^    |\n    )make ([a-z0-9-]+)").unwrap();
    for (page, text) in pages() {
        for found in told.captures_iter(&text) {
            assert!(is_there(&found[1]), "{}: there is no `make {}`", page.display(), &found[1]);
        }
    }
    let phony = makefile.lines().find_map(|line| line.strip_prefix(".PHONY: ")).unwrap();
    for target in phony.split(' ') {
        assert!(is_there(target), "the Makefile names {target}, and has no rule for it");
    }
}
