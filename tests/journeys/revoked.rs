//! A revoked sign-in admits nobody and keeps no connection open, not even one that was begun before.

use std::net::SocketAddr;

use chinwag_journeys::{Mqtt, Options, Packet, Person, Server, Version, eventually};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::websocket::{connect, send, upgrade};

async fn device(server: &Server, person: &Person) -> (Person, u64) {
    let (status, made) = server.as_person(person).post("/tokens", json!({"label": "kettle"})).await.unwrap();
    assert_eq!(status, 201, "{made}");
    let token = made["token"].as_str().unwrap().to_owned();
    (Person { token, ..person.clone() }, made["id"].as_u64().unwrap())
}

async fn change_password(server: &Server, person: &Person, new: &str) {
    let change = json!({"current": person.password, "new": new});
    assert_eq!(server.as_person(person).post("/account/password", change).await.unwrap().0, 204);
}

/// The WebSocket is opened with a token or a cookie that is revoked before CONNECT is sent.
#[tokio::test]
async fn a_websocket_opened_before_the_revocation_does_not_get_in_after() {
    let server = Server::start().await.unwrap();
    for (number, how) in ["revoke", "sign out", "change the password"].into_iter().enumerate() {
        for cookie in [false, true] {
            let ana = server.person(&format!("ana{number}{cookie}")).await.unwrap();
            let (kettle, id) = device(&server, &ana).await;
            let shown = if cookie {
                format!("Cookie: chinwag_session={}\r\n", kettle.token)
            } else {
                format!("Authorization: Bearer {}\r\n", kettle.token)
            };
            let open = async || upgrade(TcpStream::connect(server.http).await.unwrap(), &shown).await;
            let (mut before, mut after) = (open().await, open().await);
            assert_eq!(connect(&mut before, None).await, 0, "{how}");
            let status = match how {
                "revoke" => server.as_person(&ana).delete(&format!("/tokens/{id}")).await.unwrap().0,
                "sign out" => server.as_person(&kettle).delete("/session").await.unwrap().0,
                _ => {
                    change_password(&server, &ana, "a new password").await;
                    204
                }
            };
            assert_eq!(status, 204);
            assert!([4, 5].contains(&connect(&mut after, None).await), "{how}: refused");
            let mut rest = Vec::new();
            before.read_to_end(&mut rest).await.unwrap();
            assert_eq!(rest.last_chunk(), Some(&[0x88, 2, 3, 0xe8]), "{how}: it ends with a close frame");
        }
    }
}

/// After a password change the caller stays connected; connections with the old password or another token are closed.
#[tokio::test]
async fn a_changed_password_ends_what_stands_on_the_old_one() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let options = |id: &str| Options::new(Version::V5, id);
    let (kettle, _) = device(&server, &ana).await;
    let mut mine = Mqtt::connect(server.mqtt, &ana, &options("mine")).await.unwrap();
    let mut theirs = Mqtt::connect(server.mqtt, &kettle, &options("theirs")).await.unwrap();
    let mut old = Mqtt::try_connect(server.mqtt, "ana", &ana.password, &options("old")).await.unwrap();
    assert_eq!(old.connected.code, 0);
    change_password(&server, &ana, "a new password").await;
    for ended in [&mut theirs, &mut old] {
        let end = ended.packet().await;
        assert!(matches!(end, Ok(Packet::Disconnect(0x87, _))), "{end:?}");
    }
    mine.ping().await.unwrap();
    let old = Mqtt::try_connect(server.mqtt, "ana", &ana.password, &options("old")).await.unwrap();
    assert_eq!(old.connected.code, 0x86);
    let new = Mqtt::try_connect(server.mqtt, "ana", "a new password", &options("new")).await.unwrap();
    assert_eq!(new.connected.code, 0);
}

async fn from(port: u16, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], port))).unwrap();
    socket.connect(to).await.unwrap()
}

/// Two connections may come from the same address and port if they go to different ports of the server.
#[tokio::test]
async fn the_same_source_port_on_two_listeners_hides_no_connection() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let (kettle, id) = device(&server, &ana).await;
    let mut first = from(0, server.mqtt).await;
    let port = first.local_addr().unwrap().port();
    // A 3.1.1 CONNECT as ana, with the token as the password.
    let mut packet =
        vec![0, 4, b'M', b'Q', b'T', b'T', 4, 0xc2, 0, 0, 0, 5, b'f', b'i', b'r', b's', b't', 0, 3];
    packet.extend(b"ana");
    packet.extend([0, kettle.token.len() as u8]);
    packet.extend(kettle.token.as_bytes());
    first.write_all(&[&[0x10, packet.len() as u8], &packet[..]].concat()).await.unwrap();
    let mut answer = [0; 4];
    first.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, [0x20, 2, 0, 0]);

    let shown = format!("Authorization: Bearer {}\r\n", kettle.token);
    let mut second = upgrade(from(port, server.http).await, &shown).await;
    assert_eq!(connect(&mut second, None).await, 0);
    send(&mut second, &[0xe0, 0]).await;
    let mut rest = Vec::new();
    second.read_to_end(&mut rest).await.unwrap();

    assert_eq!(server.as_person(&ana).delete(&format!("/tokens/{id}")).await.unwrap().0, 204);
    assert_eq!(first.read(&mut answer).await.unwrap(), 0, "the first connection is ended");
}

/// The will of a connection whose token was revoked is not published in the owner's name.
#[tokio::test]
async fn a_revoked_token_leaves_no_will() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let (kettle, id) = device(&server, &ana).await;
    let mut options = Options::new(Version::V5, "kettle");
    options.will = Some(("general".to_owned(), "my last word".to_owned()));
    let mut thief = Mqtt::connect(server.mqtt, &kettle, &options).await.unwrap();
    assert_eq!(server.as_person(&ana).delete(&format!("/tokens/{id}")).await.unwrap().0, 204);
    assert!(matches!(thief.packet().await, Ok(Packet::Disconnect(0x87, _))));
    // The will of another connection comes after it: by then the first will would have been published.
    let mut options = Options::new(Version::V5, "phone");
    options.will = Some(("general".to_owned(), "gone".to_owned()));
    drop(Mqtt::connect(server.mqtt, &ana, &options).await.unwrap());
    let texts = async || -> Vec<String> {
        let messages = server.as_person(&ana).messages("general").await.unwrap();
        messages.iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
    };
    eventually("the phone's will is there", async || texts().await.contains(&"gone".to_owned())).await;
    assert_eq!(texts().await, ["gone"]);
}

/// A request with a slow body is authenticated again when the body is complete.
#[tokio::test]
async fn a_slow_request_does_not_outlive_its_token() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let (kettle, id) = device(&server, &ana).await;
    let body = br#"{"topic":"general","text":"late"}"#;
    let mut slow = TcpStream::connect(server.http).await.unwrap();
    let head = format!(
        "POST /message HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        kettle.token,
        body.len()
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    // The server requests the body after it has authenticated the head.
    let mut asked = [0; 25];
    slow.read_exact(&mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(server.as_person(&ana).delete(&format!("/tokens/{id}")).await.unwrap().0, 204);
    slow.write_all(body).await.unwrap();
    let mut answer = [0; 12];
    slow.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 401");
    let status = server.as_person(&ana).request(Method::GET, "/messages/general").send().await.unwrap();
    assert!(!status.text().await.unwrap().contains("late"));
}

/// An upload whose token is revoked during the transfer is refused and leaves no file, whether or not its body is
/// complete.
#[tokio::test]
async fn an_upload_does_not_outlive_its_token() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    for (all_of_it, name) in [(false, "half"), (true, "whole")] {
        let (kettle, id) = device(&server, &ana).await;
        let mut slow = TcpStream::connect(server.http).await.unwrap();
        let head = format!(
            "POST /media?name={name} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: 10\r\n\
             Expect: 100-continue\r\n\r\n",
            kettle.token
        );
        slow.write_all(head.as_bytes()).await.unwrap();
        // The server requests the body after it has authenticated the sender.
        let mut asked = [0; 25];
        slow.read_exact(&mut asked).await.unwrap();
        assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
        assert_eq!(server.as_person(&ana).delete(&format!("/tokens/{id}")).await.unwrap().0, 204);
        slow.write_all(if all_of_it { b"0123456789" } else { b"01234" }).await.unwrap();
        let mut answer = [0; 12];
        slow.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 401", "{name}");
    }
    let files = || {
        std::fs::read_dir(server.data().join("media")).unwrap().flat_map(|shelf| {
            std::fs::read_dir(shelf.unwrap().path()).unwrap().map(|file| file.unwrap().path())
        })
    };
    eventually("nothing of them is left", async || files().count() == 0).await;
}
