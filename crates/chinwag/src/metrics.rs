//! Counters, gauges and histograms, as OpenMetrics text.

mod process;
mod times;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chinwag_broker::RefusalCount;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

pub use times::Times;

use crate::chat::Chat;
use crate::media::Media;
use crate::mqtt::Mqtt;
use process::Process;

/// How long the database may take to report its size; after that the metric is left out.
const PATIENCE: Duration = Duration::from_secs(1);

/// A metric's name, help text and value.
type Metric = (&'static str, &'static str, u64);

/// Renders all metrics with their current values.
pub async fn render(chat: &Chat, times: &Times, media: &Media, mqtt: &Mqtt, folder: &Arc<Path>) -> String {
    let database = tokio::time::timeout(PATIENCE, chat.store.bytes()).await.ok().and_then(Result::ok);
    let folder = Arc::clone(folder);
    let process = tokio::task::spawn_blocking(move || Process::look(&folder)).await.ok();
    let mut registry = Registry::default();
    if let Some(process) = &process {
        process.register(&mut registry);
    }
    let own = registry.sub_registry_with_prefix("chinwag");
    let free = process.and_then(|process| process.disk_free);
    let sizes = [
        ("database_bytes", "Size of the database", database),
        ("data_free_bytes", "Free bytes on the disk of the data folder", free),
        ("media_bytes", "Size of all uploads, including those in progress", Some(media.quota().used())),
        ("media_quota_bytes", "Maximum size of all uploads together", media.quota().most()),
    ];
    for (name, help, bytes) in sizes {
        if let Some(bytes) = bytes {
            own.register(name, help, gauge(bytes));
        }
    }
    times.register(own);
    register(chat, mqtt, own);
    let mut text = String::new();
    if let Err(error) = encode(&mut text, &registry) {
        tracing::error!(%error, "the metrics cannot be encoded");
    }
    text
}

fn gauge(value: u64) -> ConstGauge {
    ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX))
}

/// Registers the counters and gauges of the server's parts.
fn register(chat: &Chat, mqtt: &Mqtt, registry: &mut Registry) {
    let (accounts, rooms) = chat.directory.counts();
    let store = chat.store.stats();
    let away = store.away.unwrap_or_default();
    let mut gauges = vec![
        ("accounts", "Accounts", accounts as u64),
        ("rooms", "Rooms", rooms as u64),
        ("people_present", "People online, as far as this server knows", chat.presence.count() as u64),
        ("store_queue", "Writes waiting for the committer", store.queued),
        ("store_away_seconds", "How long the database has been unreachable", away.as_secs()),
        ("servers", "Servers on the database", chat.store.live_servers().into()),
    ];
    let mut counters = vec![
        ("store_commits", "Transactions committed", store.commits),
        ("store_events", "Events committed to rooms' logs", store.events),
        ("store_failures", "Transactions that failed", store.failures),
    ];
    let (broker_gauges, broker_counters) = match mqtt {
        Mqtt::Embedded(broker) => embedded(broker.stats()),
        Mqtt::External(external) => beside(external.stats()),
    };
    gauges.extend(broker_gauges);
    counters.extend(broker_counters);
    for (name, help, value) in gauges {
        registry.register(name, help, gauge(value));
    }
    for (name, help, value) in counters {
        registry.register(name, help, ConstCounter::new(value));
    }
    let refused = Family::<[(&str, &str); 1], Counter>::default();
    for (code, count) in chat.refusals.counts() {
        refused.get_or_create(&[("code", code.word())]).inc_by(count);
    }
    registry.register(
        "publishes_refused",
        "Requests over MQTT that Chinwag refused, by error code, on the embedded or an external broker",
        refused,
    );
    if let Mqtt::Embedded(broker) = mqtt {
        registry.register(
            "mqtt_refusals",
            "Packets of all kinds that the embedded broker refused, by MQTT 5 reason code",
            refusals(broker.refusals()),
        );
    }
}

fn embedded(broker: chinwag_broker::Stats) -> (Vec<Metric>, Vec<Metric>) {
    let gauges = vec![
        ("mqtt_connections", "Live MQTT connections", broker.connections),
        ("mqtt_sessions", "MQTT sessions in memory", broker.sessions),
        ("mqtt_subscriptions", "MQTT subscriptions in memory", broker.subscriptions),
        ("mqtt_retained", "Retained messages", broker.retained),
        ("mqtt_buffered_bytes", "Bytes waiting to be written to MQTT clients", broker.buffered_bytes),
    ];
    let counters = vec![
        ("mqtt_accepted", "MQTT connections accepted", broker.accepted),
        ("mqtt_refused", "MQTT connections refused", broker.refused),
        ("mqtt_received", "MQTT PUBLISH packets received", broker.received),
        ("mqtt_delivered", "MQTT PUBLISH packets sent", broker.delivered),
        (
            "mqtt_skipped",
            "MQTT messages skipped because they exceed a client's maximum packet size",
            broker.skipped,
        ),
        ("mqtt_dropped", "MQTT messages dropped because a buffer was full", broker.dropped),
    ];
    (gauges, counters)
}

fn refusals(counts: Vec<RefusalCount>) -> Family<[(&'static str, String); 2], Counter> {
    let family = Family::<[(&'static str, String); 2], Counter>::default();
    for RefusalCount { packet, code, count } in counts {
        let labels = [("packet", packet.name().to_owned()), ("code", format!("{code:#04x}"))];
        family.get_or_create(&labels).inc_by(count);
    }
    family
}

fn beside(broker: chinwag_external::Stats) -> (Vec<Metric>, Vec<Metric>) {
    let gauges = vec![
        ("broker_connected", "1 while the broker is connected", broker.connected.into()),
        (
            "broker_announcing",
            "1 on the server that announces the commits of all servers",
            broker.announcing.into(),
        ),
        ("broker_in_flight", "Events sent to the broker and not yet acknowledged", broker.in_flight),
        ("broker_waiting", "Events and rooms waiting to be sent to the broker", broker.waiting),
    ];
    let counters = vec![
        ("broker_received", "Messages and read cursors received from the broker", broker.received),
        ("broker_refused", "Those that were refused", broker.refused),
        ("broker_dropped", "Those at QoS 0 for which there was no room", broker.dropped),
        ("broker_published", "Events published on the broker", broker.published),
        ("broker_lost", "Connections to the broker that failed or were lost", broker.lost),
    ];
    (gauges, counters)
}
