//! CONNECT, CONNACK, PINGREQ, DISCONNECT, AUTH: sections 3.1, 3.2, 3.12, 3.14, 3.15, 4.12.

use mqtt_protocol_core::mqtt::packet::{
    AuthenticationMethod, Property, Qos, RequestProblemInformation, RequestResponseInformation,
    SessionExpiryInterval,
};

use chinwag_broker::{Credential, Refusal};

use crate::common::*;

async fn code(running: &Running, options: Options) -> u8 {
    match Client::open(running.tcp).await.hello(options).await {
        Packet::Connack { present: false, code, .. } => code,
        other => panic!("{other:?}"),
    }
}

/// [MQTT-3.1.4-5] [MQTT-3.2.0-1] CONNACK is the first packet, in both versions.
#[tokio::test]
async fn both_versions_are_let_in() {
    let running = start(open()).await;
    for options in [id("a"), id("b").v3()] {
        let (mut client, present) = Client::connect(running.tcp, options.clone()).await;
        assert!(!present);
        client.quiet().await; // [MQTT-3.12.4-1]
        let name = if options.v3 { "b" } else { "a" };
        assert_eq!(running.handler.events().last(), Some(&Event::Connected(name.into())));
        client.leave(0).await;
    }
}

/// [MQTT-3.1.0-1] The first packet must be a CONNECT; [MQTT-3.1.0-2] a second one is a protocol error.
#[tokio::test]
async fn connect_comes_first_and_once() {
    let running = start(open()).await;
    assert_eq!(answer(&running, true, &[0xc0, 0]).await, None);
    assert_eq!(answer(&running, true, b"GET / HTTP/1.1\r\n\r\n").await, None);
    let (mut client, _) = Client::connect(running.tcp, id("a")).await;
    client.send(&id("a").bytes()).await;
    assert!(matches!(client.next().await, Packet::Disconnect { code: 0x82, .. }));
    assert_eq!(client.recv().await, None);
}

/// [MQTT-3.1.2-2] of 3.1.1 and [MQTT-3.1.2-2]: an unknown version is answered with "unsupported version"; another
/// protocol is not answered.
#[tokio::test]
async fn unknown_versions_are_refused() {
    let running = start(open()).await;
    let old = [0x10, 14, 0, 6, b'M', b'Q', b'I', b's', b'd', b'p', 3, 2, 0, 0, 0, 0];
    assert!(matches!(answer(&running, false, &old).await, Some(Packet::Connack { code: 1, .. })));
    for level in [0, 3, 6, 0x85, 0xff] {
        let new = [0x10, 13, 0, 4, b'M', b'Q', b'T', b'T', level, 2, 0, 0, 0, 0, 0];
        let refused = answer(&running, false, &new).await;
        assert!(matches!(refused, Some(Packet::Connack { code: 1, .. })), "{level:#x}: {refused:?}");
    }
    let other = [0x10, 13, 0, 4, b'M', b'Q', b'T', b'X', 5, 2, 0, 0, 0, 0, 0];
    assert_eq!(answer(&running, true, &other).await, None);
}

/// A Mosquitto bridge sets a bit of the protocol level. It is accepted like a 3.1.1 client, and receives none of its
/// own messages, neither routed ones nor those that became log entries.
#[tokio::test]
async fn bridges() {
    let running = start(open()).await;
    let (mut other, _) = Client::connect(running.tcp, id("other")).await;
    other.subscribe(&[("#", Qos::AtLeastOnce)]).await;
    for (name, connect) in [
        ("b1", &b"\x10\x0e\0\x04MQTT\x84\x02\0\0\0\x02b1"[..]),
        ("b2", b"\x10\x10\0\x06MQIsdp\x83\x02\0\0\0\x02b2"),
    ] {
        let mut bridge = Client::open(running.tcp).await;
        bridge.v5 = false;
        bridge.send(connect).await;
        assert!(matches!(bridge.next().await, Packet::Connack { code: 0, .. }), "{name}");
        bridge.subscribe(&[("#", Qos::AtLeastOnce)]).await;
        bridge.say("a", "mine", Qos::AtMostOnce, 0).await;
        assert_eq!(other.message().await.payload, "mine");
        let entry = running.handler.append("room", name);
        running.broker.sent_by(&running.handler.client(name), &"room".into(), entry.offset);
        running.broker.publish_log(entry);
        running.broker.publish_log(running.handler.append("room", "of others"));
        assert_eq!(bridge.message().await.payload, "of others", "{name}");
        for expected in [name, "of others"] {
            let message = other.message().await;
            assert_eq!(message.payload, expected);
            other.puback(message.id).await;
        }
        bridge.leave(0).await;
    }
}

/// [MQTT-3.1.3-6] [MQTT-3.1.3-7] A client without a client id is assigned one; [MQTT-3.1.3-8] of 3.1.1: not for a
/// persistent session.
#[tokio::test]
async fn client_ids_are_assigned() {
    let running = start(open()).await;
    let mut client = Client::open(running.tcp).await;
    let Packet::Connack { code: 0, props, .. } = client.hello(id("")).await else { panic!() };
    let assigned = props.iter().find_map(|p| match p {
        Property::AssignedClientIdentifier(p) => Some(p.val().to_owned()),
        _ => None,
    });
    assert_eq!(running.handler.events(), [Event::Connected(assigned.unwrap())]);
    assert_eq!(code(&running, id("").v3()).await, 0);
    assert_eq!(code(&running, id("").v3().keep()).await, 2);
    assert_eq!(code(&running, id(&"x".repeat(300))).await, 0x85);
}

/// [MQTT-4.12.0-1] An unknown authentication method is refused with 0x8C; AUTH without a method is a protocol error.
#[tokio::test]
async fn enhanced_authentication_is_refused() {
    let running = start(open()).await;
    let method = Property::AuthenticationMethod(AuthenticationMethod::new("SCRAM-SHA-1").unwrap());
    assert_eq!(code(&running, id("a").with(method)).await, 0x8c);
    let (mut client, _) = Client::connect(running.tcp, id("a")).await;
    client.send(&[0xf0, 0]).await;
    assert!(matches!(client.next().await, Packet::Disconnect { code: 0x82, .. }));
}

/// A refusal by the handler reaches the client, with a code of its version and, in 5.0, the reason.
#[tokio::test]
async fn a_refused_sign_in_says_why() {
    let running = start(open()).await;
    let wrong = Options { password: Some("wrong".into()), ..id("a").user("ana") };
    let Packet::Connack { code, props, .. } = Client::open(running.tcp).await.hello(wrong.clone()).await
    else {
        panic!()
    };
    assert_eq!(code, 0x86);
    assert!(props.iter().any(|p| matches!(p, Property::ReasonString(p) if p.val() == "wrong password")));
    assert_eq!(super::connect::code(&running, wrong.v3()).await, 4);
    assert_eq!(running.handler.events(), []);
}

/// [MQTT-3.2.2-9 and following] CONNACK contains the limits in force: receive maximum, packet size, aliases,
/// keep-alive. It contains response information only if requested [MQTT-3.1.2-28].
#[tokio::test]
async fn connack_tells_what_holds() {
    let mut config = open();
    config.server_keep_alive = Some(60);
    config.response_information = Some("answers".into());
    config.limits.session_expiry = 1000;
    let running = start(config).await;
    let ask = Property::RequestResponseInformation(RequestResponseInformation::new(1).unwrap());
    let expiry = |n| Property::SessionExpiryInterval(SessionExpiryInterval::new(n).unwrap());
    let options = Options { keep_alive: 120, ..id("a").with(ask).with(expiry(5000)) };
    let Packet::Connack { props, .. } = Client::open(running.tcp).await.hello(options).await else {
        panic!()
    };
    let has = |f: &dyn Fn(&Property) -> bool| props.iter().any(f);
    assert!(has(&|p| matches!(p, Property::ServerKeepAlive(p) if p.val() == 60)));
    assert!(has(&|p| matches!(p, Property::ResponseInformation(p) if p.val() == "answers")));
    assert!(has(&|p| matches!(p, Property::ReceiveMaximum(p) if p.val() == 256)));
    assert!(has(&|p| matches!(p, Property::MaximumPacketSize(p) if p.val() == 1 << 20)));
    assert!(has(&|p| matches!(p, Property::TopicAliasMaximum(p) if p.val() == 32)));
    assert!(has(&|p| matches!(p, Property::SessionExpiryInterval(p) if p.val() == 1000)));
    let quiet = Options { keep_alive: 30, ..id("b") };
    let Packet::Connack { props, .. } = Client::open(running.tcp).await.hello(quiet).await else { panic!() };
    assert!(!props.iter().any(|p| matches!(
        p,
        Property::ServerKeepAlive(_) | Property::ResponseInformation(_) | Property::SessionExpiryInterval(_)
    )));
}

/// [MQTT-3.1.2-22] A client silent for one and a half times its keep-alive is disconnected with 0x8D, and its will is
/// published.
#[tokio::test]
async fn a_silent_client_is_disconnected() {
    let running = start(open()).await;
    let options = Options { keep_alive: 1, ..id("a").will("wills/a", "gone") };
    let start = std::time::Instant::now();
    let (mut client, _) = Client::connect(running.tcp, options).await;
    let Packet::Disconnect { code, .. } = client.next().await else { panic!() };
    assert_eq!(code, 0x8d);
    assert!(start.elapsed().as_millis() >= 1200, "{:?}", start.elapsed());
    running
        .handler
        .until(|inner| inner.events.contains(&Event::Will("wills/a".into(), b"gone".into())))
        .await;
}

/// [MQTT-3.1.4-3] A second connection with the same account and client id takes over the session; [MQTT-3.14.4]: with
/// 0x8E. The same client id in another account is not affected.
#[tokio::test]
async fn takeover_stays_within_the_account() {
    let running = start(open()).await;
    let (mut ana, _) = Client::connect(running.tcp, id("phone").user("ana")).await;
    let (mut bo, _) = Client::connect(running.tcp, id("phone").user("bo")).await;
    ana.quiet().await;
    let (mut again, _) = Client::connect(running.tcp, id("phone").user("ana")).await;
    assert!(matches!(ana.next().await, Packet::Disconnect { code: 0x8e, .. }));
    assert_eq!(ana.recv().await, None);
    again.quiet().await;
    bo.quiet().await;
}

/// [MQTT-3.1.2-29] Without Request Problem Information there are neither reason strings nor user properties.
#[tokio::test]
async fn reasons_only_where_they_are_wanted() {
    let running = start(open()).await;
    let mute = Property::RequestProblemInformation(RequestProblemInformation::new(0).unwrap());
    for (quiet, words) in [(true, ""), (false, "not for you reason=outsider")] {
        let who = |id: Options| if quiet { id.with(mute.clone()) } else { id };
        let (mut client, _) = Client::connect(running.tcp, who(id("a"))).await;
        client.say("refuse/explained", "", Qos::AtLeastOnce, 1).await;
        assert_eq!(client.next().await, Packet::Ack(4, 1, 0x87, words.into()));
        running.broker.kick_where(1, |_| true, &explained(0x98));
        assert_eq!(client.next().await, Packet::Disconnect { code: 0x98, reason: words.into() });
        let refused = who(Options { password: Some("explained".into()), ..id("b").user("ana") });
        let answer = Client::open(running.tcp).await.hello(refused).await;
        let Packet::Connack { code: 0x86, props, .. } = answer else { panic!("{answer:?}") };
        assert_eq!(reason(Some(&props)), words);
    }
}

/// Shutdown sends 0x8B to MQTT 5 clients, publishes no wills, and stops accepting connections.
#[tokio::test]
async fn shutdown_says_so() {
    let running = start(open()).await;
    let (mut five, _) = Client::connect(running.tcp, id("a").will("wills/a", "x")).await;
    let (mut three, _) = Client::connect(running.tcp, id("b").v3()).await;
    let broker = running.broker.clone();
    let stopping = tokio::spawn(async move { broker.shutdown(std::time::Duration::from_secs(5)).await });
    assert!(matches!(five.next().await, Packet::Disconnect { code: 0x8b, .. }));
    assert_eq!(three.recv().await, None);
    drop((five, three));
    stopping.await.unwrap();
    assert_eq!(running.broker.stats().connections, 0);
    assert!(!running.handler.events().iter().any(|event| matches!(event, Event::Will(..))));
    assert!(tokio::net::TcpStream::connect(running.tcp).await.is_err());
}

/// The embedder can close connections with its own code and reason; the will is published.
#[tokio::test]
async fn the_embedder_may_end_connections() {
    let running = start(open()).await;
    let (mut phone, _) = Client::connect(running.tcp, id("phone").will("wills/phone", "x")).await;
    let (mut desk, _) = Client::connect(running.tcp, id("desk")).await;
    assert_eq!(running.broker.connections(1), 2);
    let proved = |client: &chinwag_broker::Client| client.identity.credential.number == "phone".len() as u64;
    running.broker.kick_where(1, proved, &Refusal::new(0x98, "signed out"));
    assert_eq!(phone.next().await, Packet::Disconnect { code: 0x98, reason: "signed out".into() });
    desk.quiet().await;
    running
        .handler
        .until(|inner| inner.events.contains(&Event::Will("wills/phone".into(), b"x".into())))
        .await;
    assert_eq!(running.broker.connections(1), 1);
}

/// A credential can be revoked between the handler's check at CONNECT and the start of the session. The connection is
/// then refused, leaves no session and no will, and packets that followed the CONNECT are ignored.
#[tokio::test]
async fn a_credential_is_asked_for_again_when_the_session_is_there() {
    let running = start(open()).await;
    let number = "phone".len() as u64;
    running.handler.0.lock().revoked.insert(Credential { number, generation: 0 });
    for v3 in [false, true] {
        for kept in [false, true] {
            let options = Options { v3, ..id("phone").will("wills/phone", "x") };
            let options = match (kept, v3) {
                (true, true) => options.keep(),
                (true, false) => options
                    .keep()
                    .with(Property::SessionExpiryInterval(SessionExpiryInterval::new(60).unwrap())),
                _ => options,
            };
            let mut client = Client::open(running.tcp).await;
            client.v5 = !v3;
            let publish = publish_bytes(!v3, "a", "x", Qos::AtLeastOnce, 1, false, Vec::new());
            client.send(&[options.bytes(), publish].concat()).await;
            let answer = client.next().await;
            assert!(
                matches!(answer, Packet::Connack { present: false, code: 4 | 5 | 0x86, .. }),
                "{answer:?}"
            );
            assert_eq!(client.recv().await, None);
            assert_eq!((running.broker.connections(1), running.broker.stats().sessions), (0, 0));
        }
    }
    assert_eq!(running.handler.events(), []);
    assert_eq!(running.broker.stats().connections, 0);
    // The account's other connections are accepted, also to resume an earlier session.
    running.handler.0.lock().revoked.clear();
    let kept = || {
        let expiry = Property::SessionExpiryInterval(SessionExpiryInterval::new(60).unwrap());
        id("phone").keep().with(expiry)
    };
    Client::connect(running.tcp, kept()).await.0.leave(0).await;
    running.handler.0.lock().revoked.insert(Credential { number, generation: 0 });
    let mut refused = Client::open(running.tcp).await;
    refused.send(&kept().bytes()).await;
    assert!(matches!(refused.next().await, Packet::Connack { code: 0x86, .. }));
    running.handler.0.lock().revoked.clear();
    let (_phone, present) = Client::connect(running.tcp, kept()).await;
    assert!(present, "its session is still there");
}

/// [MQTT-3.1.4-1] [MQTT-3.1.4-6] [MQTT-3.2.2-6] [MQTT-3.2.2-7] [MQTT-4.13.2-1] A refused CONNECT is answered with
/// session present 0, the connection is closed, and packets that followed it are ignored.
#[tokio::test]
async fn nothing_follows_a_refusal() {
    let running = start(open()).await;
    for v3 in [false, true] {
        let kept = Options { v3, ..id("a").user("ana").keep() };
        Client::connect(running.tcp, kept.clone()).await.0.leave(0).await;
        let mut client = Client::open(running.tcp).await;
        client.v5 = !v3;
        let wrong = Options { password: Some("wrong".into()), ..kept };
        let publish = publish_bytes(!v3, "a", "x", Qos::AtLeastOnce, 1, false, Vec::new());
        client.send(&[wrong.bytes(), publish].concat()).await;
        assert!(matches!(client.next().await, Packet::Connack { present: false, code: 4 | 0x86, .. }));
        assert_eq!(client.recv().await, None);
    }
    assert!(running.handler.0.lock().messages.is_empty());
}

/// [MQTT-3.2.0-2] Only one CONNACK is sent; packets sent right after CONNECT are handled after it.
#[tokio::test]
async fn packets_right_behind_connect() {
    let running = start(open()).await;
    let mut client = Client::open(running.tcp).await;
    let subscribe = subscribe_bytes(true, vec![("a", Default::default())], Vec::new());
    let publish = publish_bytes(true, "a", "x", Qos::AtLeastOnce, 1, false, Vec::new());
    client.send(&[id("a").bytes(), subscribe, publish, vec![0xc0, 0]].concat()).await;
    assert!(matches!(client.next().await, Packet::Connack { code: 0, .. }));
    assert!(matches!(client.next().await, Packet::Suback { .. }));
    let mut seen = [false; 3];
    for _ in 0..3 {
        let which = match client.next().await {
            Packet::Publish(_) => 0,
            Packet::Ack(4, 1, 0, _) => 1,
            Packet::Pingresp => 2,
            other => panic!("{other:?}"),
        };
        seen[which] = true;
    }
    assert_eq!(seen, [true; 3]);
}

/// [MQTT-3.1.3-5] Any client id of letters and digits is accepted; [MQTT-3.1.3-2] it identifies the session.
#[tokio::test]
async fn client_ids() {
    let running = start(open()).await;
    let alphabet: Vec<char> = ('0'..='9').chain('a'..='z').chain('A'..='Z').collect();
    for part in alphabet.chunks(23) {
        let name: String = part.iter().collect();
        let options = Options { keep: true, v3: true, ..id(&name) };
        assert!(!Client::connect(running.tcp, options.clone()).await.1);
        assert!(Client::connect(running.tcp, options).await.1);
    }
}

/// [MQTT-3.1.2-6] of 3.1.1: a session that isn't persistent is never resumed, not even when its connection is taken
/// over. [MQTT-3.1.2-6] of 5.0: if there is no session, a new one begins.
#[tokio::test]
async fn a_passing_session_is_not_taken_over() {
    let running = start(open()).await;
    for v3 in [true, false] {
        let (mut old, _) =
            Client::connect(running.tcp, Options { v3, ..id("a").will("wills/a", "old") }).await;
        old.subscribe(&[("a", Qos::AtLeastOnce)]).await;
        let (mut new, present) = Client::connect(running.tcp, Options { v3, ..id("a").keep() }).await;
        assert!(!present);
        let last = old.recv().await;
        assert!(v3 == last.is_none() && (v3 || matches!(last, Some(Packet::Disconnect { code: 0x8e, .. }))));
        new.say("a", "x", Qos::AtMostOnce, 0).await;
        new.quiet().await;
        let will = Event::Will("wills/a".into(), b"old".into());
        running.handler.until(|inner| inner.events.contains(&will)).await;
        running.handler.0.lock().events.clear();
        let (last, _) = Client::connect(running.tcp, Options { v3, ..id("a") }).await;
        last.leave(0).await;
    }
}
