//! `chinwag doctor` checks a broker as clients will see it, and a server can connect to one over each of the four
//! schemes.

use chinwag_journeys::{Mosquitto, Mqtt, Options, Server, Version};

/// Runs `chinwag doctor`; returns whether it succeeded, and its output.
async fn examined(server: &Server, extra: &[&str]) -> (bool, String) {
    let broker = server.broker.as_ref().unwrap();
    let websocket = format!("ws://{}/mqtt", broker.ws);
    let mut arguments = vec!["doctor", "--broker", &broker.url, "--broker-websocket", &websocket];
    let rmqtt = server.rmqtt.as_ref().map(|cluster| cluster.arguments()).unwrap_or_default();
    arguments.extend(rmqtt.iter().map(String::as_str));
    arguments.extend(extra);
    let output = server.command(&arguments, "").await.unwrap();
    let (out, log) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(!log.contains("panicked"), "{log}");
    (output.status.success(), out)
}

fn wrong(report: &str) -> Vec<&str> {
    report.lines().filter_map(|line| line.trim().strip_prefix("WRONG  failed: ")).collect()
}

on_every_other_broker!(all_is_well_and_nothing_is_left_behind);

async fn all_is_well_and_nothing_is_left_behind(server: Server) {
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    server.room("secret", &["--private"], &[&bo]).await.unwrap();
    let before = server.as_person(&ana).get("/messages/general").await.unwrap();
    let (well, report) = examined(&server, &["--as", "ana"]).await;
    assert!(well, "{report}\n{}", server.log());
    for line in [
        "ok     a wrong password is refused",
        "ok     a client without a user name is refused",
        "ok     a message reaches a server, and the response comes back",
        "ok     shared subscriptions deliver messages",
        "ok     later subscribers receive the presence",
        "ok     refused: a message in another person's name",
        "ok     refused: subscribing to a private room of other people",
        "ok     browsers reach it over WebSocket",
        "everything is fine",
    ] {
        assert!(report.contains(line), "{line} is not in\n{report}");
    }
    assert_eq!(server.as_person(&ana).get("/messages/general").await.unwrap(), before);
}

#[tokio::test]
async fn a_broker_that_is_open_to_everybody_is_told_in_full() {
    let mosquitto = Mosquitto::start_open().await.unwrap();
    let server = Server::start_beside(mosquitto.beside(), &["--broker-access", "open"]).await.unwrap();
    server.cli(&["user", "add", "ana"], "").await.unwrap();
    server.cli(&["user", "add", "bo"], "").await.unwrap();
    let (well, report) = examined(&server, &["--broker-access", "open"]).await;
    assert!(!well, "{report}");
    assert_eq!(
        wrong(&report),
        [
            "a wrong password is refused",
            "a client without a user name is refused",
            "`#` is refused, or delivers only what the client may read",
            "refused: an event in a room that no server stored",
            "refused: a message in another person's name",
            "refused: typing in another person's name",
            "refused: a read cursor in another person's name",
            "refused: a typing notice that no server has checked",
            "refused: a note in another person's inbox",
            "refused: a note in the client's own inbox, to which only the server may publish",
            "refused: another person's presence",
            "refused: another person's device",
            "refused: subscribing to another person's inbox",
            "refused: subscribing to messages that other people send",
            "refused: subscribing to the servers' shared subscription to messages",
        ],
        "{report}"
    );
}

#[tokio::test]
async fn it_says_where_nobody_answers() {
    let mut server = Server::start_beside_mosquitto().await.unwrap();
    server.person("ana").await.unwrap();
    server.kill().await.unwrap();
    let (well, report) = examined(&server, &[]).await;
    assert!(!well, "{report}");
    assert!(wrong(&report)[0].starts_with("a message reaches a server"), "{report}");
    assert!(report.contains("Is `chinwag serve` running"), "{report}");
    server.mosquitto.as_ref().unwrap().down().await.unwrap();
    let (well, report) = examined(&server, &[]).await;
    assert!(!well, "{report}");
    assert_eq!(wrong(&report), ["the broker accepts Chinwag's own connection"], "{report}");
}

#[tokio::test]
async fn a_server_reaches_its_broker_by_each_way() {
    for scheme in ["mqtts", "ws", "wss"] {
        let mosquitto = Mosquitto::start().await.unwrap();
        let address = match scheme {
            "mqtts" => mosquitto.mqtts,
            "ws" => mosquitto.ws,
            _ => mosquitto.wss,
        };
        let authority = mosquitto.authority().display().to_string();
        let ca = if scheme == "ws" { vec![] } else { vec!["--broker-ca", authority.as_str()] };
        let server = Server::start_beside(mosquitto.beside_over(scheme, address), &ca).await.unwrap();
        let ana = server.person("ana").await.unwrap();
        let mut client = Mqtt::connect(server.mqtt, &ana, &Options::new(Version::V5, "phone")).await.unwrap();
        client.must_subscribe("general", 1).await.unwrap();
        server.as_person(&ana).say("general", scheme).await.unwrap();
        assert_eq!(client.chat().await.unwrap()["text"], scheme);
        let (well, report) = examined(&server, &ca).await;
        assert!(well, "{scheme}: {report}");
        if !ca.is_empty() {
            // Without the certificate authority the broker's certificate is not trusted.
            let (well, report) = examined(&server, &[]).await;
            assert!(!well && report.contains("ertificate"), "{scheme}: {report}");
        }
    }
}
