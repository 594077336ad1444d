//! Setting up, signing in, accounts, passwords and tokens.

use chinwag_journeys::{Http, Server};
use reqwest::Method;
use serde_json::{Value, json};

use super::Scene;

/// Returns the parameters of the refusal of a wrong setup link.
pub async fn before_there_is_an_administrator(server: &Server) -> Value {
    let wrong = json!({"token": "another", "username": "zoe", "password": "a long password"});
    let (status, mut problem) = server.as_stranger().post("/setup", wrong).await.unwrap();
    assert_eq!(status, 403, "{problem}");
    problem["params"].take()
}

pub async fn walk(scene: &mut Scene) {
    names(scene).await;
    passwords_and_tokens(scene).await;
    signing_in(scene).await;
}

async fn names(scene: &mut Scene) {
    let zoes = scene.server.as_person(&scene.zoe);
    scene.server.person("gone").await.unwrap();
    scene.server.cli(&["user", "delete", "gone"], "").await.unwrap();
    let marks = format!("a{}", "\u{316}".repeat(5));
    for (name, params) in [
        ("", json!({"reason": "empty", "what": "name"})),
        (&*"x".repeat(65), json!({"reason": "too_long", "what": "name", "size": 65, "limit": 64})),
        ("Ana Müller", json!({"reason": "space", "what": "name", "suggestion": "ana-müller"})),
        ("a/b", json!({"reason": "character", "what": "name", "character": "/"})),
        ("🎉", json!({"reason": "symbol", "what": "name", "character": "🎉"})),
        ("an\u{200B}a", json!({"reason": "invisible", "what": "name", "character": "U+200B"})),
        ("ａｎａ", json!({"reason": "not_plain", "what": "name", "suggestion": "ana"})),
        ("ɑna", json!({"reason": "unusual_letter", "what": "name", "character": "ɑ"})),
        ("аna", json!({"reason": "mixed_scripts", "what": "name"})),
        (&*marks, json!({"reason": "marks", "what": "name", "limit": 4})),
        ("..", json!({"reason": "dots", "what": "name"})),
        ("everyone", json!({"reason": "reserved", "what": "name", "word": "everyone"})),
    ] {
        let body = json!({"username": name, "password": "a long password"});
        scene.http(&zoes, (Method::POST, "/accounts"), body, "topic_invalid", params).await;
    }
    for (name, params) in [
        ("ana", json!({"reason": "account", "name": "ana"})),
        ("_Ana.", json!({"reason": "account", "name": "_ana."})),
        ("gone", json!({"reason": "deleted_account", "name": "gone"})),
    ] {
        let body = json!({"username": name, "password": "a long password"});
        scene.http(&zoes, (Method::POST, "/accounts"), body, "already_exists", params).await;
    }
}

async fn passwords_and_tokens(scene: &mut Scene) {
    let (anas, zoes) = (scene.server.as_person(&scene.ana), scene.server.as_person(&scene.zoe));
    let long = "x".repeat(513);
    for (password, params) in [
        ("short", json!({"reason": "password_short", "limit": 8})),
        (&*long, json!({"reason": "password_long", "limit": 512})),
    ] {
        let body = json!({"username": "dee", "password": password});
        scene.http(&zoes, (Method::POST, "/accounts"), body, "bad_request", params.clone()).await;
        let body = json!({"current": scene.ana.password, "new": password});
        scene.http(&anas, (Method::POST, "/account/password"), body, "bad_request", params).await;
    }
    let body = json!({"current": "a guess", "new": "a long password"});
    let refused = json!({"reason": "current_password"});
    scene.http(&anas, (Method::POST, "/account/password"), body, "not_authorized", refused).await;
    let body = json!({"username": "dee", "password": "a long password"});
    let refused = json!({"reason": "not_administrator"});
    scene.http(&anas, (Method::POST, "/accounts"), body, "not_authorized", refused).await;
    let refused = json!({"reason": "line_control", "what": "label", "character": "U+0000"});
    scene.http(&anas, (Method::POST, "/tokens"), json!({"label": "\0"}), "bad_request", refused).await;
    let refused = json!({"reason": "no_token", "token": 9_999});
    scene.http(&anas, (Method::DELETE, "/tokens/9999"), Value::Null, "not_found", refused).await;
}

async fn signing_in(scene: &mut Scene) {
    let stranger = scene.server.as_stranger();
    let body = json!({"username": "ana", "password": "a guess"});
    let refused = json!({"reason": "wrong_credentials"});
    scene.http(&stranger, (Method::POST, "/session"), body, "not_authenticated", refused).await;
    scene.server.person("di").await.unwrap();
    scene.server.cli(&["user", "disable", "di"], "").await.unwrap();
    let body = json!({"username": "di", "password": "the password of di"});
    let refused = json!({"reason": "account_disabled"});
    scene.http(&stranger, (Method::POST, "/session"), body, "not_authorized", refused).await;
    let refused = json!({"reason": "not_signed_in"});
    scene.http(&stranger, (Method::GET, "/rooms"), Value::Null, "not_authenticated", refused).await;
    let nobody = Http::new(scene.server.http, Some("chw_no-such-token"));
    let refused = json!({"reason": "sign_in_ended"});
    scene.http(&nobody, (Method::GET, "/rooms"), Value::Null, "not_authenticated", refused).await;
    let setup = json!({"token": "x", "username": "yan", "password": "a long password"});
    let refused = json!({"reason": "administrator"});
    scene.http(&stranger, (Method::POST, "/setup"), setup, "already_exists", refused).await;

    let request = stranger.request(Method::POST, "/rooms").json(&json!({"topic": "theirs"}));
    let request = request.header("Cookie", format!("chinwag_session={}", scene.ana.token));
    let answer = request.header("Origin", "http://evil.example").send().await.unwrap();
    let problem: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    let answer = (problem["code"].as_str().unwrap(), &problem["params"]);
    scene.check("another site's page", answer, ("not_authorized", &json!({"reason": "other_site"})));
}

/// After too many wrong passwords, a client is told how long to wait, in the header that HTTP has for it, too.
pub async fn wrong_passwords(scene: &mut Scene) {
    let server = Server::start_with(&[]).await.unwrap();
    let body = json!({"username": "ana", "password": "a guess"});
    for _ in 0..100 {
        let request = server.as_stranger().request(Method::POST, "/session").json(&body);
        let answer = request.send().await.unwrap();
        if answer.status().as_u16() == 401 {
            assert!(!answer.headers().contains_key("retry-after"));
            continue;
        }
        let wait = answer.headers()["retry-after"].to_str().unwrap().to_owned();
        let problem: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        let seconds = problem["params"]["seconds"].as_u64().unwrap();
        assert!((1..=60).contains(&seconds) && wait == seconds.to_string(), "{wait} {problem}");
        let refused = json!({"reason": "rate", "what": "passwords", "seconds": seconds});
        let answer = (problem["code"].as_str().unwrap(), &problem["params"]);
        return scene.check("a wave of guesses", answer, ("too_many_requests", &refused));
    }
    panic!("no end of guesses");
}
