//! The command line used while a server runs: changes take effect at once.

use std::time::{Duration, Instant};

use chinwag_journeys::{Mqtt, Options, Server, Version, eventually};

#[tokio::test]
async fn accounts_rooms_and_tokens() {
    let server = Server::start().await.unwrap();
    let ana = server.admin("ana").await.unwrap();
    let anas = server.as_person(&ana);
    let (_, rooms) = anas.get("/rooms").await.unwrap();
    assert_eq!(rooms["rooms"][0]["topic"], "general", "a new account is in general: {rooms}");

    server.room("team/backend", &["--title", "Backend"], &[&ana]).await.unwrap();
    let (_, rooms) = anas.get("/rooms").await.unwrap();
    let room =
        rooms["rooms"].as_array().unwrap().iter().find(|room| room["topic"] == "team/backend").unwrap();
    assert_eq!(room["title"], "Backend");
    anas.say("team/backend", "hello").await.unwrap();

    let refused: [(&[&str], &str, &str); 5] = [
        (&["user", "add", "ana", "--password-stdin"], "another password", "ana"),
        (&["user", "add", "Not A Name", "--password-stdin"], "another password", ""),
        (&["user", "add", "bo", "--password-stdin"], "short", "8"),
        (&["room", "add", "users/x"], "", ""),
        (&["room", "join", "no-such-room", "ana"], "", "no-such-room"),
    ];
    for (arguments, input, word) in refused {
        let output = server.command(arguments, input).await.unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{arguments:?} worked");
        assert!(told.contains(word) && !told.contains("panicked"), "{arguments:?}: {told}");
    }
    assert!(!server.command(&["token", "nobody"], "").await.unwrap().status.success());
}

#[tokio::test]
async fn whoever_joins_hears_at_once_and_whoever_is_removed_hears_no_more() {
    let server = Server::start().await.unwrap();
    let (ana, bo) = (server.admin("ana").await.unwrap(), server.person("bo").await.unwrap());
    server.room("plans", &["--private"], &[&ana]).await.unwrap();
    let anas = server.as_person(&ana);
    let mut wide = Mqtt::connect(server.mqtt, &bo, &Options::new(Version::V5, "wide")).await.unwrap();
    wide.must_subscribe("#", 1).await.unwrap();
    anas.say("plans", "not for bo yet").await.unwrap();
    anas.say("general", "before bo").await.unwrap();
    assert_eq!(wide.chat().await.unwrap()["text"], "before bo");
    server.cli(&["room", "join", "plans", "bo"], "").await.unwrap();
    let bos = server.as_person(&bo);
    eventually("bo is in", async || bos.get("/messages/plans").await.unwrap().0 == 200).await;
    let mut exact = Mqtt::connect(server.mqtt, &bo, &Options::new(Version::V3, "exact")).await.unwrap();
    exact.must_subscribe("plans", 1).await.unwrap();
    anas.say("plans", "welcome").await.unwrap();
    assert_eq!(exact.chat().await.unwrap()["text"], "welcome");
    assert_eq!(
        wide.chat().await.unwrap()["text"],
        "welcome",
        "the wildcard carries it too, and nothing before"
    );

    let (status, answer) = anas.delete("/members/plans?name=bo").await.unwrap();
    assert!((200..300).contains(&status), "{status} {answer}");
    let removed = Instant::now();
    tokio::time::sleep(Duration::from_secs(1)).await;
    anas.say("plans", "now without bo").await.unwrap();
    server.as_person(&ana).say("general", "a fence").await.unwrap();
    assert_eq!(wide.chat().await.unwrap()["text"], "a fence", "{:?} after the removal", removed.elapsed());
    exact.must_subscribe("general", 1).await.unwrap();
    server.as_person(&ana).say("general", "another fence").await.unwrap();
    assert_eq!(exact.chat().await.unwrap()["text"], "another fence");
    assert_eq!(exact.subscribe("plans", 1).await.unwrap().0, 0x80);
}
