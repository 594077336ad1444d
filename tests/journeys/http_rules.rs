//! Which HTTP requests are refused, and who may see what over HTTP.

use chinwag_journeys::{DEADLINE, Person, Server};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Sends a raw request and returns the status.
async fn raw(server: &Server, request: &str) -> u16 {
    let mut stream = TcpStream::connect(server.http).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    timeout(DEADLINE, stream.read_exact(&mut answer)).await.unwrap().unwrap();
    std::str::from_utf8(&answer[9..]).unwrap().parse().unwrap()
}

/// Signs in and returns the cookie as `name=value`.
pub async fn cookie(server: &Server, person: &Person) -> String {
    let sign_in = json!({"username": person.name, "password": person.password});
    let answer = server.as_stranger().request(Method::POST, "/session").json(&sign_in).send().await.unwrap();
    let set = answer.headers().get("set-cookie").unwrap().to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn metrics_are_for_administrators_and_for_their_own_address() {
    let server = Server::start().await.unwrap();
    let (ana, root) = (server.person("ana").await.unwrap(), server.admin("root").await.unwrap());
    assert_eq!(server.as_stranger().get("/metrics").await.unwrap().0, 401);
    assert_eq!(server.as_person(&ana).get("/metrics").await.unwrap().0, 403);
    let (status, text) = server.as_person(&root).get("/metrics").await.unwrap();
    assert!(status == 200 && text.as_str().unwrap().contains("\nchinwag_accounts 2\n"), "{text}");
    assert!(server.metrics().await.unwrap().contains("\nchinwag_accounts 2\n"));
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_with_a_word() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    server.person("bo").await.unwrap();
    let anas = server.as_person(&ana);
    let says = |answer: (u16, Value), status: u16, word: &str| {
        assert!(answer.0 == status && answer.1.to_string().contains(word), "{answer:?} without {word}");
    };
    for places in ["before=5&around=3", "before=5&after=3", "after=5&at=2026-11-28T12:00:00Z"] {
        says(anas.get(&format!("/messages/general?{places}")).await.unwrap(), 400, "exclude each other");
    }
    says(anas.get("/messages/general?at=yesterday").await.unwrap(), 400, "RFC 3339");
    says(anas.get("/events/general?after=5&before=9").await.unwrap(), 400, "exclude each other");
    for limit in ["/messages/general?limit=0", "/messages/general?limit=101"] {
        says(anas.get(limit).await.unwrap(), 400, "1 to 100");
    }
    says(anas.get("/events/general?after=0&limit=501").await.unwrap(), 400, "1 to 500");
    assert_eq!(anas.get("/messages/general?limit=100").await.unwrap().0, 200);
    for page in ["after=0&notes=true", "at=2026-11-28T12:00:00%2B01:00", "around=1&notes=false"] {
        let (status, page) = anas.get(&format!("/messages/general?{page}")).await.unwrap();
        assert!(status == 200 && page["from"] == 1 && page["to"] == page["last_seq"], "{page}");
    }
    let as_bo = json!({"topic": "general", "text": "hello", "sender": "bo"});
    says(anas.post("/message", as_bo).await.unwrap(), 400, "sender");
    for field in ["account", "username"] {
        says(anas.post("/tokens", json!({"label": "x", field: "bo"})).await.unwrap(), 400, field);
    }
    assert_eq!(anas.post("/tokens", json!({"label": "x"})).await.unwrap().0, 201);
    assert_eq!(anas.post("/direct", json!({"name": "bo"})).await.unwrap().0 / 100, 2);
    says(anas.get("/messages/dm/bo/ana").await.unwrap(), 404, "write dm/ana/bo");
}

#[tokio::test]
async fn a_cookie_counts_for_pages_of_the_same_scheme_host_and_port() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let (cookie, host) = (cookie(&server, &ana).await, server.http);
    let post = async |lines: &str| {
        let head = format!("POST /read/general HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n{lines}");
        let body = "Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"seq\":0}";
        raw(&server, &format!("{head}{body}")).await
    };
    let own = post(&format!("Origin: http://{host}\r\n")).await;
    assert_eq!(own, 204);
    assert_eq!(post("").await, own);
    assert_eq!(post(&format!("Origin: https://{host}\r\n")).await, 403);
    assert_eq!(post(&format!("Origin: http://{host}\r\nX-Forwarded-Proto: https\r\n")).await, 403);
    assert_eq!(post("Sec-Fetch-Site: cross-site\r\n").await, 403);
    assert_eq!(post("Sec-Fetch-Site: same-origin\r\n").await, own);
    assert_eq!(post(&format!("Origin: http://{host}\r\nOrigin: http://{host}\r\n")).await, 400);
    assert_eq!(post("Host: elsewhere\r\n").await, 400);
    assert_eq!(raw(&server, "GET /healthz HTTP/1.1\r\n\r\n").await, 400);
    assert_eq!(raw(&server, "GET /healthz HTTP/1.0\r\n\r\n").await, 200);
}

#[tokio::test]
async fn two_servers_on_one_host_do_not_sign_each_other_out() {
    let (one, two) = (Server::start().await.unwrap(), Server::start().await.unwrap());
    let (ana, bo) = (one.person("ana").await.unwrap(), two.person("bo").await.unwrap());
    let (first, second) = (cookie(&one, &ana).await, cookie(&two, &bo).await);
    let name = |cookie: &str| cookie.split('=').next().unwrap().to_owned();
    assert_ne!(name(&first), name(&second));
    let who = async |server: &Server, cookies: &str| {
        let request = server.as_stranger().request(Method::GET, "/session").header("cookie", cookies);
        request.send().await.unwrap().json::<Value>().await.unwrap()["name"].clone()
    };
    let both = format!("{second}; {first}");
    assert_eq!((who(&one, &both).await, who(&two, &both).await), (json!("ana"), json!("bo")));
    let token = first.split('=').nth(1).unwrap();
    assert_eq!(who(&one, &format!("chinwag_session={token}")).await, "ana", "a sign-in of old");
}

#[tokio::test]
async fn devices_are_told_where_they_connect() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let (_, info) = server.as_person(&ana).get("/broker").await.unwrap();
    let (mqtt, ws) = (format!("mqtt://{}", server.mqtt), format!("ws://{}/mqtt", server.ws));
    assert_eq!(info["addresses"], json!([mqtt, ws]));
    let from = async |server: &Server, host: &str| {
        let request = server.as_person(&ana).request(Method::GET, "/broker").header("host", host);
        request.send().await.unwrap().json::<Value>().await.unwrap()["addresses"].clone()
    };
    assert_eq!(from(&server, "chat.example").await, Value::Null, "nothing is reachable from elsewhere");
    let url = "mqtts://mqtt.example:8883";
    let told = Server::start_with(&["--public-mqtt", url]).await.unwrap();
    let bo = told.person("bo").await.unwrap();
    assert_eq!(told.as_person(&bo).get("/broker").await.unwrap().1["addresses"], json!([url]));
}
