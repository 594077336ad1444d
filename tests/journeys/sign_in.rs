//! Signing in while others guess passwords or flood the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chinwag_journeys::{Http, Person, Server};
use reqwest::Method;
use serde_json::{Value, json};

async fn sign_in(http: &Http, name: &str, password: &str) -> u16 {
    http.post("/session", json!({"username": name, "password": password})).await.unwrap().0
}

fn change(current: &str) -> Value {
    json!({"current": current, "new": "a new password"})
}

/// One person's flood of wrong passwords does not keep others from signing in, even without rate limits.
#[tokio::test]
async fn a_flood_of_one_person_leaves_others_their_turn() {
    let server = Server::start().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let over = Arc::new(AtomicBool::new(false));
    let flood: Vec<_> = (0..150)
        .map(|_| {
            let (http, over) = (server.as_person(&ana), Arc::clone(&over));
            tokio::spawn(async move {
                let mut refused = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    let (status, problem) = http.post("/account/password", change("a guess")).await.unwrap();
                    refused
                        .push((status, problem["params"]["reason"].as_str().unwrap_or_default().to_owned()));
                }
                refused
            })
        })
        .collect();
    let stranger = server.as_stranger();
    for _ in 0..3 {
        assert_eq!(sign_in(&stranger, "bo", &bo.password).await, 201);
        assert_eq!(server.as_person(&bo).post("/account/password", change("not mine")).await.unwrap().0, 403);
    }
    over.store(true, Ordering::Relaxed);
    let mut answers = Vec::new();
    for flooding in flood {
        answers.extend(flooding.await.unwrap());
    }
    let [wrong, busy] = [(403, "current_password"), (503, "sign_ins_busy")]
        .map(|(status, reason)| (status, reason.to_owned()));
    assert!(answers.iter().all(|answer| [&wrong, &busy].contains(&answer)), "{answers:?}");
    assert!(answers.contains(&busy), "the flood did not even fill the line");
}

/// Joins and leaves are in every member's log, so they are limited per account.
#[tokio::test]
async fn coming_and_going_has_a_rate() {
    let server = Server::start_with(&[]).await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let (anas, bos) = (server.as_person(&ana), server.as_person(&bo));
    let mut done = 0;
    let refused = loop {
        let (status, answer) = match done % 2 {
            0 => anas.delete("/members/general").await.unwrap(),
            _ => anas.post("/members/general", json!({})).await.unwrap(),
        };
        if status == 429 {
            break answer;
        }
        assert!((200..300).contains(&status), "{status} {answer}");
        done += 1;
        assert!(done < 1_000, "no end");
    };
    assert_eq!(refused["code"], "too_many_requests");
    assert_eq!(refused["params"]["what"], "room_changes");
    assert!(done >= 100, "{done}");
    let mut rooms = 0;
    while anas.post("/rooms", json!({"topic": format!("r/{rooms}")})).await.unwrap().0 == 201 {
        rooms += 1;
        assert!(rooms < 200, "no end");
    }
    assert!(rooms >= 30, "{rooms}");
    assert_eq!(bos.delete("/members/general").await.unwrap().0, 204);
    assert_eq!(bos.post("/members/general", json!({})).await.unwrap().0, 201);
    assert_eq!(bos.post("/rooms", json!({"topic": "bos"})).await.unwrap().0, 201);
    assert_eq!(bos.post("/direct", json!({"name": "ana"})).await.unwrap().0, 200);
}

/// However many guesses are in progress at once, no more are checked than the limit allows; and until the waiting time
/// is over even the right password is refused.
#[tokio::test]
async fn a_wave_of_guesses_passes_no_limit() {
    let server = Server::start_with(&[]).await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    for path in ["/session", "/account/password"] {
        let wave: Vec<_> = (0..40)
            .map(|number| {
                let http = server.as_person(&ana);
                let guess = format!("guess {number}");
                let body = match path {
                    "/session" => json!({"username": "ana", "password": guess}),
                    _ => change(&guess),
                };
                tokio::spawn(async move { http.post(path, body).await.unwrap().0 })
            })
            .collect();
        let mut statuses = Vec::new();
        for guess in wave {
            statuses.push(guess.await.unwrap());
        }
        let tried = statuses.iter().filter(|status| [401, 403].contains(*status)).count();
        // One more every ten seconds, if the machine is that slow.
        assert!((10..=13).contains(&tried), "{path}: {statuses:?}");
        assert!(statuses.iter().all(|status| [401, 403, 429].contains(status)), "{path}: {statuses:?}");
    }
    assert_eq!(sign_in(&server.as_stranger(), "bo", &bo.password).await, 201, "others sign in meanwhile");
    for _ in 0..30 {
        assert_eq!(sign_in(&server.as_stranger(), "bo", &bo.password).await, 201, "who is right never waits");
    }
}

/// A host with IPv6 has 2^64 addresses, but no more guesses than any other host.
#[tokio::test]
async fn an_ipv6_network_is_one_guesser_and_is_logged() {
    let server = Server::start_with(&["--trusted-proxies", "127.0.0.1/32"]).await.unwrap();
    let ana: Person = server.person("ana").await.unwrap();
    let from = async |address: &str, password: &str| {
        let body = json!({"username": "ana", "password": password});
        let request = server.as_stranger().request(Method::POST, "/session");
        request.header("X-Forwarded-For", address).json(&body).send().await.unwrap().status().as_u16()
    };
    let mut statuses = Vec::new();
    for last in 0..20 {
        statuses.push(from(&format!("2001:db8:0:1::{last:x}"), "a guess").await);
    }
    let tried = statuses.iter().filter(|status| **status == 401).count();
    assert!((10..=12).contains(&tried) && statuses.contains(&429), "{statuses:?}");
    assert_eq!(from("2001:db8:0:2::1", &ana.password).await, 201, "another network is another host");
    let log = server.log();
    let line = log.lines().find(|line| line.contains("a sign-in was refused")).expect("nothing is logged");
    for part in ["2001:db8:0:1::", "ana", "not_authenticated"] {
        assert!(line.contains(part), "{line}");
    }
    assert!(!log.contains("a guess"), "a password is never logged");
}
