//! A connection for checks, with incoming messages to wait for.

use std::time::Duration;

use anyhow::bail;
use chinwag_broker::{Message, Properties, Qos};
use rumqttc::{ConnAckProperties, Publish, QoS};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::super::PACKET_BYTES;
use super::super::link::{Link, Purpose, refusal};
use super::super::url::BrokerConfig;

/// The maximum number of incoming messages queued; further ones are dropped.
const WAITING: usize = 4_096;
/// How long the broker may take to acknowledge a publish.
const ANSWER: Duration = Duration::from_secs(5);

/// A connection for checks.
pub struct Probe {
    link: Link,
    heard: mpsc::Receiver<Publish>,
}

/// The outcome of a publish.
pub enum Answer {
    /// The broker has accepted it.
    Taken,
    /// The broker has refused it, or ended the connection because of it.
    Refused,
}

impl Probe {
    /// Connects with a session that ends with the connection.
    pub async fn open(config: &BrokerConfig, client_id: &str) -> anyhow::Result<Self> {
        let purpose = Purpose {
            client_id: client_id.to_owned(),
            session: 0,
            resume: false,
            receive_maximum: None,
            packet_bytes: PACKET_BYTES,
        };
        let (tell, heard) = mpsc::channel(WAITING);
        let take = move |publish| drop(tell.try_send(publish));
        Ok(Self { link: Link::open(config, &purpose, take).await?, heard })
    }

    /// Returns the properties of the broker's CONNACK.
    pub fn offers(&self) -> Option<&ConnAckProperties> {
        self.link.offers()
    }

    /// Subscribes; a refused subscription is an error.
    pub async fn subscribe(&self, filter: &str) -> anyhow::Result<()> {
        self.link.subscribe(&[(filter, QoS::AtLeastOnce)]).await
    }

    /// Unsubscribes.
    pub async fn unsubscribe(&self, filter: &str) -> anyhow::Result<()> {
        self.link.unsubscribe(filter).await
    }

    /// Publishes, and waits for the broker's acknowledgement.
    pub async fn publish(
        &self,
        topic: &str,
        payload: &str,
        qos: Qos,
        retain: bool,
    ) -> anyhow::Result<Answer> {
        let message = Message {
            topic: topic.into(),
            payload: payload.to_owned().into(),
            qos,
            retain,
            properties: Properties::default(),
        };
        let Ok(notice) = self.link.publish_tracked(&message).await else { return Ok(Answer::Refused) };
        match timeout(ANSWER, notice.wait_async()).await {
            Err(_) => bail!("the broker does not respond to a publish on {topic}"),
            Ok(Ok(answer)) if refusal(&answer).is_none() => Ok(Answer::Taken),
            Ok(Ok(_)) => Ok(Answer::Refused),
            // The connection ended.
            Ok(Err(_)) => Ok(Answer::Refused),
        }
    }

    /// Waits for a message on `topic` whose payload contains `mark`; other messages are skipped.
    pub async fn hears(&mut self, topic: &str, mark: &str, patience: Duration) -> Option<Publish> {
        let until = Instant::now() + patience;
        while let Ok(Some(publish)) = timeout_at(until, self.heard.recv()).await {
            let payload = String::from_utf8_lossy(&publish.payload);
            if publish.topic == topic.as_bytes() && payload.contains(mark) {
                return Some(publish);
            }
        }
        None
    }

    /// Disconnects.
    pub async fn close(self) {
        self.link.close().await;
    }
}
