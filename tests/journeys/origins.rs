//! What the pages of other origins may do, in a browser that follows the Fetch standard: read what CORS lets them read,
//! with an access token and never with the cookie.

use chinwag_journeys::{Person, Server};
use reqwest::header::{COOKIE, HeaderMap, ORIGIN, SET_COOKIE, VARY};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::http_rules::cookie;
use crate::websocket::{connect, upgrade};

const APP: &str = "https://app.example";
/// Origins that are not on the list, however much they look like one that is.
const FOREIGN: [&str; 6] = [
    "https://evil.example",
    "http://app.example",
    "https://app.example:8443",
    "https://app.example.evil.example",
    "https://sub.app.example",
    "null",
];

async fn allowing() -> Server {
    let origins = ["--allow-origin", "https://App.example:443/", "--allow-origin", "http://localhost:3000"];
    Server::start_with(&[&["--limits", "off"][..], &origins].concat()).await.unwrap()
}

async fn preflight(server: &Server, path: &str, method: &str, origin: &str) -> Response {
    let request = server.as_stranger().request(Method::OPTIONS, path).header(ORIGIN, origin);
    let request = request.header("access-control-request-method", method);
    request.header("access-control-request-headers", "authorization,content-type").send().await.unwrap()
}

/// Sends a request as a page of this origin does, with this person's token.
async fn ask(server: &Server, person: Option<&Person>, method: Method, path: &str, origin: &str) -> Response {
    let http = person.map_or_else(|| server.as_stranger(), |person| server.as_person(person));
    http.request(method, path).header(ORIGIN, origin).send().await.unwrap()
}

fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

/// Returns the origin that may read a response. None may ever do so with the cookie.
fn readable_by(response: &Response) -> Option<&str> {
    assert_eq!(value(response.headers(), "access-control-allow-credentials"), None);
    value(response.headers(), "access-control-allow-origin")
}

/// Returns the items of a header that is a list, in lower case.
fn list(headers: &HeaderMap, name: &str) -> Vec<String> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap().to_lowercase());
    lines.flat_map(|line| line.split(',').map(|item| item.trim().to_owned()).collect::<Vec<_>>()).collect()
}

#[tokio::test]
async fn a_preflight_says_what_the_origins_on_the_list_may_do() {
    let server = allowing().await;
    for (path, method) in [
        ("/session", "POST"),
        ("/message", "POST"),
        ("/rooms/team/backend", "PATCH"),
        ("/reactions/general?seq=1&emoji=x", "PUT"),
        ("/tokens/1", "DELETE"),
        ("/media/3f0c", "GET"),
        ("/media/addresses", "POST"),
        ("/broker", "GET"),
        ("/there/is/nothing", "GET"),
    ] {
        for origin in [APP, "http://localhost:3000"] {
            let answer = preflight(&server, path, method, origin).await;
            assert_eq!((answer.status().as_u16(), readable_by(&answer)), (204, Some(origin)), "{path}");
            let headers = answer.headers();
            assert!(list(headers, "access-control-allow-methods").contains(&method.to_lowercase()), "{path}");
            let allowed = list(headers, "access-control-allow-headers");
            for header in ["authorization", "content-type", "range", "if-none-match"] {
                assert!(allowed.iter().any(|allowed| allowed == header), "{header}");
            }
            assert!(value(headers, "access-control-max-age").unwrap().parse::<u32>().unwrap() > 0);
            assert!(list(headers, VARY.as_str()).contains(&"origin".to_owned()));
            assert!(answer.bytes().await.unwrap().is_empty());
        }
        for origin in FOREIGN {
            let answer = preflight(&server, path, method, origin).await;
            assert_eq!((answer.status().as_u16(), readable_by(&answer)), (403, None), "{origin}");
            let problem: Value = answer.json().await.unwrap();
            assert_eq!(problem["code"], "not_authorized");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(origin) && detail.contains("--allow-origin"), "{detail}");
        }
    }
}

#[tokio::test]
async fn a_server_without_a_list_is_for_its_own_pages() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let answer = preflight(&server, "/rooms", "GET", APP).await;
    assert_eq!((answer.status().as_u16(), readable_by(&answer)), (403, None));
    let answer = ask(&server, Some(&ana), Method::GET, "/rooms", APP).await;
    assert_eq!((answer.status().as_u16(), readable_by(&answer)), (200, None));
}

#[tokio::test]
async fn a_page_on_the_list_does_everything_with_a_token() {
    let server = allowing().await;
    let mut ana = server.person("ana").await.unwrap();
    let sign_in = json!({"username": ana.name, "password": ana.password});
    let request = server.as_stranger().request(Method::POST, "/session").header(ORIGIN, APP).json(&sign_in);
    let answer = request.send().await.unwrap();
    assert_eq!((answer.status(), readable_by(&answer)), (StatusCode::CREATED, Some(APP)));
    assert_eq!(
        value(answer.headers(), SET_COOKIE.as_str()),
        None,
        "the cookie is for the server's own pages"
    );
    ana.token = answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    let media = server.as_person(&ana).upload("/media?name=a.txt", b"0123456789".to_vec()).await.unwrap().1;
    let media = format!("/media/{}", media["id"].as_str().unwrap());

    for (method, path, status) in [
        (Method::GET, "/rooms", 200),
        (Method::GET, &*media, 200),
        (Method::HEAD, &*media, 200),
        (Method::GET, "/messages/nowhere", 404),
        (Method::DELETE, "/rooms", 405),
        (Method::POST, "/message", 415),
    ] {
        for origin in [APP, "http://localhost:3000"] {
            let answer = ask(&server, Some(&ana), method.clone(), path, origin).await;
            assert_eq!((answer.status().as_u16(), readable_by(&answer)), (status, Some(origin)), "{path}");
        }
        for origin in FOREIGN {
            let answer = ask(&server, Some(&ana), method.clone(), path, origin).await;
            assert_eq!(readable_by(&answer), None, "{path} for {origin}");
        }
        // What a browser has in its cache for one page must not be taken for what another page would get.
        let answer = server.as_person(&ana).request(method, path).send().await.unwrap();
        assert_eq!(readable_by(&answer), None, "{path} for no page");
        assert!(list(answer.headers(), VARY.as_str()).contains(&"origin".to_owned()), "{path}");
    }
    let part =
        server.as_person(&ana).request(Method::GET, &media).header(ORIGIN, APP).header("range", "bytes=2-3");
    let part = part.send().await.unwrap();
    assert_eq!((part.status().as_u16(), value(part.headers(), "content-range")), (206, Some("bytes 2-3/10")));
    for header in ["content-range", "etag", "retry-after"] {
        let exposed = list(part.headers(), "access-control-expose-headers");
        assert!(exposed.iter().any(|exposed| exposed == header), "{header}");
    }
    // Without a token it learns that it needs one.
    let answer = ask(&server, None, Method::GET, "/rooms", APP).await;
    assert_eq!((answer.status().as_u16(), readable_by(&answer)), (401, Some(APP)));
    // It learns where to connect by MQTT: at this server, with the name and its token.
    let answer = ask(&server, Some(&ana), Method::GET, "/broker", APP).await;
    assert_eq!(readable_by(&answer), Some(APP));
    let info: Value = answer.json().await.unwrap();
    assert_eq!((info.get("url"), &info["username"]), (None, &json!("ana")), "{info}");
    let answer = ask(&server, Some(&ana), Method::DELETE, "/session", APP).await;
    assert_eq!((answer.status().as_u16(), readable_by(&answer)), (204, Some(APP)));
    assert_eq!(value(answer.headers(), SET_COOKIE.as_str()), None, "it does not sign out the web client");
    assert_eq!(ask(&server, Some(&ana), Method::GET, "/rooms", APP).await.status(), 401);
}

#[tokio::test]
async fn the_cookie_never_counts_for_another_origin() {
    let server = allowing().await;
    let ana = server.person("ana").await.unwrap();
    let cookie = cookie(&server, &ana).await;
    let (_, media) = server.as_person(&ana).upload("/media?name=a.txt", b"hello".to_vec()).await.unwrap();
    let media = format!("/media/{}", media["id"].as_str().unwrap());
    let own = format!("http://{}", server.http);
    let ask = async |method: &Method, path: &str, headers: &[(&str, &str)]| {
        let mut request = server.as_stranger().request(method.clone(), path).header(COOKIE, &cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if method != Method::GET {
            request = request.json(&json!({"seq": 0, "ids": []}));
        }
        request.send().await.unwrap()
    };
    for (method, path) in [
        (Method::GET, "/session"),
        (Method::GET, "/rooms"),
        (Method::GET, "/messages/general"),
        (Method::GET, &media),
        (Method::GET, "/broker"),
        (Method::POST, "/read/general"),
        (Method::POST, "/media/addresses"),
    ] {
        let answer = ask(&method, path, &[("origin", &own)]).await;
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        for origin in FOREIGN.iter().copied().chain([APP, "http://localhost:3000"]) {
            let answer = ask(&method, path, &[("origin", origin)]).await;
            assert_eq!(answer.status(), 403, "{method} {path} from {origin}");
            let problem = answer.json::<Value>().await.unwrap();
            assert!(problem["detail"].as_str().unwrap().contains("another site's page"), "{problem}");
        }
        // As pictures, scripts and frames are fetched, without an Origin.
        for site in ["same-site", "cross-site"] {
            let answer = ask(&method, path, &[("sec-fetch-site", site), ("sec-fetch-dest", "image")]).await;
            assert_eq!(answer.status(), 403, "{method} {path} from a {site} page");
        }
        let token = [("authorization", "Bearer chw_wrong"), ("origin", APP)];
        assert_eq!(ask(&method, path, &token).await.status(), 401, "the cookie does not help a wrong token");
    }
    let link = [("sec-fetch-site", "same-site"), ("sec-fetch-dest", "document")];
    assert_eq!(ask(&Method::GET, &media, &link).await.status(), 200, "a link that was followed");
    assert_eq!(ask(&Method::DELETE, "/session", &[("origin", APP)]).await.status(), 403);
    assert_eq!(ask(&Method::GET, "/session", &[]).await.status(), 200, "it is still signed in");
}

#[tokio::test]
async fn a_websocket_of_any_page_needs_a_token_and_never_takes_the_cookie() {
    let server = allowing().await;
    let ana = server.person("ana").await.unwrap();
    let cookie = cookie(&server, &ana).await;
    let own = format!("http://{}", server.http);
    let open = async |address, origin: &str| {
        let headers = format!("Origin: {origin}\r\nCookie: {cookie}\r\n");
        upgrade(TcpStream::connect(address).await.unwrap(), &headers).await
    };
    for origin in FOREIGN.iter().copied().chain([APP, &own]) {
        for address in [server.http, server.ws] {
            let with_token = connect(&mut open(address, origin).await, Some((&ana.name, &ana.token))).await;
            assert_eq!(with_token, 0, "{origin} at {address} with a token");
            let with_wrong = connect(&mut open(address, origin).await, Some((&ana.name, "chw_wrong"))).await;
            assert!([4, 5].contains(&with_wrong), "{origin} at {address} with a wrong token: {with_wrong}");
            let with_cookie = connect(&mut open(address, origin).await, None).await;
            let counts = origin == own && address == server.http;
            assert_eq!(with_cookie == 0, counts, "{origin} at {address} with the cookie: {with_cookie}");
        }
    }
    let from_a_page = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: websocket\r\n";
    let headers = format!("{from_a_page}Cookie: {cookie}\r\n");
    let mut stream = upgrade(TcpStream::connect(server.http).await.unwrap(), &headers).await;
    assert_ne!(connect(&mut stream, None).await, 0, "a page that hides its origin");
}
