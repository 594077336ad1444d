//! Back-pressure: a client that sends too fast is read more slowly, but everything it sent is stored, in order.

use std::process::Stdio;
use std::time::Duration;

use chinwag_journeys::{Mosquitto, Person, Server, eventually, from_environment};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

/// Returns numbered lines, by default more than the rate limit allows in one burst.
fn lines() -> Vec<String> {
    (1..=from_environment("BURST_MESSAGES", 800)).map(|number| format!("line {number}")).collect()
}

/// Longer than it takes at 50 messages a second.
const LONG: Duration = Duration::from_secs(300);

async fn mosquitto_pub(arguments: &[&str], lines: &[String]) {
    let mut child = Command::new("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-l"])
        .args(arguments)
        .stdin(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("mosquitto_pub is missing: apt-get install mosquitto-clients");
    let mut input = child.stdin.take().unwrap();
    input.write_all((lines.join("\n") + "\n").as_bytes()).await.unwrap();
    drop(input);
    assert!(timeout(LONG, child.wait()).await.unwrap().unwrap().success(), "{arguments:?}");
}

/// Returns the texts that a person has sent to `general`, in the order of the log.
async fn said_by(server: &Server, reader: &Person, name: &str) -> Vec<String> {
    let messages = server.as_person(reader).messages("general").await.unwrap();
    let theirs = messages.iter().filter(|message| message["sender"] == *name);
    theirs.map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn all_that_is_sent_too_fast_is_stored_in_order() {
    let server = Server::start_with(&[]).await.unwrap();
    let (lines, port) = (lines(), server.mqtt.port().to_string());
    let senders = [("ana", "311", "1"), ("bo", "311", "2"), ("cy", "5", "1"), ("di", "5", "2")];
    let mut people = Vec::new();
    for (name, ..) in senders {
        people.push(server.person(name).await.unwrap());
    }
    let send = async |index: usize| {
        let (name, version, qos) = senders[index];
        let secret = &people[index].token;
        let who = ["-p", &port, "-u", name, "-P", secret, "-V", version, "-t", "general", "-q", qos];
        mosquitto_pub(&who, &lines).await;
        assert_eq!(said_by(&server, &people[index], name).await, lines, "{name}");
    };
    tokio::join!(send(0), send(1), send(2), send(3));
}

#[tokio::test]
async fn a_bridge_that_was_cut_off_delivers_all_that_it_kept() {
    let mut server = Server::start_with(&[]).await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let lines = lines();
    server.kill().await.unwrap();
    let bridge = Mosquitto::start_bridge(server.mqtt, &ana, "general").await.unwrap();
    mosquitto_pub(&["-p", &bridge.mqtt.port().to_string(), "-t", "general", "-q", "1"], &lines).await;
    server.start_again().await.unwrap();
    let all = async || said_by(&server, &ana, "ana").await;
    let arrived = async {
        loop {
            let stored = all().await.len();
            if stored >= lines.len() {
                break;
            }
            eventually("more of what the bridge kept is stored", async || all().await.len() > stored).await;
        }
    };
    timeout(LONG, arrived).await.unwrap();
    assert_eq!(all().await, lines);
}
