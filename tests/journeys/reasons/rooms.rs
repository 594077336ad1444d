//! Rooms, their members, and files.

use reqwest::Method;
use serde_json::{Value, json};

use super::Scene;

/// Returns room ids of new rooms, with the code and the parameters of the refusal.
fn room_ids() -> Vec<(String, &'static str, Value)> {
    let room = |reason: &str, more: Value| {
        let mut params = json!({"reason": reason, "what": "room"});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ("topic_invalid", params)
    };
    [
        ("", room("empty", json!({}))),
        ("a//b", room("empty", json!({}))),
        (&"x".repeat(65), room("too_long", json!({"size": 65, "limit": 64}))),
        ("tea time", room("space", json!({"suggestion": "tea-time"}))),
        ("a/+", room("character", json!({"character": "+"}))),
        ("a\u{7}b", room("character", json!({"character": "U+0007"}))),
        ("tea🍵", room("symbol", json!({"character": "🍵"}))),
        ("a/..", room("dots", json!({}))),
        ("1/2/3/4/5/6/7/8/9", room("levels", json!({"size": 9, "limit": 8}))),
        (&vec!["x".repeat(60); 4].join("/"), room("bytes", json!({"size": 243, "limit": 200}))),
        ("users/ana", room("reserved", json!({"word": "users"}))),
        ("dm/ana/bo/cy", ("topic_invalid", json!({"reason": "direct_reserved"}))),
        ("general", ("already_exists", json!({"reason": "room", "room": "general"}))),
        ("secret", ("already_exists", json!({"reason": "room", "room": "secret"}))),
    ]
    .map(|(topic, (code, params))| (topic.to_owned(), code, params))
    .to_vec()
}

pub async fn walk(scene: &mut Scene) {
    let anas = scene.server.as_person(&scene.ana);
    for (topic, code, params) in room_ids() {
        scene.http(&anas, (Method::POST, "/rooms"), json!({"topic": topic}), code, params).await;
    }
    let long = "x".repeat(501);
    for (body, params) in [
        (
            json!({"title": "x".repeat(101)}),
            json!({"reason": "line_too_long", "what": "title", "size": 101, "limit": 100}),
        ),
        (
            json!({"purpose": long}),
            json!({"reason": "line_too_long", "what": "purpose", "size": 501, "limit": 500}),
        ),
        (
            json!({"purpose": "a\nb"}),
            json!({"reason": "line_control", "what": "purpose", "character": "U+000A"}),
        ),
        (
            json!({"title": "a\u{202E}b"}),
            json!({"reason": "line_control", "what": "title", "character": "U+202E"}),
        ),
        (json!({"title": "\u{200B}"}), json!({"reason": "line_blank", "what": "title"})),
    ] {
        let mut body = body;
        body["topic"] = "new".into();
        scene.http(&anas, (Method::POST, "/rooms"), body, "bad_request", params).await;
    }
    changes(scene).await;
    people(scene).await;
    files(scene).await;
}

async fn changes(scene: &mut Scene) {
    let (anas, zoes) = (scene.server.as_person(&scene.ana), scene.server.as_person(&scene.zoe));
    assert_eq!(anas.post("/rooms", json!({"topic": "mine"})).await.unwrap().0, 201);
    let title = json!({"title": "x"});
    let patch = Method::PATCH;
    let refused = json!({"reason": "not_owner", "room": "general"});
    scene.http(&anas, (patch.clone(), "/rooms/general"), title.clone(), "not_authorized", refused).await;
    let refused = json!({"reason": "no_room", "room": "secret"});
    scene.http(&anas, (patch.clone(), "/rooms/secret"), title.clone(), "not_found", refused).await;
    let refused = json!({"reason": "title_empty"});
    scene.http(&anas, (patch.clone(), "/rooms/mine"), json!({"title": " "}), "bad_request", refused).await;
    let refused = json!({"reason": "general_public"});
    scene
        .http(&zoes, (patch.clone(), "/rooms/general"), json!({"private": true}), "bad_request", refused)
        .await;
    let refused = json!({"reason": "not_normal", "what": "room", "suggestion": "general"});
    scene.http(&anas, (Method::GET, "/rooms/General"), Value::Null, "topic_invalid", refused).await;

    assert_eq!(anas.post("/direct", json!({"name": "bo"})).await.unwrap().0, 200);
    let refused = json!({"reason": "direct_change"});
    scene.http(&anas, (patch, "/rooms/dm/ana/bo"), title, "not_authorized", refused).await;
    let refused = json!({"reason": "direct_leave"});
    scene.http(&anas, (Method::DELETE, "/members/dm/ana/bo"), Value::Null, "not_authorized", refused).await;
    let refused = json!({"reason": "direct_unsorted", "room": "dm/ana/bo"});
    scene.http(&anas, (Method::GET, "/rooms/dm/bo/ana"), Value::Null, "not_found", refused).await;
    let refused = json!({"reason": "no_conversation", "name": "zoe"});
    scene.http(&anas, (Method::GET, "/messages/dm/ana/zoe"), Value::Null, "not_found", refused).await;
}

async fn people(scene: &mut Scene) {
    let (anas, bos) = (scene.server.as_person(&scene.ana), scene.server.as_person(&scene.bo));
    let long: Vec<_> = ["ა", "ბ"].iter().map(|letter| letter.repeat(64)).collect();
    for name in &long {
        scene.server.person(name).await.unwrap();
    }
    let (list, long) = (scene.server.cli(&["token", &long[0]], "").await.unwrap(), long[1].clone());
    let longs = chinwag_journeys::Http::new(scene.server.http, Some(&list));
    let nobody = json!({"reason": "no_account", "name": "zzz"});
    for path in ["/direct", "/members/general"] {
        scene.http(&anas, (Method::POST, path), json!({"name": "ZZZ"}), "not_found", nobody.clone()).await;
    }
    let refused = json!({"reason": "direct_self"});
    scene.http(&anas, (Method::POST, "/direct"), json!({"name": "ana"}), "bad_request", refused).await;
    let refused = json!({"reason": "direct_too_long", "limit": 200});
    scene.http(&longs, (Method::POST, "/direct"), json!({"name": long}), "bad_request", refused).await;
    for (http, method, path, body, code, params) in [
        (
            &anas,
            Method::POST,
            "/members/secret",
            Value::Null,
            "not_found",
            json!({"reason": "no_room", "room": "secret"}),
        ),
        (
            &anas,
            Method::GET,
            "/members/walks",
            Value::Null,
            "not_authorized",
            json!({"reason": "not_member", "room": "walks"}),
        ),
        (
            &bos,
            Method::POST,
            "/members/secret",
            json!({"name": "ana"}),
            "not_authorized",
            json!({"reason": "not_owner", "room": "secret"}),
        ),
        (
            &bos,
            Method::DELETE,
            "/members/walks?name=zoe",
            Value::Null,
            "not_authorized",
            json!({"reason": "not_owner", "room": "walks"}),
        ),
        (
            &anas,
            Method::DELETE,
            "/members/walks",
            Value::Null,
            "not_authorized",
            json!({"reason": "not_member", "room": "walks"}),
        ),
    ] {
        scene.http(http, (method, path), body, code, params).await;
    }
}

async fn files(scene: &mut Scene) {
    let anas = scene.server.as_person(&scene.ana);
    let refused = json!({"reason": "no_file"});
    scene.http(&anas, (Method::GET, "/media/0123"), Value::Null, "not_found", refused).await;
    let refused = json!({"reason": "file_empty"});
    scene.http(&anas, (Method::POST, "/media?name=a.txt"), Value::Null, "bad_request", refused).await;
    let most = 50 << 20;
    let (status, problem) = anas.upload("/media?name=a.txt", vec![b'a'; most + 1]).await.unwrap();
    assert_eq!(status, 413, "{problem}");
    let refused = json!({"reason": "file", "limit": most});
    let answer = (problem["code"].as_str().unwrap(), &problem["params"]);
    scene.check("POST /media", answer, ("too_large", &refused));
    let body = json!({"topic": "general", "text": "x".repeat(130 << 10)});
    let refused = json!({"reason": "body", "limit": 128 << 10});
    scene.http(&anas, (Method::POST, "/message"), body, "too_large", refused).await;
}
