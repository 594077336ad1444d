//! What a person can be refused, by HTTP and by MQTT, and that the parameters say why: the table of reasons in
//! docs/protocol.md, walked on a running server.

mod accounts;
mod connections;
mod rooms;
mod verbs;

use std::collections::{BTreeMap, BTreeSet};

use chinwag_journeys::{Http, Person, Server};
use reqwest::Method;
use serde_json::{Value, json};

/// Reasons that need more than a request: other tests cause them.
const ELSEWHERE: [&str; 21] = [
    // The store's own tests: `permits.rs`, `changes.rs`, `contract.rs`.
    "emoji",
    "room_full",
    "rooms",
    "rooms_by_others",
    "rooms_made",
    "rooms_of_other",
    "room_gone",
    "tokens",
    "uploads_today",
    // Unit tests: `cursors.rs`.
    "cursors",
    // Other journeys: `hostile_http.rs`, `media.rs`, `refusals.rs`, `sessions.rs`, `sign_in.rs`.
    "all_uploads",
    "incomplete",
    "packet",
    "requests_at_once",
    "sessions",
    "sign_ins_busy",
    "uploads_at_once",
    // Deleting an account disables it first, so a connection is told that.
    "account_deleted",
    // A server that is overloaded, or was not told where browsers reach its broker.
    "bodies_busy",
    "broker_address",
    "uploads_busy",
];

/// A reason in the table.
struct Listed {
    code: String,
    params: BTreeSet<String>,
}

/// Reads the table of reasons.
fn listed() -> BTreeMap<String, Listed> {
    let words =
        |cell: &str| -> Vec<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let lines = include_str!("../../../docs/protocol.md").lines();
    let rows = lines.skip_while(|line| !line.starts_with("| reason | code | parameters |")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let entry = |row: &str| {
        let cells: Vec<_> = row.split(" | ").collect();
        let code = words(cells[1]).remove(0);
        (words(cells[0]).remove(0), Listed { code, params: words(cells[2]).into_iter().collect() })
    };
    rows.map(entry).collect()
}

/// The people of a scene. Zoe is an administrator.
struct Scene {
    server: Server,
    zoe: Person,
    ana: Person,
    bo: Person,
    listed: BTreeMap<String, Listed>,
    seen: BTreeSet<String>,
}

impl Scene {
    /// Bo is in the rooms `walks` and `secret`, of which only `walks` is public; Ana is in neither.
    async fn on(server: Server) -> Self {
        let (zoe, ana) = (server.admin("zoe").await.unwrap(), server.person("ana").await.unwrap());
        let bo = server.person("bo").await.unwrap();
        server.room("walks", &[], &[&bo]).await.unwrap();
        server.room("secret", &["--private"], &[&bo]).await.unwrap();
        Self { server, zoe, ana, bo, listed: listed(), seen: BTreeSet::new() }
    }

    /// Checks the code and the parameters of a refusal, also against the table.
    fn check(&mut self, what: &str, (code, params): (&str, &Value), expected: (&str, &Value)) {
        assert_eq!((code, params), expected, "{what}");
        let reason = params["reason"].as_str().unwrap();
        let listed = self.listed.get(reason).unwrap_or_else(|| panic!("{reason} is not in the table"));
        assert_eq!(listed.code, code, "{what}");
        let names: BTreeSet<_> = params.as_object().unwrap().keys().cloned().collect();
        let known: BTreeSet<_> = listed.params.iter().cloned().chain(["reason".to_owned()]).collect();
        assert_eq!(names, known, "{what}");
        self.seen.insert(reason.to_owned());
    }

    /// Checks that an HTTP request is refused like this.
    async fn http(
        &mut self,
        http: &Http,
        (method, path): (Method, &str),
        body: Value,
        code: &str,
        params: Value,
    ) {
        let request = http.request(method.clone(), path);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        let (status, bytes) = (answer.status().as_u16(), answer.bytes().await.unwrap());
        let problem: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let what = format!("{method} {path} {body}: {status} {problem}");
        assert!(status >= 400 && problem["status"] == status, "{what}");
        self.check(&what, (problem["code"].as_str().unwrap(), &problem["params"]), (code, &params));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reason_is_given_with_its_parameters() {
    let server = Server::start().await.unwrap();
    let setup = accounts::before_there_is_an_administrator(&server).await;
    let mut scene = Scene::on(server).await;
    scene.check("setup", ("not_authorized", &setup), ("not_authorized", &json!({"reason": "setup_link"})));
    accounts::walk(&mut scene).await;
    rooms::walk(&mut scene).await;
    verbs::walk(&mut scene).await;
    connections::walk(&mut scene).await;
    accounts::wrong_passwords(&mut scene).await;
    let expected: BTreeSet<_> = scene.listed.keys().map(String::as_str).collect();
    let seen: BTreeSet<_> = scene.seen.iter().map(String::as_str).chain(ELSEWHERE).collect();
    assert_eq!(seen, expected, "what is in the table is walked");
}

async fn verbs_are_refused_with_parameters(server: Server) {
    verbs::walk(&mut Scene::on(server).await).await;
}

on_every_other_broker!(verbs_are_refused_with_parameters);
