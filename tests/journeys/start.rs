//! First use: start the server, create the administrator, sign in, send a message.

use std::time::Duration;

use chinwag_journeys::{DEADLINE, Mqtt, Options, Server, Version, eventually};
use serde_json::json;

#[tokio::test]
async fn the_first_person_follows_the_link_and_chats() {
    let server = Server::start_anywhere().await.unwrap();
    // The link is the last line printed.
    eventually("the link is printed", async || server.printed().join("\n").contains("/setup#")).await;
    let printed = server.printed().join("\n");
    let link = regex_lite::Regex::new(r"http://\S+/setup#(\S+)").unwrap();
    let token = &link.captures(&printed).unwrap_or_else(|| panic!("no link in:\n{printed}"))[1];

    let stranger = server.as_stranger();
    let setup = json!({"token": token, "username": "ana", "password": "a long first password"});
    let (status, _) = stranger.post("/setup", setup.clone()).await.unwrap();
    assert_eq!(status, 201);
    let (status, problem) = stranger.post("/setup", setup).await.unwrap();
    assert!((400..500).contains(&status), "the link works once only: {status} {problem}");

    let sign_in = json!({"username": "ana", "password": "a long first password"});
    let (status, session) = stranger.post("/session", sign_in).await.unwrap();
    assert!((200..300).contains(&status), "{status} {session}");
    assert_eq!(session["account"]["admin"], true);

    // Signs in with the password, as a person would in any MQTT client.
    let options = Options::new(Version::V5, "phone");
    let mut phone = Mqtt::try_connect(server.mqtt, "ana", "a long first password", &options).await.unwrap();
    assert_eq!(phone.connected.code, 0, "{}", phone.connected.reason);
    phone.must_subscribe("general", 1).await.unwrap();
    assert_eq!(phone.publish("general", b"hello", 1).await.unwrap().code, 0);
    let event = phone.chat().await.unwrap();
    assert_eq!((event["text"].as_str(), event["sender"].as_str()), (Some("hello"), Some("ana")));
}

#[tokio::test]
async fn it_starts_fast_and_small_and_ends_when_told() {
    let mut server = Server::start().await.unwrap();
    let first = server.took;
    let resident = server.resident().unwrap();
    assert!(server.stop().await.unwrap().success());
    server.start_again().await.unwrap();
    eprintln!(
        "first start {first:?}, start {:?}, resident {:.1} MB",
        server.took,
        resident as f64 / 1_048_576.0
    );
    // Generous limits for a busy machine and a debug build; the figures of the release build are in the README.
    assert!(first < Duration::from_secs(5) && server.took < Duration::from_secs(5));
    assert!(resident < 60 * 1024 * 1024, "{resident} bytes resident");
}

#[tokio::test]
async fn a_stopping_server_says_goodbye() {
    let mut server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let mut phone = Mqtt::connect(server.mqtt, &ana, &Options::new(Version::V5, "phone")).await.unwrap();
    let (status, goodbye) = tokio::join!(server.stop(), phone.answer());
    assert!(status.unwrap().success());
    let goodbye = goodbye.unwrap();
    assert!(matches!(goodbye, chinwag_journeys::Packet::Disconnect(0x8b, _)), "{goodbye:?}");
    assert!(phone.packet_within(DEADLINE).await.is_err(), "the connection is closed");
}
