//! Arbitrary bytes on several connections at once: as plain bytes, as WebSocket frames, or wrapped in valid frames,
//! read quickly or slowly. Nothing may panic or get stuck, and the broker must answer with valid MQTT.

use std::sync::Arc;
use std::time::Duration;

use chinwag_broker::{Broker, Config, Limits, Message, Qos, Refusal};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, split};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::packet;
use crate::world::{Inner, World};

/// Limits low enough to be reached with a few hundred bytes.
fn config() -> Config {
    Config {
        limits: Limits {
            connect_timeout: Duration::from_secs(5),
            packet_size: 4_000,
            skipped_size: 5_000,
            connect_size: 2_000,
            topic_length: 60,
            topic_levels: 5,
            filter_levels: 4,
            filters_per_packet: 3,
            subscriptions: 6,
            subscriptions_per_account: 9,
            subscribe_rate: 40,
            subscribe_burst: 20,
            receive_maximum: 6,
            inflight: 5,
            topic_aliases: 4,
            publish_rate: 40,
            publish_burst: 20,
            auth_failures_per_account: 2,
            buffer_per_connection: 600,
            buffer_total: 4_000,
            incoming_total: 6_000,
            recent_bytes: 1_500,
            queued_messages: 5,
            queued_bytes: 400,
            offline_sessions: 2,
            retained_messages: 5,
            session_expiry: 100,
            ..Limits::default()
        },
        server_keep_alive: Some(30),
        retain_from_clients: true,
        response_information: Some("answers".into()),
        save_interval: Duration::from_millis(50),
    }
}

/// Runs an input: a sequence of steps, each made of an operation byte, an amount byte and data.
pub fn run(input: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(script(input));
}

async fn script(mut input: &[u8]) {
    let mut logs = Inner::default();
    logs.logs.insert("log/a".into(), Vec::new());
    let (world, broker) = World::start(logs, config());
    let mut wires: [Option<Wire>; 4] = Default::default();
    let mut done = Vec::new();
    while let [what, amount, rest @ ..] = input {
        input = rest;
        let slot = usize::from(what & 3);
        match what >> 2 & 7 {
            0..=3 => {
                let (bytes, rest) = input.split_at(input.len().min(usize::from(*amount)));
                input = rest;
                wires[slot].get_or_insert_with(|| Wire::open(&broker, slot)).send(bytes).await;
            }
            4 => done.extend(wires[slot].take().map(Wire::hang_up)),
            5 => sleep(Duration::from_millis(1)).await,
            6 => sleep(Duration::from_millis(100) * u32::from(*amount)).await,
            _ => embedder(&world, &broker, *amount),
        }
    }
    sleep(Duration::from_secs(3)).await;
    done.extend(wires.into_iter().flatten().map(Wire::hang_up));
    for hung_up in done {
        hung_up.end().await;
    }
    let stats = broker.stats();
    assert_eq!((stats.connections, stats.buffered_bytes), (0, 0));
    broker.shutdown(Duration::from_secs(1)).await;
    world.part();
}

/// Performs an action of the embedder.
fn embedder(world: &World, broker: &Broker<World>, what: u8) {
    let message = |topic: &str, qos| Message {
        topic: topic.into(),
        payload: "from inside".into(),
        qos,
        retain: what & 8 != 0,
        ..Default::default()
    };
    match what & 7 {
        0 => broker.publish(message("a", Qos::AtMostOnce)),
        1 => world.append("log/a", (0..=what >> 3).map(|n| n.to_string())),
        2 => broker.kick_where(1, |_| true, &Refusal::new(0x98, "out")),
        3 => broker.revoke(1, "log/a"),
        4 => broker.publish_to(1, message("a/b", Qos::ExactlyOnce)),
        5 => {
            let denied = &mut world.inner.lock().denied;
            if !denied.remove("log/a") {
                denied.insert("log/a".into());
            }
        }
        6 => world.inner.lock().fail_saves ^= true,
        _ => {
            let mut message = message("b", Qos::AtLeastOnce);
            message.properties.message_expiry = Some(1);
            broker.publish(message);
        }
    }
}

/// A connection. In slots 0 and 1 the input is plain MQTT, in slot 2 WebSocket frames, and in slot 3 it is wrapped in
/// frames. Slot 1 is read slowly through a narrow pipe.
struct Wire {
    slot: usize,
    write: WriteHalf<DuplexStream>,
    output: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
    serving: JoinHandle<()>,
}

impl Wire {
    fn open(broker: &Broker<World>, slot: usize) -> Self {
        let (near, far) = tokio::io::duplex(if slot == 1 { 300 } else { 1 << 20 });
        let (broker, address) = (broker.clone(), "10.0.0.1:1".parse().unwrap());
        let serving = tokio::spawn(async move {
            if slot < 2 {
                broker.serve_stream(near, address).await;
            } else {
                broker.serve_upgraded(near, address, None).await;
            }
        });
        let (read, write) = split(far);
        let output = Arc::default();
        let reader = tokio::spawn(read_on(read, Arc::clone(&output), slot == 1));
        Self { slot, write, output, reader, serving }
    }

    async fn send(&mut self, bytes: &[u8]) {
        let mut frame = Vec::new();
        if self.slot == 3 {
            // A mask of zeros leaves the bytes unchanged.
            frame.extend([0x82, 0xfe, 0, bytes.len() as u8, 0, 0, 0, 0]);
        }
        frame.extend(bytes);
        // It doesn't matter whether the broker still reads.
        let _ = timeout(Duration::from_secs(1), self.write.write_all(&frame)).await;
    }

    fn hang_up(self) -> HungUp {
        let slow = self.slot == 1;
        if slow {
            self.reader.abort();
        }
        let Self { slot, mut write, output, reader, serving } = self;
        let closing = tokio::spawn(async move {
            // Keep reading, so that the broker's last packets can be checked.
            let _ = write.shutdown().await;
            if !slow {
                let _ = reader.await;
            }
        });
        HungUp { slot, output, serving, closing }
    }
}

struct HungUp {
    slot: usize,
    output: Arc<Mutex<Vec<u8>>>,
    serving: JoinHandle<()>,
    closing: JoinHandle<()>,
}

impl HungUp {
    async fn end(self) {
        timeout(Duration::from_secs(60), self.serving).await.expect("a connection is stuck").unwrap();
        timeout(Duration::from_secs(60), self.closing).await.expect("it was not closed").unwrap();
        let mut output = std::mem::take(&mut *self.output.lock());
        if self.slot >= 2 {
            output = unwrap_frames(&output);
        }
        if self.slot != 1 {
            check(output);
        }
    }
}

async fn read_on(mut read: ReadHalf<DuplexStream>, output: Arc<Mutex<Vec<u8>>>, slowly: bool) {
    let mut buffer = vec![0; if slowly { 60 } else { 4_096 }];
    while let Ok(count) = read.read(&mut buffer).await
        && count > 0
    {
        output.lock().extend(&buffer[..count]);
        if slowly {
            sleep(Duration::from_millis(500)).await;
        }
    }
}

/// Returns the payload of the server's WebSocket frames, each of which must be complete and unmasked.
fn unwrap_frames(mut bytes: &[u8]) -> Vec<u8> {
    let mut mqtt = Vec::new();
    while let [first, length, rest @ ..] = bytes {
        let (length, rest) = match (length, rest) {
            (126, [a, b, rest @ ..]) => (usize::from(u16::from_be_bytes([*a, *b])), rest),
            (127, rest) => (u64::from_be_bytes(rest[..8].try_into().unwrap()) as usize, &rest[8..]),
            (length, rest) => (usize::from(*length), rest),
        };
        let (payload, rest) = rest.split_at(length);
        match first {
            0x82 => mqtt.extend(payload),
            0x88 => assert!(rest.is_empty(), "a frame after the close"),
            0x8a => assert!(length <= 125),
            first => panic!("a frame of {first:#x}"),
        }
        bytes = rest;
    }
    assert!(bytes.is_empty(), "half a frame: {bytes:?}");
    mqtt
}

/// Checks the broker's output: a CONNACK, then complete packets that a server may send, and nothing after DISCONNECT.
fn check(mut output: Vec<u8>) {
    let all = output.clone();
    let mut last = 0;
    while let Some((first, body)) = packet::take(&mut output) {
        let kind = first >> 4;
        assert_eq!(kind == 2, last == 0, "CONNACK is the first and only the first: {all:?}");
        assert_ne!(last, 14, "something after DISCONNECT: {all:?}");
        match kind {
            3 => assert!(first & 6 != 6 && first & 14 != 8, "PUBLISH with {first:#x}: {all:?}"),
            6 => assert_eq!(first, 0x62),
            2 | 4 | 5 | 7 | 9 | 11 | 13 | 14 => assert_eq!(first & 15, 0),
            kind => panic!("packet type {kind} from a server: {all:?}"),
        }
        assert!(kind != 2 || body[1] == 0 || output.is_empty(), "something after a refusal: {all:?}");
        last = kind;
    }
    assert!(output.is_empty(), "half a packet: {all:?}");
}
