//! Signed addresses of uploads: they need neither a token nor the cookie, and end with what they stand for.

use std::process::Stdio;

use chinwag_journeys::{Http, Person, Server};
use reqwest::header::{CACHE_CONTROL, CONTENT_LENGTH, ETAG, IF_NONE_MATCH, RANGE};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::process::Command;

const POLICY: &str = "cross-origin-resource-policy";
/// Signs an address, also one that has expired, with the secret in the database.
const SIGN: &str = "
import base64, hashlib, hmac, sqlite3, sys
database, id, signer, expires = sys.argv[1:]
secret = sqlite3.connect(database).execute(\"SELECT value FROM settings WHERE key = 'broker_secret'\").fetchone()[0]
sign = lambda key, text: hmac.new(key, text.encode(), hashlib.sha256).digest()
proof = sign(sign(secret.encode(), 'addresses of uploads'), f'{id} {signer} {expires}')
print(base64.urlsafe_b64encode(proof).decode().rstrip('='))
";

/// Uploads a file as this person and posts it in a room; returns its id.
async fn post(server: &Server, person: &Person, room: &str, bytes: &str) -> String {
    let http = server.as_person(person);
    let (_, media) = http.upload("/media?name=walk.txt", bytes.into()).await.unwrap();
    let id = media["id"].as_str().unwrap().to_owned();
    let message = json!({"topic": room, "attachments": [id]});
    assert_eq!(http.post("/message", message).await.unwrap().0, 201);
    id
}

/// Asks for addresses of these uploads.
async fn addresses(http: &Http, ids: &[&str]) -> Value {
    let (status, answer) = http.post("/media/addresses", json!({"ids": ids})).await.unwrap();
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn address(http: &Http, id: &str) -> String {
    let answer = addresses(http, &[id]).await;
    answer["addresses"][id].as_str().unwrap_or_else(|| panic!("no address: {answer}")).to_owned()
}

async fn fetch(server: &Server, address: &str) -> Response {
    server.as_stranger().request(Method::GET, address).send().await.unwrap()
}

/// Fetches an address that must be refused; returns the status and the reason.
async fn refused(server: &Server, address: &str) -> (u16, String) {
    let (status, problem) = server.as_stranger().get(address).await.unwrap();
    (status, problem["detail"].as_str().unwrap_or_else(|| panic!("{address}: {problem}")).to_owned())
}

/// Returns the value of a part of an address's query.
fn part<'a>(address: &'a str, name: &str) -> &'a str {
    let pairs = address.split_once('?').unwrap().1.split('&');
    pairs.filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).next().unwrap()
}

#[tokio::test]
async fn an_address_stands_for_whoever_asked_for_it() {
    let mut server = Server::start().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    server.room("walks", &["--private"], &[&ana, &bo]).await.unwrap();
    server.room("diary", &["--private"], &[&ana]).await.unwrap();
    let (walk, diary) =
        (post(&server, &ana, "walks", "0123456789").await, post(&server, &ana, "diary", "x").await);
    let bos = server.as_person(&bo);
    let answer = addresses(&bos, &[&walk, &diary, "0123456789abcdef", &walk]).await;
    let given: Vec<_> = answer["addresses"].as_object().unwrap().keys().collect();
    assert_eq!(given, [&walk], "only what bo may read");
    let address = answer["addresses"][&walk].as_str().unwrap();
    assert!(address.starts_with(&format!("/media/{walk}?")), "{address}");

    let whole = fetch(&server, address).await;
    let lasting = whole.headers()[CACHE_CONTROL].to_str().unwrap().to_owned();
    let seconds: u32 =
        lasting.strip_prefix("private, max-age=").unwrap().split(',').next().unwrap().parse().unwrap();
    assert!((3_500..=5_400).contains(&seconds), "{lasting}");
    assert_eq!((whole.status().as_u16(), &whole.headers()[POLICY]), (200, &"cross-origin".parse().unwrap()));
    let tag = whole.headers()[ETAG].clone();
    assert_eq!(whole.bytes().await.unwrap(), "0123456789");
    let with = |method: Method| server.as_stranger().request(method, address);
    let head = with(Method::HEAD).send().await.unwrap();
    assert_eq!((head.status().as_u16(), &head.headers()[CONTENT_LENGTH]), (200, &"10".parse().unwrap()));
    assert_eq!(head.headers()[POLICY], "cross-origin");
    let range = with(Method::GET).header(RANGE, "bytes=2-4").send().await.unwrap();
    assert_eq!((range.status().as_u16(), &range.headers()[POLICY]), (206, &"cross-origin".parse().unwrap()));
    assert_eq!(range.bytes().await.unwrap(), "234");
    assert_eq!(with(Method::GET).header(IF_NONE_MATCH, tag).send().await.unwrap().status(), 304);
    // With a token instead, other pages can't show it.
    let own = bos.request(Method::GET, &format!("/media/{walk}")).send().await.unwrap();
    assert_eq!((own.status().as_u16(), &own.headers()[POLICY]), (200, &"same-origin".parse().unwrap()));

    // Asked for again, it is the same, so that browsers find the file in their cache; except at the full half hour.
    let mut pair = (addresses(&bos, &[&walk]).await, addresses(&bos, &[&walk]).await);
    if pair.0["expires_at"] != pair.1["expires_at"] {
        pair.0 = addresses(&bos, &[&walk]).await;
    }
    assert_eq!(pair.0, pair.1);
    assert_ne!(self::address(&server.as_person(&ana), &walk).await, address, "each account has its own");
    server.kill().await.unwrap();
    server.start_again().await.unwrap();
    assert_eq!(fetch(&server, address).await.status(), 200, "after a restart");
}

#[tokio::test]
async fn a_request_for_addresses_has_its_limits() {
    let server = Server::start().await.unwrap();
    let ana = server.as_person(&server.person("ana").await.unwrap());
    let ask = async |ids: Value| ana.post("/media/addresses", json!({"ids": ids})).await.unwrap();
    assert_eq!(ask(json!([])).await.1["addresses"], json!({}));
    assert_eq!(ask(json!(vec!["3f0c"; 100])).await.1["addresses"], json!({}));
    for (ids, word) in
        [(json!(vec!["3f0c"; 101]), "100"), (json!(["../3f0c"]), "not the id"), (json!("3f0c"), "a sequence")]
    {
        let (status, problem) = ask(ids).await;
        assert_eq!((status, &problem["code"]), (400, &json!("bad_request")), "{problem}");
        assert!(problem.to_string().contains(word), "{problem}");
    }
    let (status, _) = server.as_stranger().post("/media/addresses", json!({"ids": []})).await.unwrap();
    assert_eq!(status, 401);
}

#[tokio::test]
async fn a_changed_address_is_refused() {
    let server = Server::start().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let (one, other) =
        (post(&server, &ana, "general", "one").await, post(&server, &ana, "general", "other").await);
    let (anas, bos) = (server.as_person(&ana), server.as_person(&bo));
    let (address, of_bo) = (self::address(&anas, &one).await, self::address(&bos, &one).await);
    let (expires, signature) = (part(&address, "expires"), part(&address, "signature"));
    let later = (expires.parse::<i64>().unwrap() + 3_600).to_string();
    let (signer, signer_of_bo) = (part(&address, "signer"), part(&of_bo, "signer"));
    let (account, token) = signer.split_once('.').unwrap();
    let (account_of_bo, _) = signer_of_bo.split_once('.').unwrap();
    assert_ne!(account, account_of_bo);
    for (was, is) in [
        (&*one, &*other),
        (expires, &*later),
        (expires, "0"),
        (expires, ""),
        (signer, signer_of_bo),
        (signer, &format!("{account_of_bo}.{token}")),
        (signer, &format!("{account}.k0")),
        (signer, ""),
        (signature, part(&of_bo, "signature")),
        (signature, &signature[1..]),
        (signature, "AAAA"),
        (signature, ""),
        ("&expires", "&e"),
        ("signer", "s"),
    ] {
        let changed = address.replacen(was, is, 1);
        assert_ne!(changed, address);
        let (status, why) = refused(&server, &changed).await;
        assert_eq!(status, 403, "{changed}: {why}");
        assert!(why.contains("changed") && why.contains("POST /media/addresses"), "{changed}: {why}");
    }
    assert_eq!(refused(&server, &address.replace("signature", "s")).await.0, 401, "no signature at all");
    assert_eq!(fetch(&server, &address).await.status(), 200);

    let signed = async |seconds: &str| {
        let mut python = Command::new("python3");
        let database = server.data().join("chinwag.db");
        python.args(["-c", SIGN]).arg(database).args([&*one, signer, seconds]).stdin(Stdio::null());
        let output = python.output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(signed(expires).await, signature, "the key is right");
    let seconds = "1795000000";
    let expired = address.replace(expires, seconds).replace(signature, &signed(seconds).await);
    let (status, why) = refused(&server, &expired).await;
    assert_eq!(status, 403, "{why}");
    assert!(why.contains("expired") && why.contains("POST /media/addresses"), "{why}");
}

#[tokio::test]
async fn an_address_ends_with_what_it_stands_for() {
    let server = Server::start().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    server.room("walks", &[], &[&ana, &bo]).await.unwrap();
    let (walk, hello) =
        (post(&server, &ana, "walks", "walk").await, post(&server, &ana, "general", "hello").await);
    let bos = server.as_person(&bo);
    let (_, device) = bos.post("/tokens", json!({"label": "a page"})).await.unwrap();
    let (token, id) = (device["token"].as_str().unwrap().to_owned(), device["id"].as_u64().unwrap());
    let page = server.as_person(&Person { token, ..bo.clone() });
    let (of_page, of_bo) = (address(&page, &hello).await, address(&bos, &hello).await);
    assert_ne!(of_page, of_bo, "each token has its own");
    assert_eq!(fetch(&server, &of_page).await.status(), 200);
    assert_eq!(bos.delete(&format!("/tokens/{id}")).await.unwrap().0, 204);
    let (status, why) = refused(&server, &of_page).await;
    assert!(status == 403 && why.contains("sign-in"), "revoked: {status} {why}");
    assert_eq!(fetch(&server, &of_bo).await.status(), 200, "bo's other token is still there");

    let of_walk = address(&bos, &walk).await;
    assert_eq!(fetch(&server, &of_walk).await.status(), 200);
    assert_eq!(bos.delete("/members/walks").await.unwrap().0, 204);
    assert_eq!(refused(&server, &of_walk).await.0, 404, "bo has left");
    assert_eq!(addresses(&bos, &[&walk]).await["addresses"], json!({}));

    server.cli(&["user", "disable", "bo"], "").await.unwrap();
    assert_eq!(refused(&server, &of_bo).await.0, 403, "bo is disabled");

    let (anas, of_ana) = (server.as_person(&ana), address(&server.as_person(&ana), &hello).await);
    assert_eq!(fetch(&server, &of_ana).await.status(), 200);
    let seq = anas.get("/messages/general").await.unwrap().1["messages"][0]["seq"].clone();
    assert_eq!(anas.delete(&format!("/messages/general?seq={seq}")).await.unwrap().0, 200);
    assert_eq!(refused(&server, &of_ana).await.0, 404, "the message is deleted");
}

#[tokio::test]
async fn an_address_is_not_in_the_log() {
    let server = Server::start_logging("trace").await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let id = post(&server, &ana, "general", "hello").await;
    let address = self::address(&server.as_person(&ana), &id).await;
    assert_eq!(fetch(&server, &address).await.status(), 200);
    assert_eq!(refused(&server, &format!("{address}x")).await.0, 403);
    let log = server.log();
    assert!(log.contains(&format!("/media/{id}")), "requests are logged");
    for secret in [part(&address, "signature"), "signature=", &ana.token] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
