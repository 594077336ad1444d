//! Presence, typing, read cursors, replies and invitations: what people see of each other.

use chinwag_journeys::{Message, Mqtt, Options, Packet, Person, Server, Version, eventually};
use serde_json::{Value, json};

async fn connect(server: &Server, person: &Person, device: &str) -> Mqtt {
    Mqtt::connect(server.mqtt, person, &Options::new(Version::V5, device)).await.unwrap()
}

/// Waits for the next message on `topic`; skips all others.
async fn on(client: &mut Mqtt, topic: &str) -> Message {
    loop {
        let message = client.message().await.unwrap();
        if message.topic == topic {
            return message;
        }
    }
}

/// Connects a device that announces its presence.
async fn arrive(server: &Server, person: &Person, device: &str) -> Mqtt {
    Mqtt::arrive(server.mqtt, person, device).await.unwrap()
}

/// Sends a message to `general`; checks that it is stored.
async fn say(server: &Server, client: &mut Mqtt, person: &Person, msg_id: &str, payload: Value) {
    let fate = client.say(person, "general", msg_id, &payload, server.broker.is_none()).await.unwrap();
    assert_eq!(fate, Ok(()));
}

async fn state(client: &mut Mqtt, topic: &str) -> String {
    on(client, topic).await.json().unwrap()["state"].as_str().unwrap().to_owned()
}

async fn presence_is_over_all_devices(server: Server) {
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let mut watching = connect(&server, &bo, "bo").await;
    watching.must_subscribe("users/ana/presence", 1).await.unwrap();
    let (phone, mut laptop) = (arrive(&server, &ana, "phone").await, arrive(&server, &ana, "laptop").await);
    let mut now = state(&mut watching, "users/ana/presence").await;
    if now == "offline" {
        // The retained state from before ana connected.
        now = state(&mut watching, "users/ana/presence").await;
    }
    assert_eq!(now, "online");

    phone.leave(&ana, "phone").await.unwrap();
    // With the phone gone, one device is left and can still send: ana stays online.
    say(&server, &mut laptop, &ana, "still-here", json!({"text": "still here"})).await;
    let people = server.as_person(&bo).get("/people").await.unwrap().1;
    let hers =
        people["people"].as_array().unwrap().iter().find(|person| person["name"] == "ana").unwrap().clone();
    assert_eq!(hers["state"], "online");

    drop(laptop);
    assert_eq!(state(&mut watching, "users/ana/presence").await, "offline");
    // Presence is retained: a later subscriber learns at once that ana is offline and when she was last seen.
    let mut late = connect(&server, &bo, "late").await;
    late.must_subscribe("users/ana/presence", 1).await.unwrap();
    let retained = on(&mut late, "users/ana/presence").await;
    assert!(retained.retain);
    let presence = retained.json().unwrap();
    assert_eq!(presence["state"], "offline");
    assert!(presence["last_seen"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn presence_is_for_those_who_share_a_room() {
    let server = Server::start().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let (status, _) = server.as_person(&bo).delete("/members/general").await.unwrap();
    assert!((200..300).contains(&status), "bo leaves the only room they share: {status}");
    let mut bos = connect(&server, &bo, "bo").await;
    let (code, _) = bos.subscribe("users/ana/presence", 1).await.unwrap();
    assert_eq!(code, 0x87);
    bos.must_subscribe("users/+/presence", 1).await.unwrap();
    let anas = connect(&server, &ana, "phone").await;
    assert_eq!(on(&mut bos, "users/bo/presence").await.json().unwrap()["state"], "online");
    // A fence: anything published about ana before this would arrive before it.
    let rooms = server.as_person(&bo).post("/members/general", json!({})).await.unwrap();
    assert!((200..300).contains(&rooms.0), "{rooms:?}");
    drop(anas);
    let next = bos.message().await.unwrap();
    assert_eq!(next.topic, "users/ana/presence", "only now does bo see her");
}

async fn typing_and_read_cursors_reach_the_members(server: Server) {
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let (mut anas, mut bos) = (connect(&server, &ana, "a").await, connect(&server, &bo, "b").await);
    bos.must_subscribe("users/+/activity/general", 1).await.unwrap();
    // Whatever else the payload has, on every broker the members get what the server understood.
    let typing = json!({"typing": true, "padding": "x".repeat(30_000)}).to_string();
    anas.publish("users/ana/typing/general", typing.as_bytes(), 0).await.unwrap();
    let typing = on(&mut bos, "users/ana/activity/general").await;
    assert_eq!((typing.qos, typing.json().unwrap()), (0, json!({"type": "typing", "typing": true})));

    let mut last = 0;
    for text in ["one", "two", "three"] {
        last = server.as_person(&bo).say("general", text).await.unwrap()["seq"].as_u64().unwrap();
    }
    for seq in [last - 1, 1, last] {
        let cursor = seq.to_string();
        assert_eq!(anas.publish("users/ana/read/general", cursor.as_bytes(), 1).await.unwrap().code, 0);
        // A cursor that would move back is not published.
        if seq != 1 {
            let activity = on(&mut bos, "users/ana/activity/general").await.json().unwrap();
            assert_eq!(activity, json!({"type": "read", "read_seq": seq}));
        }
    }
    let bos = server.as_person(&bo);
    eventually("the cursor is stored", async || {
        let members = bos.get("/members/general").await.unwrap().1;
        members["members"].as_array().unwrap().iter().any(|m| m["name"] == "ana" && m["read_seq"] == last)
    })
    .await;
    let rooms = server.as_person(&ana).get("/rooms").await.unwrap().1;
    assert_eq!((&rooms["rooms"][0]["read_seq"], &rooms["rooms"][0]["unread"]), (&json!(last), &json!(0)));
    // A cursor set over HTTP is published to the room too.
    anas.must_subscribe("users/bo/activity/general", 1).await.unwrap();
    last = server.as_person(&ana).say("general", "four").await.unwrap()["seq"].as_u64().unwrap();
    let (status, _) = bos.post("/read/general", json!({"seq": last})).await.unwrap();
    assert_eq!(status, 204);
    // What bo wrote before moved his cursor too, and may still be on its way.
    while on(&mut anas, "users/bo/activity/general").await.json().unwrap()
        != json!({"type": "read", "read_seq": last})
    {}
}

async fn an_answer_carries_what_it_answers(server: Server) {
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let asked = server.as_person(&ana).say("general", "lunch?").await.unwrap();
    let mut bos = arrive(&server, &bo, "b").await;
    bos.must_subscribe("general", 1).await.unwrap();
    say(&server, &mut bos, &bo, "answer", json!({"text": "yes", "original_message": asked["seq"]})).await;
    let mut answer = bos.chat().await.unwrap();
    if answer["text"] == "lunch?" {
        // On an external broker a message posted over HTTP may arrive shortly after its 201.
        answer = bos.chat().await.unwrap();
    }
    let quoted = json!({"seq": asked["seq"], "sender": "ana", "text": "lunch?"});
    assert_eq!((&answer["text"], &answer["original_message"]), (&json!("yes"), &quoted));
    let last = server.as_person(&ana).messages("general").await.unwrap().pop().unwrap();
    assert_eq!(last["original_message"], quoted);
}

async fn invitations_and_mentions_come_to_the_inbox(server: Server) {
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let mut bos = arrive(&server, &bo, "b").await;
    let heads = on(&mut bos, "users/bo/inbox").await.json().unwrap();
    assert_eq!(heads["type"], "heads");

    let anas = server.as_person(&ana);
    let room = json!({"topic": "plans", "title": "Plans", "private": true});
    assert_eq!(anas.post("/rooms", room).await.unwrap().0, 201);
    let (status, answer) = anas.post("/members/plans", json!({"name": "bo"})).await.unwrap();
    assert!((200..300).contains(&status), "{status} {answer}");
    let note = on(&mut bos, "users/bo/inbox").await.json().unwrap();
    assert_eq!(note, json!({"type": "invited", "topic": "plans", "by": "ana"}));

    let event = anas.say("plans", "what do you say, @bo?").await.unwrap();
    let note = on(&mut bos, "users/bo/inbox").await.json().unwrap();
    assert_eq!(note, json!({"type": "mention", "topic": "plans", "seq": event["seq"], "sender": "ana"}));

    let (status, answer) = anas.delete("/members/plans?name=bo").await.unwrap();
    assert!((200..300).contains(&status), "{status} {answer}");
    let note = on(&mut bos, "users/bo/inbox").await.json().unwrap();
    assert_eq!(note, json!({"type": "removed", "topic": "plans", "by": "ana"}));
    assert_eq!(server.as_person(&bo).get("/messages/plans").await.unwrap().0, 404);
}

async fn a_direct_conversation_is_between_two(server: Server) {
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let eve = server.person("eve").await.unwrap();
    let (status, room) = server.as_person(&bo).post("/direct", json!({"name": "ana"})).await.unwrap();
    assert!((200..300).contains(&status), "{status} {room}");
    assert_eq!((&room["topic"], &room["direct"]), (&json!("dm/ana/bo"), &json!(true)));
    let (mut anas, mut eves) = (connect(&server, &ana, "a").await, connect(&server, &eve, "e").await);
    if server.broker.is_some() {
        server.until_broker_knows(&ana, "dm/ana/bo").await.unwrap();
    }
    if server.grants_wildcards() {
        anas.must_subscribe("#", 1).await.unwrap();
        eves.must_subscribe("#", 1).await.unwrap();
    } else {
        anas.must_subscribe("dm/ana/bo", 1).await.unwrap();
        anas.must_subscribe("general", 1).await.unwrap();
        eves.must_subscribe("general", 1).await.unwrap();
        assert_eq!(eves.subscribe("dm/ana/bo", 1).await.unwrap().0, 0x87);
    }
    server.as_person(&bo).say("dm/ana/bo", "just us").await.unwrap();
    server.as_person(&bo).say("general", "for all").await.unwrap();
    assert_eq!(anas.chat().await.unwrap()["text"], "just us");
    assert_eq!(eves.chat().await.unwrap()["text"], "for all");
    for path in ["/messages/dm/ana/bo", "/messages/dm%2Fana%2Fbo"] {
        assert_eq!(server.as_person(&eve).get(path).await.unwrap().0, 404, "{path}");
        let (status, page) = server.as_person(&ana).get(path).await.unwrap();
        assert_eq!((status, &page["messages"][0]["text"]), (200, &json!("just us")), "{path}");
    }
}

#[tokio::test]
async fn an_administrator_manages_rooms_they_are_not_in() {
    let server = Server::start().await.unwrap();
    let (ana, bo) = (server.admin("ana").await.unwrap(), server.person("bo").await.unwrap());
    server.person("eve").await.unwrap();
    let (anas, bos) = (server.as_person(&ana), server.as_person(&bo));
    assert_eq!(bos.post("/rooms", json!({"topic": "plans", "private": true})).await.unwrap().0, 201);
    bos.say("plans", "only us").await.unwrap();
    let (status, room) = anas.post("/members/plans", json!({"name": "eve"})).await.unwrap();
    assert_eq!((status, &room["member"], &room["members"]), (201, &json!(false), &json!(2)), "{room}");
    assert!(room.get("last_message").is_none(), "what is said is for members: {room}");
    assert_eq!(anas.get("/messages/plans").await.unwrap().0, 404);
    assert_eq!(anas.delete("/members/plans?name=eve").await.unwrap().0, 204);
    let (_, direct) = bos.post("/direct", json!({"name": "eve"})).await.unwrap();
    assert_eq!(anas.get(&format!("/rooms/{}", direct["topic"].as_str().unwrap())).await.unwrap().0, 404);
}

#[tokio::test]
async fn sign_ins_are_listed_by_the_names_their_clients_gave() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let anas = server.as_person(&ana);
    let sign_in = async |label| {
        let body = json!({"username": ana.name, "password": ana.password, "label": label});
        server.as_stranger().post("/session", body).await.unwrap()
    };
    for label in [json!("Firefox on Linux"), json!(""), json!(null)] {
        let (status, session) = sign_in(label).await;
        assert_eq!(status, 201, "{session}");
    }
    let (status, refused) = sign_in(json!("two\nlines")).await;
    assert_eq!((status, &refused["code"]), (400, &json!("bad_request")), "{refused}");
    assert_eq!(anas.post("/tokens", json!({"label": "Kettle"})).await.unwrap().0, 201);

    let (_, listed) = anas.get("/tokens").await.unwrap();
    let listed: Vec<_> =
        listed["tokens"].as_array().unwrap().iter().map(|t| (&t["label"], &t["sign_in"])).collect();
    let [kettle, none, empty, firefox, ..] = listed[..] else { panic!("{listed:?}") };
    assert_eq!(kettle, (&json!("Kettle"), &json!(false)));
    assert_eq!(firefox, (&json!("Firefox on Linux"), &json!(true)));
    for unlabeled in [none, empty] {
        assert_eq!(unlabeled, (&json!("sign-in"), &json!(true)));
    }
}

#[tokio::test]
async fn a_revoked_token_ends_its_connections() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let anas = server.as_person(&ana);
    let (status, created) = anas.post("/tokens", json!({"label": "a robot"})).await.unwrap();
    assert_eq!(status, 201, "{created}");
    let robot = Person { token: created["token"].as_str().unwrap().to_owned(), ..ana.clone() };
    let mut robots = connect(&server, &robot, "robot").await;
    robots.ping().await.unwrap();
    let (status, _) = anas.delete(&format!("/tokens/{}", created["id"])).await.unwrap();
    assert!((200..300).contains(&status));
    // The DISCONNECT with the reason may or may not arrive.
    let end = robots.packet().await;
    assert!(matches!(end, Ok(Packet::Disconnect(..)) | Err(_)), "{end:?}");
    let options = Options::new(Version::V5, "robot");
    let again = Mqtt::try_connect(server.mqtt, "ana", &robot.token, &options).await.unwrap();
    assert_eq!(again.connected.code, 0x86);
    assert_eq!(server.as_person(&robot).get("/rooms").await.unwrap().0, 401);
}

#[tokio::test]
async fn a_file_is_for_those_who_may_read_the_room() {
    let server = Server::start().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let (anas, bos) = (server.as_person(&ana), server.as_person(&bo));
    anas.post("/rooms", json!({"topic": "plans", "private": true})).await.unwrap();
    let page = "<script>alert(1)</script>";
    let upload =
        anas.request(reqwest::Method::POST, "/media?name=page.html").body(page).send().await.unwrap();
    assert_eq!(upload.status().as_u16(), 201);
    let media: Value = serde_json::from_slice(&upload.bytes().await.unwrap()).unwrap();
    let id = media["id"].as_str().unwrap();
    let send = json!({"topic": "plans", "text": "", "attachments": [id]});
    let (status, event) = anas.post("/message", send).await.unwrap();
    assert_eq!((status, &event["attachments"][0]["name"]), (201, &json!("page.html")), "{event}");

    let path = format!("/media/{id}");
    assert_eq!(bos.get(&path).await.unwrap().0, 404);
    let file = anas.request(reqwest::Method::GET, &path).send().await.unwrap();
    let header = |name: &str| file.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    assert!(header("content-disposition").starts_with("attachment"), "a browser must not run it");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(file.text().await.unwrap(), page);
    // Bo does not get access by attaching the file to his own message.
    let stolen = json!({"topic": "general", "text": "mine", "attachments": [id]});
    let (status, answer) = bos.post("/message", stolen).await.unwrap();
    assert!((400..500).contains(&status), "{status} {answer}");
    let unknown = json!({"topic": "general", "text": "x", "attachments": ["no-such-id"]});
    let (status, answer) = bos.post("/message", unknown).await.unwrap();
    assert!((400..500).contains(&status), "{status} {answer}");
}

on_every_broker!(
    presence_is_over_all_devices,
    typing_and_read_cursors_reach_the_members,
    an_answer_carries_what_it_answers,
    invitations_and_mentions_come_to_the_inbox,
    a_direct_conversation_is_between_two,
);
