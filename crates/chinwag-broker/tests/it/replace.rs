//! Replaced content: once `Broker::replace` has returned, nobody receives the old content.

use std::sync::Arc;

use chinwag_broker::Config;
use mqtt_protocol_core::mqtt::packet::{Property, Qos, ReceiveMaximum, SessionExpiryInterval};
use tokio::sync::Semaphore;

use crate::common::*;

/// A persistent session with room for one message.
fn narrow(name: &str) -> Options {
    id(name)
        .keep()
        .with(Property::SessionExpiryInterval(SessionExpiryInterval::new(u32::MAX).unwrap()))
        .with(Property::ReceiveMaximum(ReceiveMaximum::new(1).unwrap()))
}

/// A configuration with which the broker caches no log entries.
fn forgetful() -> Config {
    let mut config = open();
    config.limits.recent_bytes = 0;
    config
}

fn say(running: &Running, payloads: &[&str]) {
    let entries: Vec<_> = payloads.iter().map(|payload| running.handler.append("room", payload)).collect();
    running.broker.publish_log_batch(&entries);
}

fn replace(running: &Running, offsets: &[u64]) {
    let replace = |offset: &u64| running.handler.replace("room", *offset, &format!("new {offset}"));
    let entries: Vec<_> = offsets.iter().map(replace).collect();
    running.broker.replace(&entries);
}

/// Receives and acknowledges these payloads, one at a time.
async fn expect(client: &mut Client, payloads: &[&str]) {
    for payload in payloads {
        let message = client.message().await;
        assert_eq!(message.payload, *payload);
        client.puback(message.id).await;
    }
}

/// Cached entries are replaced for a client that is behind.
#[tokio::test]
async fn what_is_in_memory() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, narrow("s")).await;
    client.subscribe(&[("room", Qos::AtLeastOnce)]).await;
    say(&running, &["1", "2", "3", "4"]);
    let first = client.message().await;
    replace(&running, &[1, 3]);
    client.puback(first.id).await;
    expect(&mut client, &["2", "new 3", "4"]).await;
    client.quiet().await;
    assert_eq!(running.handler.0.lock().pages_read, 0);
    say(&running, &["5"]);
    expect(&mut client, &["5"]).await;
}

/// Content is replaced in a page that was read for a client and not sent yet.
#[tokio::test]
async fn a_page_that_was_read() {
    let running = start(forgetful()).await;
    let (mut client, _) = Client::connect(running.tcp, narrow("s")).await;
    client.subscribe(&[("room", Qos::AtLeastOnce)]).await;
    say(&running, &["1", "2", "3", "4"]);
    expect(&mut client, &["1"]).await;
    let second = client.message().await;
    assert_eq!((&*second.payload, running.handler.0.lock().pages_read), ("2", 1));
    replace(&running, &[3]);
    client.puback(second.id).await;
    expect(&mut client, &["new 3", "4"]).await;
    client.quiet().await;
    assert_eq!(running.handler.0.lock().pages_read, 2);
}

/// Content is replaced while a page with the old content is being read.
#[tokio::test]
async fn a_page_that_is_being_read() {
    let running = start(forgetful()).await;
    let (mut client, _) = Client::connect(running.tcp, narrow("s")).await;
    client.subscribe(&[("room", Qos::AtLeastOnce)]).await;
    let held = Arc::new(Semaphore::new(0));
    running.handler.0.lock().pages_held = Some(Arc::clone(&held));
    say(&running, &["1", "2", "3"]);
    expect(&mut client, &["1"]).await;
    running.handler.until(|inner| inner.pages_read == 1).await;
    replace(&running, &[2]);
    client.quiet().await;
    held.add_permits(2);
    expect(&mut client, &["new 2", "3"]).await;
    client.quiet().await;
    assert_eq!(running.handler.0.lock().pages_read, 2);
}

/// A message in flight when the connection is lost is sent again with its packet id, DUP and the new content.
#[tokio::test]
async fn what_is_sent_again() {
    for config in [open(), forgetful()] {
        let running = start(config).await;
        let (mut client, _) = Client::connect(running.tcp, narrow("s")).await;
        client.subscribe(&[("room", Qos::AtLeastOnce)]).await;
        say(&running, &["1", "2", "3"]);
        let first = client.message().await;
        drop(client);
        replace(&running, &[1, 2]);
        let (mut client, present) = Client::connect(running.tcp, narrow("s")).await;
        let again = client.message().await;
        assert!(present && again.dup);
        assert_eq!((again.id, &*again.payload), (first.id, "new 1"));
        client.puback(again.id).await;
        expect(&mut client, &["new 2", "3"]).await;
        client.quiet().await;
    }
}

/// After a restart, a session resumed from its cursor receives the new content.
#[tokio::test]
async fn what_is_resumed() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, narrow("s")).await;
    client.subscribe(&[("room", Qos::AtLeastOnce)]).await;
    client.leave(0).await;
    say(&running, &["1", "2"]);
    running.broker.shutdown(std::time::Duration::from_secs(5)).await;
    let running = start_with(running.handler.clone(), open()).await;
    replace(&running, &[2]);
    let (mut client, _) = Client::connect(running.tcp, narrow("s")).await;
    expect(&mut client, &["1", "new 2"]).await;
    client.quiet().await;
}

/// Members of a shared subscription have no cursor: their unacknowledged and queued entries are kept as messages, and
/// replaced there.
#[tokio::test]
async fn what_a_member_of_a_shared_subscription_keeps() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, narrow("s")).await;
    client.subscribe(&[("$share/g/room", Qos::AtLeastOnce)]).await;
    say(&running, &["1", "2", "3"]);
    let first = client.message().await;
    drop(client);
    replace(&running, &[1, 2]);
    let (mut client, _) = Client::connect(running.tcp, narrow("s")).await;
    let again = client.message().await;
    assert_eq!((again.id, again.dup, &*again.payload), (first.id, true, "new 1"));
    client.puback(again.id).await;
    expect(&mut client, &["new 2", "3"]).await;
    client.quiet().await;
}

/// Replacing something that is not a log entry, or an entry of an unknown log, has no effect.
#[tokio::test]
async fn what_is_not_there() {
    let running = start(open()).await;
    let (mut client, _) = Client::connect(running.tcp, narrow("s")).await;
    client.subscribe(&[("#", Qos::AtLeastOnce)]).await;
    let mut entry = running.handler.append("unknown", "1");
    running.broker.replace(&[entry.clone()]);
    say(&running, &["1"]);
    entry.message.topic = "room".into();
    for offset in [0, 2, u64::MAX] {
        entry.offset = offset;
        running.broker.replace(&[entry.clone()]);
    }
    running.broker.replace(&[]);
    say(&running, &["2"]);
    expect(&mut client, &["1", "2"]).await;
    client.quiet().await;
}
