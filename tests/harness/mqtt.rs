//! An MQTT client that does exactly what the test asks for and exposes every packet it receives.

mod packets;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use rmqtt_codec::types::{Protocol, Publish, QoS};
use rmqtt_codec::{MqttCodec, MqttPacket, v3, v5};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::codec::Framed;

use self::packets::understand;
pub use self::packets::{Ack, Connected, Message, Packet, Words};
use crate::{DEADLINE, Person};

/// Largest packet that the client accepts, in bytes.
const PACKET_BYTES: u32 = 16 * 1024 * 1024;

/// The MQTT version to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 3.1.1
    V3,
    /// 5.0
    V5,
}

/// Connection options.
#[derive(Debug, Clone)]
pub struct Options {
    /// The MQTT version to speak.
    pub version: Version,
    /// The client id.
    pub client_id: String,
    /// Start clean: discard any existing session.
    pub clean: bool,
    /// Session expiry in seconds (5.0; a 3.1.1 session without `clean` is kept anyway).
    pub expiry: u32,
    /// Topic and payload of the will.
    pub will: Option<(String, String)>,
    /// Whether the will is retained.
    pub will_retained: bool,
    /// Keep-alive in seconds; 0 turns it off.
    pub keep_alive: u16,
    /// Receive maximum: how many messages may be unacknowledged (5.0).
    pub receive_max: u16,
}

impl Options {
    /// A clean session without keep-alive.
    pub fn new(version: Version, client_id: &str) -> Self {
        Self {
            version,
            client_id: client_id.to_owned(),
            clean: true,
            expiry: 0,
            will: None,
            will_retained: false,
            keep_alive: 0,
            receive_max: 0,
        }
    }

    /// A persistent session that expires after an hour.
    pub fn persistent(version: Version, client_id: &str) -> Self {
        Self { clean: false, expiry: 3600, ..Self::new(version, client_id) }
    }

    fn connect(&self, username: &str, password: &str) -> MqttPacket {
        let (username, password) = (Some(username.into()), Some(password.as_bytes().to_vec().into()));
        match self.version {
            Version::V3 => MqttPacket::V3(v3::Packet::Connect(Box::new(v3::Connect {
                protocol: Protocol(4),
                clean_session: self.clean,
                keep_alive: self.keep_alive,
                client_id: self.client_id.as_str().into(),
                last_will: self.will.as_ref().map(|(topic, text)| v3::LastWill {
                    qos: QoS::AtMostOnce,
                    retain: self.will_retained,
                    topic: topic.as_str().into(),
                    message: text.clone().into_bytes().into(),
                }),
                username,
                password,
                cert: None,
            }))),
            Version::V5 => MqttPacket::V5(v5::Packet::Connect(Box::new(v5::Connect {
                clean_start: self.clean,
                keep_alive: self.keep_alive,
                client_id: self.client_id.as_str().into(),
                session_expiry_interval_secs: self.expiry,
                receive_max: NonZeroU16::new(self.receive_max),
                last_will: self.will.as_ref().map(|(topic, text)| v5::LastWill {
                    qos: QoS::AtMostOnce,
                    retain: self.will_retained,
                    topic: topic.as_str().into(),
                    message: text.clone().into_bytes().into(),
                    will_delay_interval_sec: None,
                    correlation_data: None,
                    message_expiry_interval: None,
                    content_type: None,
                    user_properties: vec![],
                    is_utf8_payload: None,
                    response_topic: None,
                }),
                username,
                password,
                ..Default::default()
            }))),
        }
    }
}

/// An MQTT connection.
pub struct Mqtt {
    framed: Framed<TcpStream, MqttCodec>,
    version: Version,
    last_packet_id: u16,
    waiting: VecDeque<Message>,
    acknowledges: bool,
    /// The CONNACK.
    pub connected: Connected,
}

impl Mqtt {
    /// Connects with an access token; a refused connection is an error.
    pub async fn connect(address: SocketAddr, person: &Person, options: &Options) -> Result<Self> {
        let client = Self::try_connect(address, &person.name, &person.token, options).await?;
        let Connected { code, reason, .. } = &client.connected;
        ensure!(*code == 0, "connection refused: {code:#x} {reason}");
        Ok(client)
    }

    /// Connects with a name and a password or token, whether or not the server accepts: see [`Mqtt::connected`].
    pub async fn try_connect(
        address: SocketAddr,
        username: &str,
        password: &str,
        options: &Options,
    ) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let codec = match options.version {
            Version::V3 => MqttCodec::V3(v3::Codec::new(PACKET_BYTES)),
            Version::V5 => MqttCodec::V5(v5::Codec::new(PACKET_BYTES, 0)),
        };
        let (reason, properties) = Default::default();
        let connected = Connected { code: 0xff, session_present: false, reason, properties };
        let mut client = Self {
            framed: Framed::new(stream, codec),
            version: options.version,
            last_packet_id: 0,
            waiting: VecDeque::new(),
            acknowledges: true,
            connected,
        };
        client.framed.send(options.connect(username, password)).await?;
        match client.packet().await? {
            Packet::Connected(connected) => client.connected = connected,
            other => bail!("instead of a CONNACK: {other:?}"),
        }
        Ok(client)
    }

    /// Connects a device as a well-behaved client does on any broker: subscribes to its inbox, publishes a retained
    /// `online` on its device topic and clears it with its will. Presence of other users arrives only after a
    /// subscription.
    pub async fn arrive(address: SocketAddr, person: &Person, device: &str) -> Result<Self> {
        let topic = format!("users/{}/devices/{device}", person.name);
        let mut options = Options::new(Version::V5, device);
        (options.will, options.will_retained) = (Some((topic.clone(), String::new())), true);
        let mut client = Self::connect(address, person, &options).await?;
        client.must_subscribe(&format!("users/{}/inbox", person.name), 1).await?;
        let packet_id = client.begin_publish_retained(&topic, b"online", 1, true).await?;
        let ack = client.acknowledgement().await?;
        ensure!(
            (ack.packet_id, ack.code < 0x80) == (packet_id, true),
            "the device is not announced: {ack:?}"
        );
        Ok(client)
    }

    /// Clears the device topic and disconnects, as a well-behaved client does.
    pub async fn leave(mut self, person: &Person, device: &str) -> Result<()> {
        let topic = format!("users/{}/devices/{device}", person.name);
        self.begin_publish_retained(&topic, b"", 1, true).await?;
        self.acknowledgement().await?;
        self.disconnect().await
    }

    /// Publishes a message to a room and waits until it is known to be stored: by the PUBACK if `stored_on_ack`,
    /// otherwise by the note in the inbox, which must be subscribed to. Works with any broker. Returns the error code
    /// if refused.
    pub async fn say(
        &mut self,
        person: &Person,
        room: &str,
        msg_id: &str,
        payload: &serde_json::Value,
        stored_on_ack: bool,
    ) -> Result<std::result::Result<(), String>> {
        let mut payload = payload.clone();
        payload["msg_id"] = msg_id.into();
        let topic = format!("users/{}/send/{room}", person.name);
        let ack = self.publish(&topic, payload.to_string().as_bytes(), 1).await?;
        if ack.code >= 0x80 {
            return Ok(Err(ack.reason.split(':').next().unwrap_or_default().to_owned()));
        }
        if stored_on_ack {
            return Ok(Ok(()));
        }
        let inbox = format!("users/{}/inbox", person.name);
        let mut passed_over = Vec::new();
        let fate = loop {
            let message = self.message().await?;
            let note = if message.topic == inbox { message.json()? } else { serde_json::Value::Null };
            if note["msg_id"] != msg_id {
                passed_over.push(message);
                continue;
            }
            match note["type"].as_str() {
                Some("sent") => break Ok(()),
                Some("refused") => break Err(note["code"].as_str().unwrap_or_default().to_owned()),
                _ => bail!("an odd note: {note}"),
            }
        };
        passed_over.into_iter().rev().for_each(|message| self.waiting.push_front(message));
        Ok(fate)
    }

    /// Turns automatic acknowledgement off: from now on only `acknowledge` acknowledges messages.
    pub fn acknowledge_by_hand(&mut self) {
        self.acknowledges = false;
    }

    /// Continues packet ids after `last`, like a client that remembers the ids of an earlier connection.
    pub fn skip_packet_ids(&mut self, last: u16) {
        self.last_packet_id = last;
    }

    fn next_packet_id(&mut self) -> NonZeroU16 {
        self.last_packet_id = self.last_packet_id % u16::MAX + 1;
        NonZeroU16::new(self.last_packet_id).unwrap_or(NonZeroU16::MIN)
    }

    async fn send(&mut self, three: v3::Packet, five: v5::Packet) -> Result<()> {
        let packet = match self.version {
            Version::V3 => MqttPacket::V3(three),
            Version::V5 => MqttPacket::V5(five),
        };
        timeout(DEADLINE, self.framed.send(packet)).await.context("the server reads nothing")??;
        Ok(())
    }

    /// Waits for the next packet of any kind.
    pub async fn packet(&mut self) -> Result<Packet> {
        self.packet_within(DEADLINE).await?.context("the server says nothing")
    }

    /// Waits for the next packet; returns None if none arrives in time.
    pub async fn packet_within(&mut self, time: Duration) -> Result<Option<Packet>> {
        match timeout(time, self.framed.next()).await {
            Ok(Some(packet)) => Ok(Some(understand(packet.context("a packet that breaks the standard")?.0)?)),
            Ok(None) => bail!("the server closed the connection"),
            Err(_) => Ok(None),
        }
    }

    /// Subscribes; returns the reason code and reason string. Messages that arrive meanwhile are queued for `message`.
    pub async fn subscribe(&mut self, filter: &str, qos: u8) -> Result<(u8, String)> {
        let (code, words) = self.subscribe_in_words(filter, qos).await?;
        Ok((code, words.reason))
    }

    /// Subscribes; returns the reason code and what else the SUBACK says.
    pub async fn subscribe_in_words(&mut self, filter: &str, qos: u8) -> Result<(u8, Words)> {
        let packet_id = self.next_packet_id();
        let qos = QoS::try_from(qos)?;
        let three = v3::Packet::Subscribe { packet_id, topic_filters: vec![(filter.into(), qos)] };
        let options = v5::SubscriptionOptions { qos, ..Default::default() };
        let five = v5::Packet::Subscribe(v5::Subscribe {
            packet_id,
            id: None,
            user_properties: vec![],
            topic_filters: vec![(filter.into(), options)],
        });
        self.send(three, five).await?;
        match self.answer().await? {
            Packet::Subscribed(codes, words) => Ok((*codes.first().context("an empty SUBACK")?, words)),
            other => bail!("instead of a SUBACK: {other:?}"),
        }
    }

    /// Subscribes; anything but the requested QoS is an error.
    pub async fn must_subscribe(&mut self, filter: &str, qos: u8) -> Result<()> {
        let (code, reason) = self.subscribe(filter, qos).await?;
        ensure!(code == qos, "subscription to {filter}: {code:#x} {reason}");
        Ok(())
    }

    /// Unsubscribes.
    pub async fn unsubscribe(&mut self, filter: &str) -> Result<()> {
        let packet_id = self.next_packet_id();
        let topic_filters = vec![filter.into()];
        let three = v3::Packet::Unsubscribe { packet_id, topic_filters: topic_filters.clone() };
        let user_properties = vec![];
        let five = v5::Packet::Unsubscribe(v5::Unsubscribe { packet_id, user_properties, topic_filters });
        self.send(three, five).await?;
        match self.answer().await? {
            Packet::Unsubscribed => Ok(()),
            other => bail!("instead of an UNSUBACK: {other:?}"),
        }
    }

    /// Publishes without waiting for an acknowledgement; returns the packet id (0 at QoS 0).
    pub async fn begin_publish(&mut self, topic: &str, payload: &[u8], qos: u8) -> Result<u16> {
        self.begin_publish_retained(topic, payload, qos, false).await
    }

    /// Like [`Mqtt::begin_publish`], with the given RETAIN flag.
    pub async fn begin_publish_retained(
        &mut self,
        topic: &str,
        payload: &[u8],
        qos: u8,
        retain: bool,
    ) -> Result<u16> {
        let packet_id = (qos > 0).then(|| self.next_packet_id());
        self.send_publish(topic, payload, qos, packet_id, retain, false).await
    }

    /// Resends a publish of an earlier connection with DUP set, without waiting for an acknowledgement.
    pub async fn publish_again(
        &mut self,
        topic: &str,
        payload: &[u8],
        qos: u8,
        packet_id: u16,
    ) -> Result<u16> {
        self.send_publish(topic, payload, qos, NonZeroU16::new(packet_id), false, true).await
    }

    async fn send_publish(
        &mut self,
        topic: &str,
        payload: &[u8],
        qos: u8,
        packet_id: Option<NonZeroU16>,
        retain: bool,
        dup: bool,
    ) -> Result<u16> {
        let publish = Publish {
            dup,
            retain,
            qos: QoS::try_from(qos)?,
            topic: topic.into(),
            packet_id,
            payload: payload.to_vec().into(),
            properties: (self.version == Version::V5).then(Default::default),
        };
        let three = v3::Packet::Publish(Box::new(publish.clone()));
        self.send(three, v5::Packet::Publish(Box::new(publish))).await?;
        Ok(packet_id.map_or(0, NonZeroU16::get))
    }

    /// Publishes and returns the final acknowledgement; completes the handshake at QoS 2.
    pub async fn publish(&mut self, topic: &str, payload: &[u8], qos: u8) -> Result<Ack> {
        let packet_id = self.begin_publish(topic, payload, qos).await?;
        if qos == 0 {
            return Ok(Ack::of(packet_id));
        }
        let ack = self.acknowledgement().await?;
        ensure!(ack.packet_id == packet_id, "the acknowledgement of another publish: {ack:?}");
        Ok(ack)
    }

    /// Waits for the next acknowledgement of a publish; completes a QoS 2 handshake.
    pub async fn acknowledgement(&mut self) -> Result<Ack> {
        loop {
            match self.answer().await? {
                Packet::Acknowledged(ack) => return Ok(ack),
                Packet::Received(ack) if ack.code >= 0x80 => return Ok(ack),
                Packet::Received(ack) => self.release(ack.packet_id).await?,
                Packet::Complete(packet_id) => return Ok(Ack::of(packet_id)),
                other => bail!("instead of an acknowledgement: {other:?}"),
            }
        }
    }

    /// Answers a PUBREC with a PUBREL.
    pub async fn release(&mut self, packet_id: u16) -> Result<()> {
        let packet_id = NonZeroU16::new(packet_id).context("packet id 0")?;
        let five = v5::Packet::PublishRelease(v5::PublishAck2 { packet_id, ..Default::default() });
        self.send(v3::Packet::PublishRelease { packet_id }, five).await
    }

    /// Waits for the next packet that is not a message; messages are acknowledged and queued.
    pub async fn answer(&mut self) -> Result<Packet> {
        loop {
            match self.packet().await? {
                Packet::Message(message) => self.take(message).await?,
                Packet::Release(packet_id) => self.complete(packet_id).await?,
                other => return Ok(other),
            }
        }
    }

    async fn take(&mut self, message: Message) -> Result<()> {
        if self.acknowledges {
            self.acknowledge(&message).await?;
        }
        self.waiting.push_back(message);
        Ok(())
    }

    async fn complete(&mut self, packet_id: u16) -> Result<()> {
        let packet_id = NonZeroU16::new(packet_id).context("packet id 0")?;
        let five = v5::Packet::PublishComplete(v5::PublishAck2 { packet_id, ..Default::default() });
        self.send(v3::Packet::PublishComplete { packet_id }, five).await
    }

    /// Acknowledges a message.
    pub async fn acknowledge(&mut self, message: &Message) -> Result<()> {
        let Some(packet_id) = message.packet_id else { return Ok(()) };
        let ack = v5::PublishAck { packet_id, ..Default::default() };
        if message.qos == 2 {
            self.send(v3::Packet::PublishReceived { packet_id }, v5::Packet::PublishReceived(ack)).await
        } else {
            self.send(v3::Packet::PublishAck { packet_id }, v5::Packet::PublishAck(ack)).await
        }
    }

    /// Waits for the next message.
    pub async fn message(&mut self) -> Result<Message> {
        self.message_within(DEADLINE).await?.context("no message came")
    }

    /// Waits for the next message; returns None if none arrives in time.
    pub async fn message_within(&mut self, time: Duration) -> Result<Option<Message>> {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return Ok(Some(message));
            }
            match self.packet_within(time).await? {
                None => return Ok(None),
                Some(Packet::Message(message)) => self.take(message).await?,
                Some(Packet::Release(packet_id)) => self.complete(packet_id).await?,
                Some(other) => bail!("instead of a message: {other:?}"),
            }
        }
    }

    /// Waits for the next chat message, as JSON; skips joins and other events.
    pub async fn chat(&mut self) -> Result<serde_json::Value> {
        loop {
            let event = self.message().await?.json()?;
            if event["type"] == "message" {
                return Ok(event);
            }
        }
    }

    /// Sends a PINGREQ and waits for the PINGRESP; by then the server has read everything sent before.
    pub async fn ping(&mut self) -> Result<()> {
        self.send(v3::Packet::PingRequest, v5::Packet::PingRequest).await?;
        match self.answer().await? {
            Packet::Pong => Ok(()),
            other => bail!("instead of a PINGRESP: {other:?}"),
        }
    }

    /// Sends a DISCONNECT.
    pub async fn disconnect(mut self) -> Result<()> {
        let bye = v5::Disconnect {
            reason_code: v5::DisconnectReasonCode::NormalDisconnection,
            session_expiry_interval_secs: None,
            server_reference: None,
            reason_string: None,
            user_properties: vec![],
        };
        self.send(v3::Packet::Disconnect, v5::Packet::Disconnect(bye)).await
    }
}
