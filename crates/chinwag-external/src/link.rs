//! A single connection to the broker, without reconnecting: a new connection is a new link, so that nothing of the old
//! one can still be in flight.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use chinwag_broker::{Message, Qos};
use rumqttc::{
    AckMode, AsyncClient, Broker, ConnAckProperties, Event, EventLoop, MqttOptions, Outgoing, Packet,
    PersistedAckMode, PersistedSession, PubAckReason, Publish, PublishNotice, PublishOptions,
    PublishProperties, PublishResult, QoS, SessionStore, SessionStoreError, SessionStoreKey, SubscribeFilter,
    SubscribeReasonCode, TlsConfiguration, Transport,
};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::url::{BrokerConfig, Scheme};

/// The maximum number of requests waiting to be written; beyond it publishing waits.
const REQUESTS: usize = 2_048;
/// The number of requests written, and of packets read, in one batch.
const BATCH: usize = 256;
/// How long connecting may take, including the broker's CONNACK.
const OPENING: Duration = Duration::from_secs(5);
/// The MQTT keep-alive in seconds: a dead broker is detected within two intervals.
const KEEP_ALIVE: u16 = 5;
/// How long disconnecting may take.
const CLOSING: Duration = Duration::from_secs(2);
/// How long the broker may take to answer a request.
const ANSWER: Duration = Duration::from_secs(5);

/// The parameters of a connection.
#[derive(Debug, Clone)]
pub struct Purpose {
    /// The client id; a new connection with the same id ends this one.
    pub client_id: String,
    /// The session expiry interval in seconds.
    pub session: u32,
    /// Whether to resume an existing session. If not, the connection has a clean start.
    pub resume: bool,
    /// The maximum number of unacknowledged incoming messages. If set, QoS 1 messages must be acknowledged with
    /// [`Link::acknowledge`].
    pub receive_maximum: Option<u16>,
    /// The largest packet accepted, in bytes.
    pub packet_bytes: u32,
}

/// Returns why the broker has refused a publish; `None` if it has accepted it.
pub fn refusal(answer: &PublishResult) -> Option<PubAckReason> {
    match answer {
        PublishResult::Qos1(ack)
            if !matches!(ack.reason, PubAckReason::Success | PubAckReason::NoMatchingSubscribers) =>
        {
            Some(ack.reason)
        }
        _ => None,
    }
}

/// The reason why a connection has ended.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the connection to the broker ended: {0}")]
pub struct Ended(pub Arc<str>);

/// A connection to the broker.
pub struct Link {
    client: AsyncClient,
    ended: watch::Receiver<Option<Arc<str>>>,
    /// The properties of the broker's CONNACK.
    offers: Option<ConnAckProperties>,
    // Ends the connection when the link is dropped.
    _driver: DropGuard,
}

impl Link {
    /// Connects. `take` is called at once with each message that arrives; it must not block.
    pub async fn open(
        config: &BrokerConfig,
        purpose: &Purpose,
        take: impl FnMut(Publish) + Send + 'static,
    ) -> anyhow::Result<Self> {
        let options = options(config, purpose)?;
        let (client, mut events) = AsyncClient::builder(options).capacity(REQUESTS).try_build()?;
        let first = tokio::time::timeout(OPENING, events.poll()).await.context("no answer")??;
        let Event::Incoming(Packet::ConnAck(answer)) = first else {
            return Err(anyhow!("not a response to CONNECT: {first:?}"));
        };
        // Its contents, that nothing is in flight, have been used for resuming; nothing is to be saved.
        events.options.clear_session_store();
        let (say, ended) = watch::channel(None);
        let stop = CancellationToken::new();
        tokio::spawn(drive(events, take, stop.clone(), say));
        Ok(Self { client, ended, offers: answer.properties, _driver: stop.drop_guard() })
    }

    /// Returns the properties of the broker's CONNACK.
    pub fn offers(&self) -> Option<&ConnAckProperties> {
        self.offers.as_ref()
    }

    /// Subscribes; a refused subscription is an error.
    pub async fn subscribe(&self, filters: &[(&str, QoS)]) -> anyhow::Result<()> {
        let asked = filters.iter().map(|(filter, qos)| SubscribeFilter::new((*filter).to_owned(), *qos));
        let notice = self.client.subscribe_many_tracked(asked.collect::<Vec<_>>()).await;
        let notice = notice.map_err(|_| self.why())?;
        let answer =
            tokio::time::timeout(ANSWER, notice.wait_async()).await.context("no response to SUBSCRIBE")?;
        let answer = answer.map_err(|_| self.why())?;
        for ((filter, _), code) in filters.iter().zip(answer.return_codes) {
            if !matches!(code, SubscribeReasonCode::Success(_)) {
                return Err(anyhow!("the broker refuses the subscription to {filter}: {code:?}"));
            }
        }
        Ok(())
    }

    /// Unsubscribes.
    pub async fn unsubscribe(&self, filter: &str) -> anyhow::Result<()> {
        let notice = self.client.unsubscribe_tracked(filter.to_owned()).await.map_err(|_| self.why())?;
        tokio::time::timeout(ANSWER, notice.wait_async()).await.context("no response to UNSUBSCRIBE")??;
        Ok(())
    }

    /// Whether the broker accepts a message of this size.
    pub fn takes(&self, message: &Message) -> bool {
        let most = self.offers.as_ref().and_then(|offers| offers.max_packet_size);
        // Chinwag's properties and headers are far smaller than this.
        most.is_none_or(|most| message.topic.len() + message.payload.len() + 1_024 <= most as usize)
    }

    /// Publishes; waits while too many requests are queued.
    pub async fn publish(&self, message: &Message) -> Result<(), Ended> {
        let publishing =
            self.client.publish(&*message.topic, message.payload.clone(), publish_options(message));
        publishing.await.map_err(|_| self.why())
    }

    /// Publishes and returns a notice that resolves once the broker has acknowledged the message.
    pub async fn publish_tracked(&self, message: &Message) -> Result<PublishNotice, Ended> {
        let (payload, options) = (message.payload.clone(), publish_options(message));
        let publishing = self.client.publish_tracked(&*message.topic, payload, options);
        publishing.await.map_err(|_| self.why())
    }

    /// Acknowledges an incoming message.
    pub async fn acknowledge(&self, publish: &Publish) -> Result<(), Ended> {
        self.client.ack(publish).await.map_err(|_| self.why())
    }

    /// Returns why the connection ended.
    fn why(&self) -> Ended {
        Ended(self.ended.borrow().clone().unwrap_or_else(|| "it was closed".into()))
    }

    /// Waits until the connection ends.
    pub async fn ended(&self) -> Ended {
        let mut ended = self.ended.clone();
        let _ = ended.wait_for(Option::is_some).await;
        self.why()
    }

    /// Disconnects once everything published has been sent, within a time limit.
    pub async fn close(self) {
        if self.client.disconnect_with_timeout(CLOSING).await.is_ok() {
            let _ = tokio::time::timeout(CLOSING + ANSWER, self.ended()).await;
        }
    }
}

async fn drive(
    mut events: EventLoop,
    mut take: impl FnMut(Publish) + Send,
    stop: CancellationToken,
    ended: watch::Sender<Option<Arc<str>>>,
) {
    let why: Arc<str> = loop {
        let event = tokio::select! {
            biased;
            () = stop.cancelled() => break "it was closed".into(),
            event = events.poll() => event,
        };
        match event {
            Ok(Event::Incoming(Packet::Publish(publish))) => take(publish),
            Ok(Event::Incoming(Packet::Disconnect(bye))) => {
                break format!("the broker says {:?}", bye.reason_code).into();
            }
            Ok(Event::Outgoing(Outgoing::Disconnect)) => break "it was closed".into(),
            Ok(_) => {}
            Err(error) => break error.to_string().into(),
        }
    };
    drop(events);
    let _ = ended.send(Some(why));
}

fn options(config: &BrokerConfig, purpose: &Purpose) -> anyhow::Result<MqttOptions> {
    let url = &config.url;
    let tls = || match &config.ca {
        None => Ok::<_, anyhow::Error>(TlsConfiguration::try_default_rustls()?),
        Some(file) => {
            let ca = std::fs::read(file)
                .with_context(|| format!("cannot read the broker's CA certificate in {}", file.display()))?;
            Ok(TlsConfiguration::Simple { ca, alpn: None, client_auth: None })
        }
    };
    let id = purpose.client_id.clone();
    let mut options = match url.scheme {
        Scheme::Mqtt => MqttOptions::new(id, Broker::tcp(url.host.clone(), url.port)),
        Scheme::Mqtts => {
            let mut options = MqttOptions::new(id, Broker::tcp(url.host.clone(), url.port));
            options.set_transport(Transport::tls_with_config(tls()?));
            options
        }
        Scheme::Ws => MqttOptions::new(id, Broker::websocket(url.to_string())?),
        Scheme::Wss => MqttOptions::websocket_with_tls_config(id, url.to_string(), tls()?)?,
    };
    if let Some((user, password)) = &url.credentials {
        options.set_credentials(user.clone(), password.clone());
    }
    options
        .set_keep_alive(KEEP_ALIVE)
        .set_connect_timeout(OPENING)
        .set_clean_start(!purpose.resume)
        .set_session_expiry_interval(Some(purpose.session))
        .set_receive_maximum(purpose.receive_maximum)
        .set_max_packet_size(Some(purpose.packet_bytes))
        .set_max_request_batch(BATCH)
        .set_read_batch_size(BATCH);
    if purpose.receive_maximum.is_some() {
        options.set_ack_mode(AckMode::Manual);
    }
    if purpose.resume {
        options.set_session_store(NothingInFlight { session: purpose.session });
    }
    Ok(options)
}

fn publish_options(message: &Message) -> PublishOptions {
    let qos = match message.qos {
        Qos::AtMostOnce => QoS::AtMostOnce,
        Qos::AtLeastOnce => QoS::AtLeastOnce,
        Qos::ExactlyOnce => QoS::ExactlyOnce,
    };
    let properties = &message.properties;
    let user = properties.user.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    let properties = PublishProperties {
        payload_format_indicator: properties.payload_is_utf8.then_some(1),
        content_type: properties.content_type.as_deref().map(str::to_owned),
        user_properties: user.collect(),
        ..PublishProperties::default()
    };
    PublishOptions::new(qos).retain(message.retain).properties(properties)
}

/// A session store that resumes the broker's session with nothing in flight: this client publishes at QoS 1 only, for
/// which the broker keeps no state, and unacknowledged events are published again from the database.
#[derive(Debug)]
struct NothingInFlight {
    session: u32,
}

type Stored<'a, T> = Pin<Box<dyn Future<Output = Result<T, SessionStoreError>> + Send + 'a>>;

impl SessionStore for NothingInFlight {
    fn load<'a>(&'a self, key: &'a SessionStoreKey) -> Stored<'a, Option<PersistedSession>> {
        let session = PersistedSession {
            format_version: 1,
            client_id: key.client_id().to_owned(),
            clean_start: false,
            session_expiry_interval: Some(self.session),
            outgoing_inflight_upper_limit: None,
            ack_mode: PersistedAckMode::Manual,
            last_pkid: 0,
            last_puback: 0,
            replay: Vec::new(),
            incoming_qos2: Vec::new(),
        };
        Box::pin(async { Ok(Some(session)) })
    }

    fn save<'a>(&'a self, _: &'a SessionStoreKey, _: &'a PersistedSession) -> Stored<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    fn clear<'a>(&'a self, _: &'a SessionStoreKey) -> Stored<'a, ()> {
        Box::pin(async { Ok(()) })
    }
}
