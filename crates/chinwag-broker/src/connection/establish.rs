//! From accepting a connection to its CONNACK.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tracing::Level;
use tungstenite::protocol::frame::coding::{Data, OpCode};

use super::close::detach;
use super::publish::refusal;
use super::resume::{Attached, attach};
use super::{Arrival, Connection, End, Stream};
use crate::clock::Clock;
use crate::codec::{self, Connack, Connect, Fault, Frame, Words};
use crate::core::Core;
use crate::pace::Pace;
use crate::refusals::Who;
use crate::session::{Close, Link, Session};
use crate::transport::{HEADER_ROOM, put_header};
use crate::{Client, Handler, Identity, Refusal, RefusedPacket, topic};

/// Time limit for writing a refusal.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Why a connection is refused.
struct Refused {
    refusal: Refusal,
    /// Whether a CONNACK is sent.
    answered: bool,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, answered: true }
    }
}

/// Creates a refusal without a CONNACK, because there is no client to send it to or no code for it.
fn silent(code: u8, reason: &str) -> Refused {
    Refused { refusal: Refusal::new(code, reason), answered: false }
}

/// A connection that has not been sent a CONNACK yet.
struct Opening<H> {
    core: Arc<Core<H>>,
    arrival: Arrival,
    v5: bool,
    /// The largest packet that may explain a refusal, in bytes.
    room: u32,
    /// The user name in the CONNECT.
    name: String,
    client_id: String,
}

/// A client that was accepted.
struct Admitted {
    session: Arc<Session>,
    client: Arc<Client>,
    connack: Vec<u8>,
    words: u32,
    bridge: bool,
}

/// Reads a CONNECT and answers it; returns `None` if the connection was refused.
pub(super) async fn establish<H: Handler, S: Stream>(
    core: Arc<Core<H>>,
    mut io: S,
    arrival: Arrival,
) -> Option<Connection<H, S>> {
    core.counters.accepted.fetch_add(1, Ordering::Relaxed);
    let wait = core.config.limits.connect_timeout;
    let (name, client_id) = Default::default();
    let mut opening =
        Opening { core: Arc::clone(&core), arrival, v5: false, room: u32::MAX, name, client_id };
    let admitted = match timeout(wait, opening.read_connect(&mut io)).await {
        Ok(Ok((connect, rest))) => opening.admit(connect).await.map(|admitted| (admitted, rest)),
        Ok(Err(refused)) => Err(refused),
        Err(_) => Err(silent(0x80, "no CONNECT in time")),
    };
    match admitted {
        Ok((admitted, rest)) => Some(opening.connection(io, admitted, rest)),
        Err(Refused { refusal, answered }) => {
            opening.note(&refusal);
            if answered {
                let mut packet = Vec::new();
                let words = Words::of(&refusal, opening.room);
                codec::connack_refused(&mut packet, opening.v5, refusal.code, words);
                let packet = opening.frame(packet);
                // The connection is closed next, whether or not this arrived.
                let _ = timeout(LAST_WORDS, async {
                    io.write_all(&packet).await?;
                    io.shutdown().await
                })
                .await;
            }
            None
        }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::new(fault.code, fault.reason)
    }
}

impl<H: Handler> Opening<H> {
    /// Counts and logs a refusal. Failed authentication is logged at WARN, for operators to notice.
    fn note(&self, refusal: &Refusal) {
        self.core.counters.refused.fetch_add(1, Ordering::Relaxed);
        let who = Who { address: self.arrival.address, account: &self.name, client_id: &self.client_id };
        let level = match refusal.code {
            0x86 | 0x87 | 0x8a => Level::WARN,
            0x80 => Level::DEBUG,
            _ => Level::INFO,
        };
        self.core.refusals.note(RefusedPacket::Connect, level, who, refusal.code, &refusal.reason);
    }

    /// Reads until there is a whole CONNECT; returns it and the bytes that followed it.
    async fn read_connect<S: Stream>(&mut self, io: &mut S) -> Result<(Connect, Vec<u8>), Refused> {
        let mut mqtt = Vec::new();
        let mut bytes = std::mem::take(&mut self.arrival.early);
        let limits = &self.core.config.limits;
        let (largest, incoming_total) = (limits.packet_size.min(limits.connect_size), limits.incoming_total);
        loop {
            self.unwrap_frames(&mut bytes, &mut mqtt)?;
            if !self.arrival.place.hold(mqtt.len(), incoming_total) {
                return Err(silent(0x97, "the broker has too much incoming data"));
            }
            match codec::frame(&mqtt, largest) {
                // Only 5.0 has a reason code for it.
                Err(fault) => {
                    self.v5 = codec::claims_v5(&mqtt);
                    return Err(Refused { refusal: fault.into(), answered: self.v5 });
                }
                Ok(Frame::Whole { first, body, end }) => {
                    let connect = codec::decode_connect(first, &mqtt[body..end]).map_err(|(fault, v5)| {
                        self.v5 = v5;
                        // 3.1.1 has a return code only for an unsupported version; other faults are not answered.
                        let answered = v5 || fault.code == 0x84;
                        Refused { refusal: fault.into(), answered }
                    })?;
                    self.v5 = connect.v5;
                    self.room = connect.room_for_words();
                    mqtt.drain(..end);
                    mqtt.shrink_to_fit();
                    return Ok((connect, mqtt));
                }
                // [MQTT-3.1.0-1]: this cannot become a CONNECT, so don't wait for the rest.
                Ok(Frame::Partial) if mqtt.first().is_some_and(|first| *first != 0x10) => {
                    return Err(silent(0x82, "the first packet is not a CONNECT"));
                }
                Ok(Frame::Partial) => {}
            }
            bytes.clear();
            bytes.reserve(1024);
            match io.read_buf(&mut bytes).await {
                Ok(count) if count > 0 => {}
                _ => return Err(silent(0x80, "the connection ended before CONNECT")),
            }
        }
    }

    fn unwrap_frames(&mut self, bytes: &mut [u8], mqtt: &mut Vec<u8>) -> Result<(), Refused> {
        let Some(ws) = &mut self.arrival.ws else {
            mqtt.extend_from_slice(bytes);
            return Ok(());
        };
        let mut ranges = Vec::new();
        ws.feed(bytes, &mut ranges).map_err(|_| silent(0x80, "the WebSocket ended before CONNECT"))?;
        ranges.into_iter().for_each(|range| mqtt.extend_from_slice(&bytes[range]));
        Ok(())
    }

    /// Authenticates the client and attaches it to a session.
    async fn admit(&mut self, mut connect: Connect) -> Result<Admitted, Refused> {
        self.name = connect.username.clone().unwrap_or_default();
        self.client_id.clone_from(&connect.client_id);
        self.check(&connect)?;
        let assigned = connect.client_id.is_empty().then(random_id);
        let client_id: Arc<str> = assigned.as_deref().unwrap_or(&connect.client_id).into();
        let identity = self.authenticate(&mut connect).await?;
        let client = Arc::new(Client {
            identity,
            client_id,
            connection: self.core.unique(),
            v5: connect.v5,
            address: self.arrival.address,
        });
        let keep_alive = self.keep_alive(&connect);
        let mut answer = self.answer(&connect, assigned, keep_alive);
        if connack(connect.v5, &answer).len() > connect.maximum_packet_size as usize {
            return Err(silent(0x95, "CONNACK is larger than the client accepts")); // [MQTT-3.1.2-24]
        }
        let link = self.link(&connect, &client, keep_alive);
        let silence = link.silence;
        let attached = attach(&self.core, &mut connect, &client, link).await?;
        if let Err(refusal) = self.core.handler.connected(&client) {
            self.take_back(&attached, &client);
            return Err(refusal.into());
        }
        self.core.counters.connections.fetch_add(1, Ordering::Relaxed);
        if self.core.is_stopping() {
            attached.session.close(stopping());
        }
        if silence > 0 {
            self.core.look_at(&attached.session, self.core.clock.after(silence));
        }
        answer.session_present = attached.present;
        let connack = self.frame(connack(connect.v5, &answer));
        let words = connect.room_for_words();
        Ok(Admitted { session: attached.session, client, connack, words, bridge: connect.bridge })
    }

    /// Detaches a client that the handler refused after it was attached.
    fn take_back(&self, attached: &Attached, client: &Client) {
        let end = Close { refusal: Refusal::new(0x87, "refused"), will: false };
        detach(&self.core, &attached.session, client.connection, End::Closed(end));
        if !attached.present {
            self.core.end_session_if(&attached.session, None, |state| state.link.is_none());
        }
    }

    /// Returns an accepting CONNACK, except for Session Present, which is not known yet.
    fn answer(&self, connect: &Connect, assigned: Option<String>, keep_alive: u16) -> Connack {
        let limits = &self.core.config.limits;
        let (requested, granted) =
            (connect.session_expiry, connect.session_expiry.min(limits.session_expiry));
        let information = self.core.config.response_information.clone();
        Connack {
            session_present: false,
            session_expiry: (granted != requested).then_some(granted),
            receive_maximum: limits.receive_maximum,
            maximum_packet_size: limits.packet_size,
            assigned_client_id: assigned,
            topic_alias_maximum: limits.topic_aliases,
            server_keep_alive: (keep_alive != connect.keep_alive).then_some(keep_alive),
            response_information: information.filter(|_| connect.request_response_information),
        }
    }

    /// Checks the rules that the broker itself enforces.
    fn check(&self, connect: &Connect) -> Result<(), Refusal> {
        let refuse = |code, reason| Err(Refusal::new(code, reason));
        let limits = &self.core.config.limits;
        if self.core.is_stopping() {
            return refuse(0x88, "the broker is shutting down");
        }
        if connect.authentication_method {
            return refuse(0x8c, "enhanced authentication is not supported"); // [MQTT-4.12.0-1]
        }
        if connect.client_id.is_empty() && !connect.v5 && !connect.clean_start {
            return refuse(0x85, "a persistent session needs a client identifier"); // [MQTT-3.1.3-8] of 3.1.1
        }
        if connect.client_id.len() > limits.client_id_length {
            return refuse(0x85, "client identifier too long");
        }
        let Some(will) = &connect.will else { return Ok(()) };
        if !topic::is_name(&will.topic) {
            return refuse(0x90, "will topic invalid");
        }
        refusal(limits, &will.topic, &will.payload, &will.properties).map_or(Ok(()), Err)
    }

    async fn authenticate(&mut self, connect: &mut Connect) -> Result<Identity, Refused> {
        let (gate, limits) = (&self.core.gate, &self.core.config.limits);
        let address = self.arrival.address;
        let username = connect.username.take();
        let delay = gate.delay(address.ip(), username.as_deref(), limits);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let request = crate::Connect {
            address,
            client_id: connect.client_id.clone(),
            username: username.clone(),
            password: connect.password.take(),
            transport: self.arrival.identity.take(),
            certificate: self.arrival.certificate.take(),
        };
        match self.core.handler.connect(request).await {
            Ok(identity) => {
                gate.succeeded(address.ip(), username.as_deref());
                Ok(identity)
            }
            Err(refusal) => {
                if matches!(refusal.code, 0x86 | 0x87) {
                    gate.failed(address.ip(), username.as_deref());
                }
                Err(refusal.into())
            }
        }
    }

    fn link(&self, connect: &Connect, client: &Arc<Client>, keep_alive: u16) -> Link {
        Link {
            client: Arc::clone(client),
            out: Vec::new(),
            counted: 0,
            writing: 0,
            lead: if self.arrival.ws.is_some() { HEADER_ROOM } else { 0 },
            waker: None,
            blocked: None,
            // One and a half times the keep-alive [MQTT-3.1.2-22].
            silence: Clock::ticks_in(u32::from(keep_alive)) * 3 / 2,
            close: None,
            receive_maximum: connect.receive_maximum,
            maximum_packet_size: connect.maximum_packet_size,
            alias_maximum: connect.topic_alias_maximum.min(self.core.config.limits.topic_aliases),
            aliases: Vec::new(),
            work: Default::default(),
        }
    }

    /// Returns the keep-alive in force, in seconds [MQTT-3.1.2-21].
    fn keep_alive(&self, connect: &Connect) -> u16 {
        match self.core.config.server_keep_alive {
            Some(server) if connect.v5 && (connect.keep_alive == 0 || connect.keep_alive > server) => server,
            _ => connect.keep_alive,
        }
    }

    /// Wraps a packet in a WebSocket frame, if this is a WebSocket; pending pongs come first.
    fn frame(&mut self, packet: Vec<u8>) -> Vec<u8> {
        let Some(ws) = &mut self.arrival.ws else { return packet };
        let mut framed = std::mem::take(&mut ws.replies);
        put_header(&mut framed, OpCode::Data(Data::Binary), packet.len());
        framed.extend(packet);
        framed
    }

    fn connection<S: Stream>(self, io: S, admitted: Admitted, rest: Vec<u8>) -> Connection<H, S> {
        Connection {
            core: self.core,
            session: admitted.session,
            client: admitted.client,
            io,
            ws: self.arrival.ws,
            partial: rest,
            // CONNACK is the first packet, even if messages were published meanwhile [MQTT-3.2.0-1].
            writing: admitted.connack,
            written: 0,
            counted: 0,
            reply: Vec::new(),
            acks: Default::default(),
            unacknowledged: 0,
            task: None,
            skipping: None,
            page: None,
            aliases: Vec::new(),
            publishes: Pace::new(),
            filters: Pace::new(),
            has_yielded: false,
            yields: false,
            words: admitted.words,
            bridge: admitted.bridge,
            unflushed: false,
            place: self.arrival.place,
        }
    }
}

/// Returns the reason sent to clients when the broker shuts down.
pub(crate) fn stopping() -> Close {
    Close { refusal: Refusal::new(0x8b, "the broker is shutting down"), will: false }
}

fn connack(v5: bool, answer: &Connack) -> Vec<u8> {
    let mut packet = Vec::new();
    codec::connack(&mut packet, v5, answer);
    packet
}

/// Returns a generated client id for a client that sent none [MQTT-3.1.3-6, -7].
fn random_id() -> String {
    let half = || RandomState::new().build_hasher().finish();
    format!("auto-{:016x}{:016x}", half(), half())
}
