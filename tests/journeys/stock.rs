//! Third-party MQTT and API clients, unmodified.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use chinwag_journeys::{DEADLINE, Mqtt, Options, Person, Server, Version};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

/// Returns the folder with the programs and their requirements.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("stock")
}

/// Returns the MQTT password: the account's password works on the embedded broker only, a token on every broker.
fn secret<'a>(server: &Server, person: &'a Person) -> &'a str {
    if server.broker.is_none() { &person.password } else { &person.token }
}

/// Returns the topic on which ana sends to `general`: the room's own topic accepts messages on the embedded broker
/// only.
fn said_on(server: &Server) -> &'static str {
    if server.broker.is_none() { "general" } else { "users/ana/send/general" }
}

async fn must_work(command: &mut Command) {
    let output = timeout(DEADLINE * 2, command.stdin(Stdio::null()).kill_on_drop(true).output());
    let output = output.await.expect("it does not end").expect("it does not start");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

async fn the_tutorials_client_on_npm_mqtt(server: Server) {
    assert!(folder().join("node_modules/mqtt").is_dir(), "run `make stock` first");
    let ana = server.person("ana").await.unwrap();
    let mut addresses = vec![server.ws];
    if server.broker.is_none() {
        // The HTTP port accepts it at the same path too.
        addresses.push(server.http);
    }
    for ws in addresses {
        let mut node = Command::new("node");
        node.arg(folder().join("tutorial.mjs"))
            .arg(format!("ws://{ws}/mqtt"))
            .arg(format!("http://{}", server.http))
            .args([&ana.name, &ana.password, secret(&server, &ana)]);
        must_work(&mut node).await;
    }
}

/// Returns the `bin` folder of a Python environment with the packages that `requirements` lists.
pub async fn python_tools(requirements: &str) -> PathBuf {
    let venv = Command::new(folder().join("../../scripts/python-tools"))
        .arg(folder().join(requirements))
        .stderr(Stdio::inherit())
        .output()
        .await
        .unwrap();
    assert!(venv.status.success(), "{requirements} cannot be installed");
    Path::new(String::from_utf8(venv.stdout).unwrap().trim()).join("bin")
}

async fn paho_for_python_on_both_versions(server: Server) {
    let ana = server.person("ana").await.unwrap();
    let python = python_tools("paho.txt").await.join("python");
    for version in ["311", "5"] {
        let mut paho = Command::new(&python);
        paho.arg(folder().join("paho_client.py"))
            .args([&server.mqtt.ip().to_string(), &server.mqtt.port().to_string(), version])
            .args([&ana.name, secret(&server, &ana), said_on(&server)]);
        must_work(&mut paho).await;
    }
}

async fn mosquittos_command_line(server: Server) {
    let ana = server.person("ana").await.unwrap();
    for version in ["311", "5"] {
        let port = server.mqtt.port().to_string();
        let common = |program: &str| {
            let mut command = Command::new("stdbuf");
            // Line-buffered, although its output is a pipe.
            command.args([
                "-oL",
                program,
                "-h",
                "127.0.0.1",
                "-p",
                &port,
                "-V",
                version,
                "-u",
                "ana",
                "-P",
                secret(&server, &ana),
            ]);
            command
        };
        // -d prints the SUBACK, so that nothing is sent before the subscription is active.
        let mut listener = common("mosquitto_sub")
            .args(["-t", "general", "-q", "1", "-d", "-F", "%p"])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(listener.stdout.take().unwrap()).lines();
        let mut next = async || timeout(DEADLINE, lines.next_line()).await.unwrap().unwrap().unwrap();
        while !next().await.contains("SUBACK") {}

        must_work(common("mosquitto_pub").args(["-t", said_on(&server), "-q", "1", "-m", "hello"])).await;
        let event = loop {
            let line = next().await;
            // A join event may come first.
            if line.contains(r#""type":"message""#) {
                break serde_json::from_str::<serde_json::Value>(&line).unwrap();
            }
        };
        assert_eq!(event["text"], "hello");
        assert_eq!(event["sender"], "ana");
        listener.kill().await.unwrap();
    }
}

#[tokio::test]
async fn what_one_version_says_the_other_hears() {
    let server = Server::start().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let mut three = Mqtt::connect(server.mqtt, &ana, &Options::new(Version::V3, "d")).await.unwrap();
    // The same client id: ids are scoped to the account, so the two do not disturb each other.
    let mut five = Mqtt::connect(server.mqtt, &bo, &Options::new(Version::V5, "d")).await.unwrap();
    three.must_subscribe("general", 1).await.unwrap();
    five.must_subscribe("general", 1).await.unwrap();
    for qos in [0, 1, 2] {
        for (sender, text) in [(0, format!("three at {qos}")), (1, format!("five at {qos}"))] {
            let topic = if qos == 1 {
                "general"
            } else {
                ["users/ana/send/general", "users/bo/send/general"][sender]
            };
            let speaker = if sender == 0 { &mut three } else { &mut five };
            assert_eq!(speaker.publish(topic, text.as_bytes(), qos).await.unwrap().code, 0);
            let (heard, also) = (three.chat().await.unwrap(), five.chat().await.unwrap());
            assert_eq!(heard, also);
            assert_eq!(heard["text"], text);
            assert_eq!(heard["sender"], ["ana", "bo"][sender]);
        }
    }
}

on_every_broker!(the_tutorials_client_on_npm_mqtt, paho_for_python_on_both_versions, mosquittos_command_line,);

/// Writes the server's OpenAPI document to a file in `folder`.
async fn openapi_document(server: &Server, folder: &Path) -> PathBuf {
    let document = chinwag_journeys::Http::new(server.http, None).download("/openapi.json").await.unwrap();
    let path = folder.join("openapi.json");
    std::fs::write(&path, document).unwrap();
    path
}

#[tokio::test]
async fn types_that_openapi_typescript_makes_compile_and_work() {
    let modules = folder().join("node_modules");
    assert!(modules.join("openapi-typescript").is_dir(), "run `make stock` first");
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    // Inside node_modules, so that the client finds the libraries it imports.
    let work = tempfile::tempdir_in(&modules).unwrap();
    let document = openapi_document(&server, work.path()).await;
    for file in ["openapi_client.ts", "tsconfig.json", "package.json"] {
        std::fs::copy(folder().join(file), work.path().join(file)).unwrap();
    }
    let tool = |name: &str| Command::new(modules.join(".bin").join(name));
    must_work(tool("openapi-typescript").arg(&document).arg("-o").arg(work.path().join("openapi.ts"))).await;
    must_work(tool("tsc").arg("-p").arg(work.path())).await;
    let mut node = Command::new("node");
    node.arg(work.path().join("openapi_client.js"))
        .arg(format!("http://{}", server.http))
        .args([&ana.name, &ana.password]);
    must_work(&mut node).await;
}

#[tokio::test]
async fn a_client_that_openapi_python_client_makes_works() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let tools = python_tools("openapi.txt").await;
    let work = tempfile::tempdir().unwrap();
    let document = openapi_document(&server, work.path()).await;
    let package = work.path().join("chinwag_client");
    let mut generator = Command::new(tools.join("openapi-python-client"));
    generator
        .args(["generate", "--meta", "none", "--path"])
        .arg(&document)
        .arg("--output-path")
        .arg(&package);
    must_work(&mut generator).await;
    let mut python = Command::new(tools.join("python"));
    python
        .arg(folder().join("openapi_client.py"))
        .arg(work.path())
        .arg(format!("http://{}", server.http))
        .args([&ana.name, &ana.password]);
    must_work(&mut python).await;
}
