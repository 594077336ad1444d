//! A small MQTT client for tests, driven packet by packet.

use std::net::SocketAddr;

use mqtt_protocol_core::mqtt::packet::{Property, Qos, SubOpts};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::PATIENCE;
use super::packet::*;

pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// One connection, driven packet by packet.
pub struct Client {
    pub stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    pub v5: bool,
}

impl Client {
    pub fn over(stream: impl Stream + 'static, v5: bool) -> Self {
        Self { stream: Box::new(stream), buffer: Vec::new(), v5 }
    }

    pub async fn open(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap(), true)
    }

    /// Connects and returns CONNACK's session-present flag.
    pub async fn connect(address: SocketAddr, options: Options) -> (Self, bool) {
        let mut client = Self::open(address).await;
        match client.hello(options).await {
            Packet::Connack { present, code: 0, .. } => (client, present),
            other => panic!("{other:?}"),
        }
    }

    /// Sends CONNECT and returns the answer.
    pub async fn hello(&mut self, options: Options) -> Packet {
        self.v5 = !options.v3;
        self.send(&options.bytes()).await;
        self.next().await
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        timeout(PATIENCE, self.stream.write_all(bytes)).await.unwrap().unwrap();
    }

    /// Returns the next packet; panics if the broker closes the connection.
    pub async fn next(&mut self) -> Packet {
        self.recv().await.expect("the broker closed the connection")
    }

    /// Returns the next packet; `None` when the broker has closed the connection.
    pub async fn recv(&mut self) -> Option<Packet> {
        loop {
            if let Some((first, body)) = take(&mut self.buffer) {
                return Some(decode(self.v5, first, &body));
            }
            let read = timeout(PATIENCE, self.stream.read_buf(&mut self.buffer)).await.expect("nothing came");
            if read.unwrap_or(0) == 0 {
                return None;
            }
        }
    }

    /// Returns the next packet, which must be a PUBLISH.
    pub async fn message(&mut self) -> Publish {
        match self.next().await {
            Packet::Publish(publish) => publish,
            other => panic!("{other:?}"),
        }
    }

    /// Asserts that nothing is in flight to the client: packets stay in order, so a PINGRESP that arrives first means
    /// there was nothing before it.
    pub async fn quiet(&mut self) {
        self.send(&[0xc0, 0]).await;
        assert_eq!(self.next().await, Packet::Pingresp);
    }

    pub async fn puback(&mut self, id: u16) {
        self.ack(4, id).await;
    }

    /// Sends an acknowledgement of packet type `kind`.
    pub async fn ack(&mut self, kind: u8, id: u16) {
        self.send(&ack_bytes(kind, id)).await;
    }

    /// Sends PUBLISH; id 0 is QoS 0.
    pub async fn say(&mut self, topic: &str, payload: &str, qos: Qos, id: u16) {
        self.say_with(topic, payload, qos, id, false, Vec::new()).await;
    }

    pub async fn say_with(
        &mut self,
        topic: &str,
        payload: &str,
        qos: Qos,
        id: u16,
        retain: bool,
        props: Vec<Property>,
    ) {
        let bytes = publish_bytes(self.v5, topic, payload, qos, id, retain, props);
        self.send(&bytes).await;
    }

    /// Subscribes and returns the reason codes.
    pub async fn subscribe(&mut self, filters: &[(&str, Qos)]) -> Vec<u8> {
        let entries = filters.iter().map(|(filter, qos)| (*filter, SubOpts::new().set_qos(*qos))).collect();
        self.subscribe_with(entries, Vec::new()).await
    }

    pub async fn subscribe_with(&mut self, filters: Vec<(&str, SubOpts)>, props: Vec<Property>) -> Vec<u8> {
        let bytes = subscribe_bytes(self.v5, filters, props);
        self.send(&bytes).await;
        match self.next().await {
            Packet::Suback { id: 1, codes, .. } => codes,
            other => panic!("{other:?}"),
        }
    }

    pub async fn unsubscribe(&mut self, filter: &str) -> Vec<u8> {
        let bytes = unsubscribe_bytes(self.v5, &[filter]);
        self.send(&bytes).await;
        match self.next().await {
            Packet::Unsuback { id: 1, codes } => codes,
            other => panic!("{other:?}"),
        }
    }

    /// Sends DISCONNECT with this code, and waits for the broker to close the connection.
    pub async fn leave(mut self, code: u8) {
        let bytes: &[u8] = if self.v5 && code != 0 { &[0xe0, 1, code] } else { &[0xe0, 0] };
        self.send(bytes).await;
        while self.recv().await.is_some() {}
    }
}
