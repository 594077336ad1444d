//! Invalid input: each kind has its own clear refusal, and stored data is not affected.

use chinwag_journeys::{Http, Mqtt, Options, Packet, Person, Server, Version, eventually};
use reqwest::Method;
use serde_json::{Value, json};

struct Scene {
    server: Server,
    ana: Person,
    bo: Person,
    /// A client of bo, who is in the private room; ana is not.
    bos: Http,
    anas: Http,
}

/// Starts a server with two people; `secret` is private and only bo is in it.
async fn scene() -> Scene {
    scene_at(Server::start().await.unwrap()).await
}

async fn scene_at(server: Server) -> Scene {
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    server.room("secret", &["--private"], &[&bo]).await.unwrap();
    let (anas, bos) = (server.as_person(&ana), server.as_person(&bo));
    bos.say("secret", "between us").await.unwrap();
    anas.say("general", "before").await.unwrap();
    Scene { server, ana, bo, bos, anas }
}

impl Scene {
    async fn connect(&self, version: Version, id: &str) -> Mqtt {
        Mqtt::connect(self.server.mqtt, &self.ana, &Options::new(version, id)).await.unwrap()
    }

    /// Checks that both rooms contain exactly the messages from the start.
    async fn assert_unharmed(&self) {
        let texts = |messages: Vec<Value>| messages.iter().map(|m| m["text"].clone()).collect::<Vec<_>>();
        assert_eq!(texts(self.bos.messages("secret").await.unwrap()), ["between us"]);
        assert_eq!(texts(self.anas.messages("general").await.unwrap()), ["before"]);
    }
}

fn assert_problem((status, problem): &(u16, Value), expected: &[u16], code: &str) {
    assert!(expected.contains(status), "{status} {problem}");
    assert_eq!(problem["code"], code, "{problem}");
    assert_eq!(problem["status"], *status);
    assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
}

#[tokio::test]
async fn a_taken_topic_does_not_tell_whether_its_room_is_private() {
    let scene = scene().await;
    scene.server.room("open", &[], &[&scene.bo]).await.unwrap();
    let make = async |topic: &str| {
        let (status, problem) = scene.anas.post("/rooms", json!({"topic": topic})).await.unwrap();
        (status, problem.to_string().replace(topic, "TOPIC"))
    };
    let (private, public) = (make("secret").await, make("open").await);
    assert_eq!((private.0, &private), (409, &public));
}

#[tokio::test]
async fn a_conversation_with_nobody_says_so() {
    let scene = scene().await;
    let ask = async |path: &str| {
        let (status, problem) = scene.anas.get(path).await.unwrap();
        (status, problem["detail"].as_str().unwrap().to_owned())
    };
    assert_eq!(ask("/rooms/dm/ana/zzz").await, (404, "there is no account zzz".to_owned()));
    assert_eq!(ask("/messages/dm/ana/zzz").await, (404, "there is no account zzz".to_owned()));
    let (status, detail) = ask("/rooms/dm/ana/bo").await;
    assert!(status == 404 && detail.contains("no conversation with bo yet"), "{detail}");
    let (status, detail) = ask("/rooms/dm/bo/zzz").await;
    assert!(status == 404 && !detail.contains("no account"), "of others' conversations nothing: {detail}");
    let say = json!({"topic": "dm/ana/zzz", "text": "hello?"});
    let answer = scene.anas.post("/message", say).await.unwrap();
    assert_problem(&answer, &[404], "not_found");
}

#[tokio::test]
async fn a_wrong_password() {
    let scene = scene().await;
    let server = &scene.server;
    for (name, password) in [("ana", "wrong password"), ("nobody-at-all", "wrong password"), ("ana", "")] {
        let five = Options::new(Version::V5, "x");
        let connected = Mqtt::try_connect(server.mqtt, name, password, &five).await.unwrap().connected;
        assert_eq!(connected.code, 0x86, "{}", connected.reason);
        let three = Options::new(Version::V3, "x");
        let connected = Mqtt::try_connect(server.mqtt, name, password, &three).await.unwrap().connected;
        assert!([4, 5].contains(&connected.code));
        let sign_in = json!({"username": name, "password": password});
        let answer = server.as_stranger().post("/session", sign_in).await.unwrap();
        assert_problem(&answer, &[401], "not_authenticated");
    }
    // Bo's token does not authenticate ana.
    let options = Options::new(Version::V5, "x");
    let connected = Mqtt::try_connect(server.mqtt, "ana", &scene.bo.token, &options).await.unwrap().connected;
    assert_eq!(connected.code, 0x86);
    let answer = server.as_stranger().get("/messages/general").await.unwrap();
    assert_problem(&answer, &[401], "not_authenticated");
    let answer = Http::new(server.http, Some("no-such-token")).get("/messages/general").await.unwrap();
    assert_problem(&answer, &[401], "not_authenticated");
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn publishes_that_are_not_allowed_say_why_and_the_connection_stands() {
    let scene = scene().await;
    let mut ana = scene.connect(Version::V5, "ana").await;
    let long = "x".repeat(16 * 1024 + 1);
    let cases: [(&str, &[u8], u8, &str); 15] = [
        ("users/bo/send/general", b"I am bo", 0x87, "not_authorized"),
        ("users/bo/typing/general", b"{\"typing\":true}", 0x87, "not_authorized"),
        ("users/bo/read/general", b"1", 0x87, "not_authorized"),
        ("users/bo/inbox", b"{}", 0x87, "not_authorized"),
        ("users/ana/inbox", b"{}", 0x87, "not_authorized"),
        ("users/ana/presence", b"{\"state\":\"away\"}", 0x87, "not_authorized"),
        ("users/ana/activity/general", b"{\"type\":\"typing\",\"typing\":true}", 0x87, "not_authorized"),
        ("secret", b"let me in", 0x87, "not_found"),
        ("users/ana/send/secret", b"let me in", 0x87, "not_found"),
        ("no/such/room", b"hello?", 0x87, "not_found"),
        ("Upper Case", b"hello", 0x90, "topic_invalid"),
        ("a//b", b"hello", 0x90, "topic_invalid"),
        ("general", b"\xff\xfe\x00binary", 0x99, "payload_invalid"),
        ("general", b"{\"text\":\"\"}", 0x99, "payload_invalid"),
        ("general", b"", 0x99, "payload_invalid"),
    ];
    for (topic, payload, code, word) in cases {
        for qos in [1, 2] {
            let ack = ana.publish(topic, payload, qos).await.unwrap();
            assert_eq!(ack.code, code, "{topic} at QoS {qos}: {}", ack.reason);
            assert!(ack.reason.starts_with(word), "{topic}: {}", ack.reason);
        }
    }
    let ack = ana.publish("general", long.as_bytes(), 1).await.unwrap();
    assert!(ack.code >= 0x80 && ack.reason.starts_with("too_large"), "{ack:?}");
    ana.ping().await.unwrap();
    scene.assert_unharmed().await;
}

/// A 3.1.1 client resends an oversized message until it is acknowledged: so it gets its acknowledgement, a note in the
/// inbox with the reason, and the connection stays open. A 5.0 connection ends with the reason in the DISCONNECT.
#[tokio::test]
async fn a_packet_that_is_too_large_is_refused_once() {
    let scene = scene().await;
    let mut ana = scene.connect(Version::V3, "kettle").await;
    ana.must_subscribe("users/ana/inbox", 1).await.unwrap();
    let large = vec![b'x'; 70_000];
    for qos in [1, 2] {
        ana.publish("general", &large, qos).await.unwrap();
        let note = loop {
            let note = ana.message().await.unwrap().json().unwrap();
            if note["type"] != "heads" {
                break note;
            }
        };
        assert_eq!((&note["type"], &note["code"]), (&json!("refused"), &json!("too_large")));
        assert_eq!(note["params"], json!({"reason": "packet", "limit": 65_536}));
        assert_eq!(note["topic"], "general");
    }
    ana.publish("general", b"still there", 1).await.unwrap();
    let said = scene.anas.messages("general").await.unwrap();
    let said: Vec<_> = said.iter().map(|message| &message["text"]).collect();
    assert_eq!(said, ["before", "still there"]);
    let mut bo = scene.connect(Version::V5, "laptop").await;
    bo.begin_publish("general", &large, 1).await.unwrap();
    let answer = bo.answer().await.unwrap();
    assert!(matches!(answer, Packet::Disconnect(0x95, _)), "{answer:?}");
    let metrics = scene.server.metrics().await.unwrap();
    for line in [
        r#"chinwag_mqtt_refusals_total{packet="publish",code="0x95"} 2"#,
        r#"chinwag_mqtt_refusals_total{packet="disconnect",code="0x95"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
}

/// The log identifies refused clients: address, account name, client id and reason, so that an operator can warn or
/// block them. Clients cannot forge log lines, no secret is logged, and a flood of refusals is rate limited.
#[tokio::test]
async fn refusals_are_in_the_log() {
    let scene = scene().await;
    let mallory =
        Person { name: "ana".to_owned(), password: "a wrong guess".to_owned(), token: String::new() };
    let id = "x\n2026-01-01 WARN forged\u{1b}[31m";
    let options = Options::new(Version::V5, id);
    let refused = Mqtt::try_connect(scene.server.mqtt, "ana", &mallory.password, &options).await.unwrap();
    assert_eq!(refused.connected.code, 0x86);
    let log = scene.server.log();
    let line = log.lines().find(|line| line.contains("CONNECT refused")).unwrap();
    for part in
        ["WARN", "address=127.0.0.1 code=0x86 account=\"ana\"", r"x\n2026-01-01 WARN forged\u{1b}[31m"]
    {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(!log.contains(&mallory.password));
    let _first = scene.connect(Version::V3, "kettle").await;
    let _second = scene.connect(Version::V3, "kettle").await;
    eventually("the takeover is in the log", async || {
        let log = scene.server.log();
        log.lines().any(|line| line.contains("connection ended") && line.contains("client_id=\"kettle\""))
    })
    .await;
}

#[tokio::test]
async fn a_3_1_1_client_reads_its_refusals_in_its_inbox() {
    let scene = scene().await;
    let mut ana = scene.connect(Version::V3, "ana").await;
    ana.must_subscribe("users/ana/inbox", 1).await.unwrap();
    let heads = ana.message().await.unwrap().json().unwrap();
    assert_eq!(heads["type"], "heads");
    assert!(heads["rooms"]["general"].as_u64() > Some(0) && heads["rooms"]["secret"].is_null(), "{heads}");

    assert_eq!(ana.publish("secret", br#"{"text":"hi","msg_id":"m-1"}"#, 1).await.unwrap().code, 0);
    let note = ana.message().await.unwrap().json().unwrap();
    assert_eq!(note["type"], "refused");
    assert_eq!(
        (&note["topic"], &note["msg_id"], &note["code"]),
        (&json!("secret"), &json!("m-1"), &json!("not_found"))
    );
    // At QoS 0 the inbox is the only place for the refusal.
    ana.publish("users/bo/send/general", b"I am bo", 0).await.unwrap();
    let note = ana.message().await.unwrap().json().unwrap();
    assert_eq!((&note["type"], &note["code"]), (&json!("refused"), &json!("not_authorized")));
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn subscriptions_reach_only_what_one_may_read() {
    let scene = scene().await;
    let mut ana = scene.connect(Version::V5, "ana").await;
    for filter in [
        "secret",
        "users/bo/inbox",
        "users/bo/send/general",
        "users/ana/send/general",
        "users/bo/typing/general",
        "$SYS/uptime",
    ] {
        let (code, reason) = ana.subscribe(filter, 1).await.unwrap();
        assert_eq!(code, 0x87, "{filter}: {reason}");
        assert!(!reason.is_empty(), "{filter} is refused without a word");
    }
    for filter in [
        "#",
        "+",
        "users/#",
        "users/+/inbox",
        "users/+/send/#",
        "users/+/read/+",
        "users/+/activity/#",
        "+/#",
    ] {
        ana.must_subscribe(filter, 1).await.unwrap();
    }
    // Bo's actions in a room that ana is not in, followed by one in a room that she is in.
    let mut bo = Mqtt::connect(scene.server.mqtt, &scene.bo, &Options::new(Version::V5, "bo")).await.unwrap();
    assert_eq!(bo.publish("secret", b"psst", 1).await.unwrap().code, 0);
    assert_eq!(bo.publish("users/bo/send/secret", b"psst", 1).await.unwrap().code, 0);
    assert_eq!(bo.publish("users/bo/read/secret", b"2", 1).await.unwrap().code, 0);
    bo.publish("users/bo/typing/secret", br#"{"typing":true}"#, 0).await.unwrap();
    assert_eq!(bo.publish("users/bo/send/general", b"the end", 1).await.unwrap().code, 0);
    loop {
        let message = ana.message().await.unwrap();
        let text = String::from_utf8_lossy(&message.payload).into_owned();
        assert!(!message.topic.contains("secret") && !text.contains("psst"), "{} {text}", message.topic);
        assert!(!message.topic.contains("/send/"), "{} {text}", message.topic);
        assert!(
            message.topic == "users/ana/inbox" || !message.topic.ends_with("/inbox"),
            "{}",
            message.topic
        );
        if text.contains("the end") {
            break;
        }
    }
}

#[tokio::test]
async fn http_requests_that_are_wrong() {
    let Scene { server, ana, anas, .. } = &scene().await;
    let post = async |body: Value| anas.post("/message", body).await.unwrap();
    assert_problem(&post(json!({"topic": "secret", "text": "hi"})).await, &[404], "not_found");
    assert_problem(&post(json!({"topic": "no/such/room", "text": "hi"})).await, &[404], "not_found");
    assert_problem(&post(json!({"topic": "users/bo/inbox", "text": "hi"})).await, &[400], "topic_invalid");
    assert_problem(&post(json!({"topic": "a/#", "text": "hi"})).await, &[400], "topic_invalid");
    assert_problem(&post(json!({"topic": "general", "text": " "})).await, &[400], "payload_invalid");
    let long = "x".repeat(16 * 1024 + 1);
    assert_problem(&post(json!({"topic": "general", "text": long})).await, &[413], "too_large");
    let answering_nothing = json!({"topic": "general", "text": "hi", "original_message": 9_999});
    let (status, problem) = post(answering_nothing).await;
    assert!((400..500).contains(&status), "an answer to nothing: {status} {problem}");

    let raw = async |kind: &str, body: String| {
        let request = anas.request(Method::POST, "/message").header("content-type", kind).body(body);
        let answer = request.send().await.unwrap();
        let kind = answer.headers().get("content-type").unwrap().to_str().unwrap().to_owned();
        assert!(kind.starts_with("application/problem+json"), "{kind}");
        let status = answer.status().as_u16();
        (status, serde_json::from_slice::<Value>(&answer.bytes().await.unwrap()).unwrap())
    };
    assert_problem(&raw("application/json", "{\"topic\":".into()).await, &[400], "bad_request");
    assert_problem(&raw("application/json", "{\"topic\":7}".into()).await, &[400, 422], "bad_request");
    assert_problem(&raw("text/plain", "hello".into()).await, &[415], "unsupported_media_type");

    // The server does not read this body to its end, so the connection cannot be reused. The body is only slightly
    // larger than the limit: with a much larger one, the client could write to a closed connection.
    let huge = json!({"topic": "general", "text": " ".repeat(130 * 1024)});
    assert_problem(&server.as_person(ana).post("/message", huge).await.unwrap(), &[413], "too_large");

    assert_problem(&anas.get("/messages/secret").await.unwrap(), &[404], "not_found");
    assert_problem(&anas.get("/events/secret?after=0").await.unwrap(), &[404], "not_found");
    assert_problem(&anas.get("/members/secret").await.unwrap(), &[404], "not_found");
    let (status, problem) = anas.get("/messages/general?limit=many").await.unwrap();
    assert_eq!((status, &problem["code"]), (400, &json!("bad_request")));
    let wrong_verb = anas.request(Method::PUT, "/message").send().await.unwrap();
    assert_eq!(wrong_verb.status().as_u16(), 405);
    let not_an_admin = json!({"username": "eve", "password": "a long password"});
    assert_problem(&anas.post("/accounts", not_an_admin).await.unwrap(), &[403], "not_authorized");
    let token = server.as_person(ana).get("/rooms?joinable=true").await.unwrap();
    assert!(!token.1.to_string().contains("secret"), "a private room is not listed: {}", token.1);
}

#[tokio::test]
async fn a_msg_id_stands_for_one_message_for_ever() {
    let scene = scene().await;
    let (anas, bos) = (&scene.anas, &scene.bos);
    let send = |text: &str| json!({"topic": "general", "text": text, "msg_id": "once"});
    let (status, first) = anas.post("/message", send("said once")).await.unwrap();
    assert_eq!(status, 201);
    let (status, again) = anas.post("/message", send("said once")).await.unwrap();
    assert_eq!((status, &again), (200, &first));
    assert_problem(&anas.post("/message", send("something else")).await.unwrap(), &[409], "msg_id_reused");

    let mut ana = scene.connect(Version::V5, "ana").await;
    let ack = ana.publish("general", send("said once").to_string().as_bytes(), 1).await.unwrap();
    assert_eq!(ack.code, 0, "a retry by the other way: {}", ack.reason);
    let ack = ana.publish("general", send("something else").to_string().as_bytes(), 1).await.unwrap();
    assert!(ack.code >= 0x80 && ack.reason.starts_with("msg_id_reused"), "{ack:?}");
    // The key is unique per sender.
    let (status, bos_message) = bos.post("/message", send("said by bo")).await.unwrap();
    assert_eq!(status, 201, "{bos_message}");
    let texts: Vec<_> =
        anas.messages("general").await.unwrap().iter().map(|message| message["text"].clone()).collect();
    assert_eq!(texts, ["before", "said once", "said by bo"]);
}

#[tokio::test]
async fn retain_and_wills_get_no_privileges() {
    let scene = scene().await;
    let mut watcher =
        Mqtt::connect(scene.server.mqtt, &scene.bo, &Options::new(Version::V5, "watcher")).await.unwrap();
    watcher.must_subscribe("general", 1).await.unwrap();
    // A will published to a room is an ordinary message; a will for a room one is not in is discarded.
    for (id, will) in [("a", "secret"), ("b", "WillMsg"), ("c", "users/bo/send/general"), ("d", "general")] {
        let mut options = Options::new(Version::V5, id);
        options.will = Some((will.to_owned(), format!("the will for {will}")));
        let dying = Mqtt::connect(scene.server.mqtt, &scene.ana, &options).await.unwrap();
        drop(dying);
    }
    let mut event = watcher.chat().await.unwrap();
    if event["text"] == "before" {
        // Acknowledged before the watcher subscribed, and published after that.
        event = watcher.chat().await.unwrap();
    }
    assert_eq!((&event["text"], &event["sender"]), (&json!("the will for general"), &json!("ana")));

    let mut ana = scene.connect(Version::V5, "ana").await;
    ana.begin_publish_retained("general", b"stay", 1, true).await.unwrap();
    assert_eq!(ana.acknowledgement().await.unwrap().code, 0);
    // Acknowledged does not mean published yet: a client that subscribes in between receives it live.
    assert_eq!(watcher.chat().await.unwrap()["text"], "stay");
    let mut late = scene.connect(Version::V5, "late").await;
    late.must_subscribe("general", 1).await.unwrap();
    assert_eq!(ana.publish("general", b"next", 1).await.unwrap().code, 0);
    let first = late.message().await.unwrap();
    assert!(!first.retain);
    assert_eq!(first.json().unwrap()["text"], "next", "nothing was retained");
    let texts: Vec<_> =
        scene.bos.messages("secret").await.unwrap().iter().map(|message| message["text"].clone()).collect();
    assert_eq!(texts, ["between us"]);
}

/// On any broker, a message that is invalid or not allowed is refused with a reason, and nothing of it is stored.
async fn what_may_not_be_said_is_refused_in_words(server: Server) {
    let scene = scene_at(server).await;
    let own_broker = scene.server.broker.is_none();
    let mut ana = scene.connect(Version::V5, "ana").await;
    ana.must_subscribe("users/ana/inbox", 1).await.unwrap();
    let long = "x".repeat(16 * 1024 + 1);
    let cases = [
        ("secret", json!({"text": "let me in"}), "not_found"),
        ("no/such/room", json!({"text": "hello?"}), "not_found"),
        ("general", json!({"text": {}}), "payload_invalid"),
        ("general", json!({"text": " "}), "payload_invalid"),
        ("general", json!({"text": long}), "too_large"),
        ("general", json!({"text": "to nothing", "original_message": 9_999}), "bad_request"),
        ("general", json!({"text": "not mine", "attachments": ["no-such-file"]}), "bad_request"),
    ];
    for (number, (room, payload, word)) in cases.into_iter().enumerate() {
        let msg_id = format!("refused-{number}");
        let fate = ana.say(&scene.ana, room, &msg_id, &payload, own_broker).await.unwrap();
        assert_eq!(fate, Err(word.to_owned()), "{room}: {payload}");
    }
    scene.assert_unharmed().await;

    // A msg_id identifies one message for as long as the log exists: resent it is the same message; another cannot use
    // it.
    for (text, fate) in [("once", Ok(())), ("once", Ok(())), ("twice", Err("msg_id_reused".to_owned()))] {
        let payload = json!({"text": text});
        assert_eq!(
            ana.say(&scene.ana, "general", "key", &payload, own_broker).await.unwrap(),
            fate,
            "{text}"
        );
    }
    let texts = scene.anas.messages("general").await.unwrap();
    assert_eq!(texts.iter().map(|message| &message["text"]).collect::<Vec<_>>(), ["before", "once"]);
}

on_every_broker!(what_may_not_be_said_is_refused_in_words);
