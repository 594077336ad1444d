//! A client's connection: the packets received and those expected.

use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use mqtt_protocol_core::mqtt::packet::Property;
use tokio::io::{AsyncRead, DuplexStream, ReadBuf};

use super::Will;
use super::session::{Flying, Session};
use crate::packet::{self, Packet, Publish};

pub struct Wire {
    pub stream: DuplexStream,
    pub buffer: Vec<u8>,
    pub v5: bool,
    pub window: usize,
    pub will: Option<(Will, u32)>,
    /// Topic aliases of the broker, and the client's own.
    pub aliases: HashMap<u16, String>,
    pub own_aliases: HashMap<u8, &'static str>,
    pub most_aliases: u16,
    /// Answers expected, in order: packet type and id.
    pub answers: VecDeque<(u8, u16)>,
    /// PUBRELs expected. They are separate because they are not answers in that order.
    pub releases: VecDeque<u16>,
}

impl Wire {
    /// Reads everything available.
    pub async fn pump(&mut self) {
        let mut bytes = vec![0; 4096];
        loop {
            let mut part = ReadBuf::new(&mut bytes);
            let read =
                poll_fn(|context| Poll::Ready(Pin::new(&mut self.stream).poll_read(context, &mut part)));
            match read.await {
                Poll::Ready(Ok(())) if !part.filled().is_empty() => self.buffer.extend(part.filled()),
                _ => return,
            }
        }
    }

    pub fn next(&mut self) -> Option<Packet> {
        packet::take(&mut self.buffer).map(|(first, body)| packet::decode(self.v5, first, &body))
    }

    pub fn message(&mut self, session: &mut Session, mut message: Publish) -> Option<Publish> {
        self.resolve(&mut message);
        if message.qos == 0 {
            assert!(!message.dup);
            return (!session.take(&message, self.v5)).then_some(message);
        }
        let resent = session.flying.iter().position(|flying| !flying.seen && !flying.done);
        if message.dup {
            let flying = &mut session.flying[resent.expect("nothing was to come again")];
            assert_eq!(
                (flying.id, &flying.topic, &flying.payload),
                (message.id, &message.topic, &message.payload)
            );
            assert!(!flying.released);
            flying.seen = true;
            return None;
        }
        assert!(resent.is_none(), "something new before what was in flight: {message:?}");
        assert!(session.flying.iter().all(|flying| flying.id != message.id), "{message:?} has an id in use");
        session.flying.push_back(Flying {
            id: message.id,
            topic: message.topic.clone(),
            payload: message.payload.clone(),
            qos: message.qos,
            released: false,
            done: false,
            seen: true,
        });
        assert!(session.flying.len() <= self.window, "more in flight than allowed: {:?}", session.flying);
        (!session.take(&message, self.v5)).then_some(message)
    }

    fn resolve(&mut self, message: &mut Publish) {
        let alias = message.props.iter().find_map(|property| match property {
            Property::TopicAlias(alias) => Some(alias.val()),
            _ => None,
        });
        let Some(alias) = alias else { return };
        assert!((1..=self.most_aliases).contains(&alias), "{message:?}");
        if message.topic.is_empty() {
            message.topic.clone_from(&self.aliases[&alias]);
        } else {
            self.aliases.insert(alias, message.topic.clone());
        }
    }

    /// Handles PUBREL: either the answer to a PUBREC or a retransmission after a reconnect.
    pub fn released(&mut self, session: &mut Session, id: u16) {
        if self.releases.front() == Some(&id) {
            self.releases.pop_front();
            return;
        }
        let again = session.flying.iter_mut().find(|flying| !flying.seen && !flying.done);
        let again = again.filter(|flying| flying.released && flying.id == id);
        again.unwrap_or_else(|| panic!("PUBREL {id} out of turn")).seen = true;
    }
}
