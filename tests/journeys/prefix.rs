//! Behind a stock nginx that serves Chinwag under a path.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use chinwag_journeys::{DEADLINE, Server, eventually, free_addresses};
use reqwest::header::{ACCEPT, COOKIE, ORIGIN, SET_COOKIE};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Returns the shortest nginx configuration for a path that supports WebSockets. It forwards neither the host nor the
/// scheme that the browser used.
fn configuration(listen: SocketAddr, server: SocketAddr) -> String {
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|what| format!("{what}_temp_path {what};")).concat();
    format!(
        "daemon off; master_process off; pid pid; error_log stderr;
         events {{}}
         http {{
           access_log off; client_max_body_size 50m; {temporary}
           server {{
             listen {listen};
             location /chat/ {{
               proxy_pass http://{server}/;
               proxy_http_version 1.1;
               proxy_set_header Upgrade $http_upgrade;
               proxy_set_header Connection $connection_upgrade;
             }}
           }}
           map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
         }}"
    )
}

async fn nginx(folder: &TempDir, listen: SocketAddr, server: SocketAddr) -> Child {
    let path = folder.path().join("nginx.conf");
    std::fs::write(&path, configuration(listen, server)).unwrap();
    let program = if Path::new("/usr/sbin/nginx").exists() { "/usr/sbin/nginx" } else { "nginx" };
    let child = Command::new(program)
        .arg("-p")
        .arg(folder.path())
        .arg("-c")
        .arg(&path)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("nginx is missing: apt-get install nginx-light");
    eventually("nginx listens", async || TcpStream::connect(listen).await.is_ok()).await;
    child
}

/// Sends a browser's WebSocket upgrade request; returns the beginning of the response.
async fn upgrade(proxy: SocketAddr, path: &str, cookie: &str) -> String {
    let mut stream = TcpStream::connect(proxy).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {proxy}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nCookie: {cookie}\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
         Sec-WebSocket-Protocol: mqtt\r\nOrigin: http://localhost:{}\r\n\r\n",
        proxy.port()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    timeout(DEADLINE, stream.read_exact(&mut answer)).await.unwrap().unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

async fn page(client: &Client, url: &str) -> Response {
    client.get(url).header(ACCEPT, "text/html").send().await.unwrap().error_for_status().unwrap()
}

#[tokio::test]
async fn everything_works_under_a_path() {
    let [proxy] = free_addresses().unwrap();
    let origin = format!("http://localhost:{}", proxy.port());
    let public = format!("{origin}/chat/");
    let server = Server::start_with(&["--limits", "off", "--public-url", &public]).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let _nginx = nginx(&folder, proxy, server.http).await;
    let client = Client::new();

    // The printed link works, and its page refers to its files correctly.
    eventually("the link is printed", async || server.printed().join("\n").contains("/setup#")).await;
    let printed = server.printed().join("\n");
    let link = regex_lite::Regex::new(r"(http://localhost:\d+/chat/setup)#(\S+)").unwrap();
    let found = link.captures(&printed).unwrap_or_else(|| panic!("no link in:\n{printed}"));
    let html = page(&client, &found[1]).await.text().await.unwrap();
    let script = regex_lite::Regex::new(r#"src="([^"]+)""#).unwrap();
    let script = reqwest::Url::parse(&found[1]).unwrap().join(&script.captures(&html).unwrap()[1]).unwrap();
    assert!(script.path().starts_with("/chat/assets/"), "{script}");
    assert_eq!(client.get(script).send().await.unwrap().status(), 200);

    // Without a `Path` attribute, a browser limits the cookie to the path prefix of the address that set it.
    let set_up = json!({"token": &found[2], "username": "ana", "password": "a long first password"});
    let answer = client.post(format!("{public}setup")).json(&set_up).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let set = answer.headers()[SET_COOKIE].to_str().unwrap();
    assert!(!set.contains("Path") && set.contains("HttpOnly"), "{set}");
    let cookie = set.split(';').next().unwrap().to_owned();

    // Requests from the site's own pages count as same-origin, although nginx sends a different Host.
    let say = |from: String| {
        let said = json!({"topic": "general", "text": "hello"});
        client
            .post(format!("{public}message"))
            .header(COOKIE, &cookie)
            .header(ORIGIN, from)
            .json(&said)
            .send()
    };
    assert_eq!(say(origin.clone()).await.unwrap().status(), 201);
    assert_eq!(say("http://evil.example".into()).await.unwrap().status(), 403);
    assert!(upgrade(proxy, "/chat/mqtt", &cookie).await.starts_with("HTTP/1.1 101"));

    let upload = client.post(format!("{public}media?name=a.txt")).header(COOKIE, &cookie).body("of ours");
    let upload: Value = upload.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
    let media = format!("{public}media/{}", upload["id"].as_str().unwrap());
    let answer = client.get(media).header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "of ours");

    // Redirects stay under the path.
    for (from, to) in [("docs", "docs/"), ("elsewhere", ""), ("far/away", "")] {
        let answer = page(&client, &format!("{public}{from}")).await;
        assert_eq!(answer.url().as_str(), format!("{public}{to}"), "{from}");
    }
    let document =
        async |name| -> Value { page(&client, &format!("{public}{name}")).await.json().await.unwrap() };
    let openapi = document("openapi.json").await;
    assert_eq!(openapi["servers"][0]["url"], ".", "relative to the document's own address");
    let asyncapi = document("asyncapi.json").await;
    let there = &asyncapi["servers"]["http"];
    assert_eq!(there["host"], format!("localhost:{}", proxy.port()));
    assert_eq!((&there["pathname"], &there["protocol"]), (&json!("/chat/mqtt"), &json!("ws")));
}
