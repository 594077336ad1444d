//! The hook requests of EMQX and RMQTT, with the body templates from their configurations in `deploy/`.

use chinwag_journeys::{AWAY, Server};
use regex_lite::Regex;
use reqwest::Method;
use serde_json::{Map, Value, json};

const SECRET: &str = "the-secret-of-the-broker-in-32-chars";
const EMQX: &str = include_str!("../../deploy/emqx/emqx.conf");
const RMQTT: &str = include_str!("../../deploy/rmqtt/plugins/rmqtt-auth-http.toml");

/// Returns the field names and placeholders of the body template that follows `url` in a configuration.
fn template(configuration: &str, url: &str, starts: &str) -> Vec<(String, String)> {
    let (_, after) = configuration.split_once(url).unwrap();
    let (_, body) = after.split_once(starts).unwrap();
    let field = Regex::new(r#"(\w+) = "([$%][^"]+)""#).unwrap();
    let end = body.find("headers").or_else(|| body.find('\n')).unwrap_or(body.len());
    field.captures_iter(&body[..end]).map(|found| (found[1].to_owned(), found[2].to_owned())).collect()
}

/// Returns a request body as the broker fills in the template.
fn filled(template: &[(String, String)], values: &[(&str, &str)]) -> Value {
    let fill = |placeholder: &str| {
        let value = values.iter().find(|(name, _)| *name == placeholder);
        value.unwrap_or_else(|| panic!("nothing is known of {placeholder}")).1
    };
    let fields = template.iter().map(|(name, placeholder)| (name.clone(), json!(fill(placeholder))));
    Value::Object(fields.collect::<Map<_, _>>())
}

async fn ask(server: &Server, secret: &str, path: &str, body: &Value) -> (u16, Value) {
    let request = server.as_stranger().request(Method::POST, path).bearer_auth(secret).json(body);
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
}

async fn result(server: &Server, path: &str, body: &Value) -> String {
    let (status, answer) = ask(server, SECRET, path, body).await;
    assert_eq!(status, 200, "{answer}");
    answer["result"].as_str().unwrap().to_owned()
}

/// Starts a server with broker hooks; ana and bo have accounts, and ana is in a private room.
async fn asked() -> Server {
    let hooks = ["--limits", "off", "--broker-access", "hooks", "--broker-secret", SECRET];
    let server = Server::start_without_broker(&hooks).await.unwrap();
    for name in ["ana", "bo"] {
        let password = format!("the password of {name}");
        server.cli(&["user", "add", name, "--password-stdin"], &password).await.unwrap();
    }
    server.cli(&["room", "add", "secret", "--private"], "").await.unwrap();
    server.cli(&["room", "join", "secret", "ana"], "").await.unwrap();
    server
}

/// One broker's request templates and terms.
struct Words {
    authenticate: Vec<(String, String)>,
    authorize: Vec<(String, String)>,
    /// The placeholders for user name, password, client id, address, action, topic and proof.
    placeholders: [&'static str; 7],
    publish: &'static str,
    subscribe: &'static str,
}

impl Words {
    fn emqx() -> Self {
        Self {
            authenticate: template(EMQX, "/broker/authenticate", "body {"),
            authorize: template(EMQX, "/broker/authorize", "body {"),
            placeholders: [
                "${username}",
                "${password}",
                "${clientid}",
                "${peerhost}",
                "${action}",
                "${topic}",
                "${client_attrs.proof}",
            ],
            publish: "publish",
            subscribe: "subscribe",
        }
    }

    fn rmqtt() -> Self {
        Self {
            authenticate: template(RMQTT, "/broker/authenticate", "params = {"),
            authorize: template(RMQTT, "/broker/authorize", "params = {"),
            placeholders: ["%u", "%P", "%c", "%a", "%A", "%t", "nor for a proof"],
            publish: "2",
            subscribe: "1",
        }
    }

    fn connect(&self, name: &str, password: &str, client_id: &str) -> Value {
        let [username, secret, client, address, ..] = self.placeholders;
        let values = [(username, name), (secret, password), (client, client_id), (address, "192.0.2.1")];
        filled(&self.authenticate, &values)
    }

    fn act(&self, name: &str, action: &str, topic: &str, proof: &str) -> Value {
        let [username, _, client, _, act, on, shown] = self.placeholders;
        let values = [(username, name), (client, "c"), (act, action), (on, topic), (shown, proof)];
        filled(&self.authorize, &values)
    }
}

async fn is_answered(words: Words) {
    let server = asked().await;
    assert!(words.authenticate.len() >= 4 && words.authorize.len() >= 4);
    let token = server.cli(&["token", "ana"], "").await.unwrap();
    let (own, password) = AWAY;
    for (name, secret, client_id, expected) in [
        ("ana", "the password of ana", "phone", "allow"),
        ("ana", token.as_str(), "phone", "allow"),
        // The broker looks up its clients by the exact name they sent, so no other spelling is accepted.
        ("Ana", token.as_str(), "phone", "deny"),
        ("ana ", token.as_str(), "phone", "deny"),
        ("ana", token.as_str(), "..", "deny"),
        ("ana", token.as_str(), "kitchen/lamp", "deny"),
        ("ana", token.as_str(), "+", "deny"),
        ("bo", token.as_str(), "phone", "deny"),
        ("ana", "the password of bo", "phone", "deny"),
        ("ana", "", "phone", "deny"),
        ("", "", "", "deny"),
        ("nobody", "the password of ana", "phone", "deny"),
        ("ana", "the password of ana", "chinwag-of-a-server", "deny"),
        (own, password, "chinwag-of-a-server", "allow"),
        (own, "another password", "phone", "deny"),
    ] {
        let body = words.connect(name, secret, client_id);
        let (status, answer) = ask(&server, SECRET, "/broker/authenticate", &body).await;
        assert_eq!((status, answer["result"].as_str()), (200, Some(expected)), "{name} {answer}");
        // Only the server itself is a superuser; the answer has the field that each broker expects.
        let superuser = json!(expected == "allow" && name == own);
        assert_eq!((&answer["is_superuser"], &answer["superuser"]), (&superuser, &superuser), "{name}");
    }
    let mut proofs = std::collections::HashMap::new();
    for (name, secret) in [("ana", "the password of ana"), ("bo", "the password of bo"), (own, password)] {
        let body = words.connect(name, secret, "c");
        let (_, answer) = ask(&server, SECRET, "/broker/authenticate", &body).await;
        proofs.insert(name, answer["client_attrs"]["proof"].as_str().unwrap().to_owned());
    }
    // EMQX sends "undefined" for a client that was not authenticated with this hook.
    let proof = |name: &str| proofs.get(name).map_or("undefined", String::as_str);
    let (publish, subscribe) = (words.publish, words.subscribe);
    for (name, action, topic, expected) in [
        ("ana", publish, "users/ana/send/general", "allow"),
        ("ana", publish, "users/ana/typing/secret", "allow"),
        ("ana", publish, "users/ana/activity/general", "deny"),
        ("ana", publish, "users/ana/devices/phone", "allow"),
        ("bo", publish, "users/ana/send/general", "deny"),
        ("bo", publish, "users/ana/typing/general", "deny"),
        ("ana", publish, "general", "deny"),
        ("ana", publish, "users/ana/inbox", "deny"),
        ("ana", publish, "users/ana/presence", "deny"),
        ("ana", subscribe, "secret", "allow"),
        ("bo", subscribe, "secret", "deny"),
        ("bo", subscribe, "users/+/activity/general", "allow"),
        ("bo", subscribe, "users/+/activity/secret", "deny"),
        ("bo", subscribe, "users/ana/presence", "allow"),
        ("bo", subscribe, "users/ana/inbox", "deny"),
        ("bo", subscribe, "users/+/typing/general", "deny"),
        ("bo", subscribe, "users/+/send/#", "deny"),
        ("bo", subscribe, "#", "deny"),
        ("bo", subscribe, "$SYS/#", "deny"),
        ("nobody", subscribe, "general", "deny"),
        ("", publish, "general", "deny"),
        (own, publish, "general", "allow"),
        (own, subscribe, "users/+/send/#", "allow"),
    ] {
        let answer = result(&server, "/broker/authorize", &words.act(name, action, topic, proof(name))).await;
        assert_eq!(answer, expected, "{name} {action} {topic}");
    }
    if words.authorize.iter().any(|(field, _)| field == "proof") {
        for (name, proof) in [("ana", "undefined"), (own, "undefined"), ("ana", proof("bo"))] {
            let body = words.act(name, publish, "users/ana/send/general", proof);
            assert_eq!(
                result(&server, "/broker/authorize", &body).await,
                "deny",
                "{name} is not authenticated"
            );
        }
    }
    // A lost membership takes effect at the next request.
    server.cli(&["room", "leave", "secret", "ana"], "").await.unwrap();
    chinwag_journeys::eventually("ana is out", async || {
        result(&server, "/broker/authorize", &words.act("ana", subscribe, "secret", proof("ana"))).await
            == "deny"
    })
    .await;
}

#[tokio::test]
async fn emqx_is_answered() {
    is_answered(Words::emqx()).await;
}

#[tokio::test]
async fn rmqtt_is_answered() {
    is_answered(Words::rmqtt()).await;
}

#[tokio::test]
async fn whoever_is_not_the_broker_learns_nothing() {
    let hooks = ["--broker-access", "hooks", "--broker-secret", SECRET];
    let server = Server::start_without_broker(&hooks).await.unwrap();
    let question = json!({"username": "ana", "password": "x", "action": "publish", "topic": "general"});
    let mut answers = Vec::new();
    for path in ["/broker/authenticate", "/broker/authorize"] {
        for body in [&question, &json!({}), &json!("nonsense")] {
            let (status, answer) = ask(&server, "not-the-secret", path, body).await;
            assert_eq!(status, 401, "{answer}");
            answers.push(answer);
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    // Guessing the secret is rate limited, as with passwords.
    for _ in 0..20 {
        ask(&server, "not-the-secret", "/broker/authorize", &question).await;
    }
    assert_eq!(ask(&server, "not-the-secret", "/broker/authorize", &question).await.0, 429);

    // A server with the embedded broker rejects all hook requests.
    let embedded = Server::start().await.unwrap();
    assert_eq!(ask(&embedded, SECRET, "/broker/authenticate", &question).await.0, 401);
}

#[tokio::test]
async fn without_a_secret_of_the_operators_there_is_one_in_a_file() {
    let server = Server::start_without_broker(&["--limits", "off"]).await.unwrap();
    let file = server.data().join("broker-secret");
    let secret = std::fs::read_to_string(&file).unwrap();
    assert!(secret.trim().len() >= 32);
    let question = json!({"username": "ana", "action": "publish", "topic": "general"});
    let (status, answer) = ask(&server, secret.trim(), "/broker/authorize", &question).await;
    assert_eq!((status, answer["result"].as_str()), (200, Some("deny")));
}
