//! `/metrics` as Prometheus reads it.

use std::process::Stdio;
use std::time::SystemTime;

use chinwag_journeys::{Mqtt, Options, Postgres, Server, Version, eventually};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::stock::{folder, python_tools};

/// Parses the metrics with Prometheus' own strict parser.
async fn parsed(server: &Server) -> Value {
    let text = server.metrics().await.unwrap();
    let mut parser = Command::new(python_tools("openmetrics.txt").await.join("python"))
        .arg(folder().join("openmetrics_parse.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    parser.stdin.take().unwrap().write_all(text.as_bytes()).await.unwrap();
    let output = parser.wait_with_output().await.unwrap();
    assert!(output.status.success(), "not OpenMetrics:\n{text}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Returns the value of the sample in a family with this name and these labels.
fn value(families: &Value, family: &str, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let samples = families[family]["samples"].as_array()?;
    let wanted = samples.iter().find(|sample| {
        sample["name"] == name && labels.iter().all(|(label, value)| sample["labels"][label] == *value)
    })?;
    wanted["value"].as_f64()
}

fn count(families: &Value, family: &str, labels: &[(&str, &str)]) -> f64 {
    value(families, family, &format!("{family}_count"), labels).unwrap_or_default()
}

fn gauge(families: &Value, name: &str) -> f64 {
    value(families, name, name, &[]).unwrap_or_else(|| panic!("{name} is not there"))
}

#[tokio::test]
async fn metrics_are_what_prometheus_reads() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let mut phone = Mqtt::connect(server.mqtt, &ana, &Options::new(Version::V5, "phone")).await.unwrap();
    phone.must_subscribe("general", 1).await.unwrap();
    let before = parsed(&server).await;
    for text in ["one", "two", "three"] {
        server.as_person(&ana).say("general", text).await.unwrap();
    }
    assert_ne!(phone.publish("nowhere", b"lost", 1).await.unwrap().code, 0);
    for path in ["/rooms/general", "/rooms/none", "/assets/none", "/nowhere"] {
        server.as_person(&ana).get(path).await.unwrap();
    }
    // The messages are sent one after the other, so each has its own commit; a response may precede its event's
    // delivery.
    let more = |now: &Value, family| count(now, family, &[]) - count(&before, family, &[]);
    eventually("three deliveries are timed", async || {
        more(&parsed(&server).await, "chinwag_delivery_seconds") == 3.0
    })
    .await;

    let now = parsed(&server).await;
    for family in ["chinwag_store_commit_seconds", "chinwag_delivery_seconds", "chinwag_http_request_seconds"]
    {
        assert_eq!((&now[family]["type"], &now[family]["unit"]), (&"histogram".into(), &"seconds".into()));
    }
    assert!(more(&now, "chinwag_store_commit_seconds") >= 3.0);
    let committed = value(&now, "chinwag_store_commits", "chinwag_store_commits_total", &[]).unwrap();
    assert!(count(&now, "chinwag_store_commit_seconds", &[]) >= committed, "each of {committed}");

    let requests = |route, status| {
        let labels = [("route", route), ("status", status)];
        count(&now, "chinwag_http_request_seconds", &labels)
            - count(&before, "chinwag_http_request_seconds", &labels)
    };
    assert_eq!(requests("/message", "2xx"), 3.0);
    assert_eq!((requests("/rooms/{*topic}", "2xx"), requests("/rooms/{*topic}", "4xx")), (1.0, 1.0));
    assert_eq!(requests("other", "4xx"), 2.0, "no label of the client's making");
    assert!(requests("/metrics", "2xx") >= 1.0);

    // One refusal appears in both counters: with Chinwag's error code, and with the less specific MQTT reason code.
    let by_code = |family: &str, labels| value(&now, family, &format!("{family}_total"), labels);
    assert_eq!(by_code("chinwag_publishes_refused", &[("code", "not_found")]), Some(1.0));
    let of_publishes = [("packet", "publish"), ("code", "0x87")];
    assert_eq!(by_code("chinwag_mqtt_refusals", &of_publishes), Some(1.0));
}

#[tokio::test]
async fn metrics_tell_of_the_process_and_its_disk() {
    let server = Server::start().await.unwrap();
    let now = parsed(&server).await;
    let ours = server.resident().unwrap() as f64;
    let resident = gauge(&now, "process_resident_memory_bytes");
    assert!(resident > ours / 4.0 && resident < ours * 4.0, "{resident} of {ours}");
    assert!(gauge(&now, "process_virtual_memory_bytes") >= resident);
    let (open, most) = (gauge(&now, "process_open_fds"), gauge(&now, "process_max_fds"));
    assert!(open > 5.0 && open < most, "{open} of {most}");
    assert!(
        value(&now, "process_cpu_seconds", "process_cpu_seconds_total", &[]).is_some_and(|spent| spent > 0.0)
    );
    let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
    let age = clock - gauge(&now, "process_start_time_seconds");
    // The boot time that the system reports is rounded to whole seconds.
    assert!((-2.0..120.0).contains(&age), "{age} seconds old");
    assert!(gauge(&now, "chinwag_data_free_bytes") > 0.0);
    let files =
        ["chinwag.db", "chinwag.db-wal"].map(|file| server.data().join(file).metadata().unwrap().len());
    let size = gauge(&now, "chinwag_database_bytes");
    assert!(size >= files[0] as f64 && size > 4_096.0, "{size} of {files:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_told_while_the_database_is_away() {
    let postgres = Postgres::start().unwrap();
    let database = postgres.database().unwrap();
    let server = Server::start_with(&["--limits", "off", "--database", &database]).await.unwrap();
    assert!(gauge(&parsed(&server).await, "chinwag_database_bytes") > 1_048_576.0);
    postgres.down().unwrap();
    let now = parsed(&server).await;
    assert!(now.get("chinwag_database_bytes").is_none(), "{}", now["chinwag_database_bytes"]);
    assert!(gauge(&now, "process_open_fds") > 0.0);
}
