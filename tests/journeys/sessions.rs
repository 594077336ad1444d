//! A persistent session resumes from the room's log: whatever happens in between, no message is missing and
//! first arrivals are in order. Each test prints its figures; environment variables make it longer:
//!
//! ```sh
//! export CHINWAG_BIN=$PWD/target/release/chinwag
//! SESSION_RESETS=200 cargo test -p chinwag-journeys a_session_reset -- --nocapture
//! SESSION_MESSAGES=128000 SESSION_KILLS=30 cargo test -p chinwag-journeys the_same_with -- --nocapture
//! AWAY_MESSAGES=1000000 cargo test -p chinwag-journeys an_absence -- --nocapture
//! FLOOD_SECONDS=60 cargo test -p chinwag-journeys slow_readers -- --nocapture
//! ```
//!
//! The second test uses a quarter of SESSION_MESSAGES. SESSION_SEED repeats a run.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use chinwag_journeys::{DEADLINE, Mqtt, Options, Packet, Person, Server, Version, from_environment};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc;
use tokio::sync::watch;

const MEGABYTE: u64 = 1024 * 1024;

/// Publishes messages `first..=last` by number, up to 64 in flight, until all are acknowledged. `killed`: the
/// server may die meanwhile; unacknowledged messages are then resent with the same msg_id.
async fn publish(
    server: SocketAddr,
    person: Person,
    prefix: &'static str,
    numbers: RangeInclusive<u64>,
    killed: bool,
) -> Result<()> {
    let (mut acknowledged, last) = (numbers.start() - 1, *numbers.end());
    let start = Instant::now();
    while acknowledged < last {
        match publish_on(server, &person, prefix, &mut acknowledged, last).await {
            Err(_) if killed && start.elapsed() < DEADLINE * 10 => {
                tokio::time::sleep(Duration::from_millis(20)).await
            }
            result => result?,
        }
    }
    Ok(())
}

/// Does that over one connection.
async fn publish_on(
    server: SocketAddr,
    person: &Person,
    prefix: &str,
    acknowledged: &mut u64,
    last: u64,
) -> Result<()> {
    let mut client = Mqtt::connect(server, person, &Options::new(Version::V5, "publisher")).await?;
    let mut sent = *acknowledged;
    while *acknowledged < last {
        while sent < last && sent < *acknowledged + 64 {
            sent += 1;
            let payload = format!(r#"{{"text":"{sent}","msg_id":"{prefix}-{sent}"}}"#);
            client.begin_publish("general", payload.as_bytes(), 1).await?;
        }
        let ack = client.acknowledgement().await?;
        assert_eq!(ack.code, 0, "refused: {}", ack.reason);
        *acknowledged += 1;
    }
    Ok(())
}

/// What a subscriber has received: the last number, and the count of duplicates.
#[derive(Default)]
struct Got {
    last: u64,
    again: u64,
}

impl Got {
    fn take(&mut self, event: &Value) -> Result<()> {
        if event["type"] != "message" {
            return Ok(());
        }
        let number: u64 = event["text"].as_str().context("text")?.parse()?;
        ensure!(number <= self.last + 1, "{number} came after {}", self.last);
        if number <= self.last {
            self.again += 1;
        }
        self.last = self.last.max(number);
        Ok(())
    }
}

/// Creates the session before any message is sent.
async fn begin_session(server: &Server, person: &Person, options: &Options) {
    let mut first = Mqtt::connect(server.mqtt, person, options).await.unwrap();
    first.must_subscribe("general", 1).await.unwrap();
    drop(first);
}

/// Reads for a random time, then drops the connection without a DISCONNECT.
async fn read_a_while(
    server: &Server,
    person: &Person,
    options: &Options,
    got: &mut Got,
    random: &mut fastrand::Rng,
    last: u64,
) -> Result<()> {
    let mut client = Mqtt::connect(server.mqtt, person, options).await?;
    ensure!(client.connected.session_present, "the session is gone");
    let (until, stop_after) = (Instant::now() + Duration::from_millis(random.u64(5..60)), random.u64(1..800));
    let begun_at = got.last;
    client.acknowledge_by_hand();
    while got.last < last && Instant::now() < until && got.last < begun_at + stop_after {
        let Some(packet) = client.packet_within(Duration::from_millis(20)).await? else { continue };
        let Packet::Message(message) = packet else { anyhow::bail!("instead of a message: {packet:?}") };
        got.take(&message.json()?)?;
        client.acknowledge(&message).await?;
    }
    Ok(())
}

async fn read_to_the_end(client: &mut Mqtt, got: &mut Got, last: u64) -> Result<()> {
    while got.last < last {
        got.take(&client.message().await?.json()?)?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_reset_a_hundred_times_misses_nothing() {
    let (count, resets) =
        (from_environment("SESSION_MESSAGES", 32_000), from_environment("SESSION_RESETS", 114));
    let server = Server::start().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let seed = from_environment("SESSION_SEED", fastrand::u64(..));
    eprintln!("SESSION_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for (version, receive_max) in [(Version::V5, 20), (Version::V3, 0)] {
        let first = server.as_person(&ana).get("/messages/general").await.unwrap().1["last_seq"].clone();
        let mut options = Options::persistent(version, "reader");
        options.receive_max = receive_max;
        begin_session(&server, &bo, &options).await;
        let prefix = if version == Version::V5 { "five" } else { "three" };
        let publisher = tokio::spawn(publish(server.mqtt, ana.clone(), prefix, 1..=count, false));
        let (mut got, mut done) = (Got::default(), 0);
        while done < resets {
            // Resets are spread over the whole run, however fast the publisher is.
            done += 1;
            let share = got.last.max(count * done / resets);
            read_a_while(&server, &bo, &options, &mut got, &mut random, share).await.unwrap();
        }
        publisher.await.unwrap().unwrap();
        let mut last = Mqtt::connect(server.mqtt, &bo, &options).await.unwrap();
        read_to_the_end(&mut last, &mut got, count).await.unwrap();
        eprintln!(
            "{version:?} after seq {first}: {count} messages, {resets} resets, {} came again",
            got.again
        );
        // End the session: the other version must start with a new one.
        last.unsubscribe("general").await.unwrap();
        last.disconnect().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_with_the_server_killed_in_between() {
    let count = from_environment("SESSION_MESSAGES", 32_000) / 4;
    let kills = from_environment("SESSION_KILLS", 8);
    let mut server = Server::start().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let seed = from_environment("SESSION_SEED", fastrand::u64(..));
    eprintln!("SESSION_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let options = Options::persistent(Version::V5, "reader");
    begin_session(&server, &bo, &options).await;
    let publisher = tokio::spawn(publish(server.mqtt, ana, "n", 1..=count, true));
    let mut got = Got::default();
    for kill in 0..kills {
        let share = count * (kill + 1) / (kills + 1);
        let start = Instant::now();
        while got.last < share {
            assert!(start.elapsed() < DEADLINE * 3, "{} of {share} after {:?}", got.last, start.elapsed());
            read_a_while(&server, &bo, &options, &mut got, &mut random, share).await.unwrap();
        }
        server.kill().await.unwrap();
        server.start_again().await.unwrap();
    }
    let mut last = Mqtt::connect(server.mqtt, &bo, &options).await.unwrap();
    assert!(last.connected.session_present);
    read_to_the_end(&mut last, &mut got, count).await.unwrap();
    publisher.await.unwrap().unwrap();
    eprintln!("{count} messages, {kills} kills, {} came again", got.again);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absence_of_any_length_costs_no_memory() {
    let count = from_environment("AWAY_MESSAGES", 20_000);
    let server = Server::start().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let options = Options::persistent(Version::V5, "away");
    begin_session(&server, &bo, &options).await;
    // Warm-up: memory that the server allocates once does not count as growth.
    publish(server.mqtt, ana.clone(), "n", 1..=count / 10, false).await.unwrap();
    let before = server.resident().unwrap();
    publish(server.mqtt, ana, "n", count / 10 + 1..=count, false).await.unwrap();
    let while_away = server.resident().unwrap();

    let mut back = Mqtt::connect(server.mqtt, &bo, &options).await.unwrap();
    assert!(back.connected.session_present);
    let (mut got, mut most) = (Got::default(), while_away);
    let start = Instant::now();
    while got.last < count {
        got.take(&back.message().await.unwrap().json().unwrap()).unwrap();
        if got.last.is_multiple_of(1000) {
            most = most.max(server.resident().unwrap());
        }
    }
    eprintln!(
        "{count} messages missed, read in {:?}; resident {} MB before, {} MB while away, at most {} MB on return",
        start.elapsed(),
        before / MEGABYTE,
        while_away / MEGABYTE,
        most / MEGABYTE
    );
    assert!(most < before + 48 * MEGABYTE, "grew from {before} to {most} bytes");
}

/// Reads 4 kB a second from a socket and forwards the bytes.
async fn drip(mut stream: OwnedReadHalf, bytes: mpsc::Sender<Vec<u8>>, mut hurry: watch::Receiver<bool>) {
    let mut buffer = vec![0; 400];
    while let Ok(count) = stream.read(&mut buffer).await {
        if count == 0 || bytes.send(buffer[..count].to_vec()).await.is_err() {
            return;
        }
        if *hurry.borrow() {
            buffer.resize(64 * 1024, 0);
        } else {
            let _ = tokio::time::timeout(Duration::from_millis(100), hurry.changed()).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_readers_under_a_flood_cost_bounded_memory() {
    let seconds = from_environment("FLOOD_SECONDS", 8);
    let server = Server::start().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let (hurry, _) = watch::channel(false);
    let mut slow = Vec::new();
    for number in 0..5 {
        slow.push(slow_reader(&server, &bo, number, hurry.subscribe()).await.unwrap());
    }
    let mut quick = Mqtt::connect(server.mqtt, &bo, &Options::new(Version::V5, "quick")).await.unwrap();
    quick.must_subscribe("general", 1).await.unwrap();
    let flood = tokio::spawn(flood(server.mqtt, ana, Duration::from_secs(seconds)));
    let before = server.resident().unwrap();
    let (mut most, mut heard, mut worst) = (before, 0_u64, Duration::ZERO);
    while !flood.is_finished() {
        if let Some(message) = quick.message_within(Duration::from_millis(200)).await.unwrap() {
            let event = message.json().unwrap();
            let sent: u128 =
                event["text"].as_str().and_then(|t| t.split(' ').next()?.parse().ok()).unwrap_or(0);
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros();
            if sent > 0 {
                worst = worst.max(Duration::from_micros(u64::try_from(now.saturating_sub(sent)).unwrap()));
                heard += 1;
            }
        }
        most = most.max(server.resident().unwrap());
    }
    let sent = flood.await.unwrap().unwrap();
    while heard < sent {
        quick.chat().await.unwrap();
        heard += 1;
    }
    // The slow readers receive everything eventually.
    hurry.send(true).unwrap();
    for mut reader in slow {
        assert_eq!(reader.count_until(sent).await.unwrap(), sent);
    }
    most = most.max(server.resident().unwrap());
    eprintln!(
        "{sent} messages of 8 kB in {seconds} s; resident {} MB before, at most {} MB; the quick reader waited at most {worst:?}",
        before / MEGABYTE,
        most / MEGABYTE
    );
    assert!(most < before + 48 * MEGABYTE, "grew from {before} to {most} bytes");
}

/// Publishes 8 kB messages at 5 MB/s, each beginning with the time in microseconds.
async fn flood(server: SocketAddr, person: Person, time: Duration) -> Result<u64> {
    let mut client = Mqtt::connect(server, &person, &Options::new(Version::V5, "flood")).await?;
    let padding = "x".repeat(8 * 1024 - 20);
    let mut tick = tokio::time::interval(Duration::from_micros(1_600));
    let (start, mut sent, mut acknowledged) = (Instant::now(), 0, 0);
    while start.elapsed() < time {
        tick.tick().await;
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_micros();
        client.begin_publish("general", format!("{now} {padding}").as_bytes(), 1).await?;
        sent += 1;
        while sent - acknowledged > 200 {
            ensure!(client.acknowledgement().await?.code == 0, "refused");
            acknowledged += 1;
        }
    }
    while acknowledged < sent {
        ensure!(client.acknowledgement().await?.code == 0, "refused");
        acknowledged += 1;
    }
    Ok(sent)
}

/// A persistent QoS 1 reader behind a proxy that forwards 4 kB a second.
struct SlowReader {
    client: Mqtt,
    seen: u64,
}

impl SlowReader {
    async fn count_until(&mut self, count: u64) -> Result<u64> {
        let (mut last_seq, start) = (0, Instant::now());
        while self.seen < count {
            let patience = DEADLINE * 6 + Duration::from_secs(count / 50);
            ensure!(start.elapsed() < patience, "{} of {count}", self.seen);
            let event = self.client.message().await?.json()?;
            let seq = event["seq"].as_u64().context("seq")?;
            if event["type"] == "message" && seq > last_seq {
                self.seen += 1;
            }
            ensure!(last_seq == 0 || seq <= last_seq + 1, "{seq} after {last_seq}");
            last_seq = last_seq.max(seq);
        }
        Ok(self.seen)
    }
}

async fn slow_reader(
    server: &Server,
    person: &Person,
    number: usize,
    hurry: watch::Receiver<bool>,
) -> Result<SlowReader> {
    // A proxy between client and server that is slow toward the client.
    let pipe = TcpListener::bind("127.0.0.1:0").await?;
    let (address, upstream) = (pipe.local_addr()?, server.mqtt);
    tokio::spawn(async move {
        let (down, _) = pipe.accept().await?;
        let up = TcpSocket::new_v4()?;
        // A small window, because the kernel would otherwise buffer minutes of traffic.
        up.set_recv_buffer_size(16 * 1024)?;
        let (from_server, mut to_server) = up.connect(upstream).await?.into_split();
        let (bytes, mut dripped) = mpsc::channel::<Vec<u8>>(4);
        tokio::spawn(drip(from_server, bytes, hurry));
        let (mut from_client, mut to_client) = down.into_split();
        tokio::spawn(async move {
            while let Some(bytes) = dripped.recv().await {
                if to_client.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        });
        tokio::io::copy(&mut from_client, &mut to_server).await?;
        anyhow::Ok(())
    });
    let options = Options::persistent(Version::V5, &format!("slow-{number}"));
    let mut client = Mqtt::connect(address, person, &options).await?;
    client.must_subscribe("general", 1).await?;
    Ok(SlowReader { client, seen: 0 })
}

/// Client ids cost nothing, so persistent sessions per account are limited. Existing sessions continue to work.
#[tokio::test]
async fn an_account_has_so_many_lasting_sessions() {
    const SESSIONS_PER_ACCOUNT: usize = 1_000;
    let server = Server::start().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let connect = async |person: &Person, client_id: &str| {
        let options = Options::persistent(Version::V5, client_id);
        Mqtt::try_connect(server.mqtt, &person.name, &person.token, &options).await.unwrap()
    };
    for number in 0..SESSIONS_PER_ACCOUNT {
        let client = connect(&ana, &number.to_string()).await;
        assert_eq!(client.connected.code, 0, "{number}");
        client.disconnect().await.unwrap();
    }
    for number in 0..3 {
        let refused = connect(&ana, &format!("more-{number}")).await.connected;
        assert_eq!(refused.code, 0x97, "one too many");
        let properties = [("limit", "1000"), ("reason", "sessions")];
        assert_eq!(refused.properties, properties.map(|(name, value)| (name.into(), value.into())).into());
    }
    assert_eq!(connect(&ana, "7").await.connected.code, 0, "one that is there goes on");
    assert_eq!(connect(&bo, "7").await.connected.code, 0, "nobody else is concerned");
    let passing = Options::new(Version::V5, "passing");
    let passing = Mqtt::try_connect(server.mqtt, "ana", &ana.token, &passing).await.unwrap();
    assert_eq!(passing.connected.code, 0, "one that ends with its connection takes no place");
}
