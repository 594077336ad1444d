//! Handles what clients send over an external broker, every verb, received by a subscription that all servers share.
//! Each message is acknowledged to the broker once it is committed or refused, in the order of arrival, with many in
//! progress at a time. The sender learns the outcome by a note in their inbox.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use chinwag_chat::chat::Chat;
use chinwag_chat::meaning::{self, Meaning, Source};
use chinwag_chat::messages;
use chinwag_protocol::inbox::InboxNote;
use chinwag_protocol::topic::Topic;
use chinwag_protocol::{ErrorCode, Name, Reason, Refused, RoomId, Send, Verb, topic};
use chinwag_store::{Acted, Action, Key};
use rumqttc::{Publish, QoS};
use tokio::sync::{mpsc, oneshot};

use super::link::{Ended, Link};
use super::{Counts, IN_HAND};

/// Handles incoming messages, over successive connections.
pub struct Intake {
    chat: Arc<Chat>,
    counts: Arc<Counts>,
    keyless: Keyless,
}

/// A message in progress.
struct InHand {
    publish: Publish,
    /// The sender; `None` if the topic names none.
    from: Option<Name>,
    /// For a message with a `msg_id`: its room and that id.
    said: Option<(RoomId, String)>,
    fate: oneshot::Receiver<Result<Acted, Refused>>,
}

impl Intake {
    /// Creates the intake, before the first connection.
    pub fn new(chat: Arc<Chat>, counts: Arc<Counts>) -> Self {
        Self { chat, counts, keyless: Keyless::default() }
    }

    /// Runs until `leave` completes and everything that arrived is answered, or the connection ends.
    pub async fn run(
        &mut self,
        link: &Link,
        arriving: &mut mpsc::Receiver<Publish>,
        leave: impl Future<Output = ()>,
    ) -> Result<(), Ended> {
        let mut in_hand: VecDeque<InHand> = VecDeque::new();
        let (mut leave, mut ended) = (pin!(leave), pin!(link.ended()));
        let (mut leaving, mut open) = (false, true);
        while open || !in_hand.is_empty() {
            tokio::select! {
                biased;
                fate = fate_of_first(&mut in_hand) => {
                    if let Some(first) = in_hand.pop_front() {
                        self.settle(link, first, fate).await?;
                    }
                }
                publish = arriving.recv(), if open && in_hand.len() < IN_HAND => match publish {
                    Some(publish) => in_hand.push_back(self.accept(link, publish).await?),
                    None => open = false,
                },
                () = leave.as_mut(), if !leaving => {
                    leaving = true;
                    arriving.close();
                }
                ended = ended.as_mut() => return Err(ended),
            }
        }
        Ok(())
    }

    /// Parses a message and submits its action to the committer, or publishes its notice.
    async fn accept(&mut self, link: &Link, publish: Publish) -> Result<InHand, Ended> {
        self.counts.received.fetch_add(1, Relaxed);
        let (answer, fate) = oneshot::channel();
        let topic = String::from_utf8_lossy(&publish.topic).into_owned();
        let from = match Topic::parse(&topic) {
            Ok(Topic::Verb(_, name, _)) => Some(name),
            _ => None,
        };
        let mut said = None;
        let again = self.keyless.key_of(&publish);
        match self.understand(&topic, from.as_ref(), &publish.payload, again.as_deref()).await {
            Ok(Meaning::Store(action)) => {
                self.keyless.note(&publish, &action);
                if let (Some(msg_id), Ok(Topic::Verb(_, _, room))) = (action.msg_id(), Topic::parse(&topic)) {
                    said = Some((room, msg_id.to_owned()));
                }
                let reply = Box::new(move |result| drop(answer.send(result)));
                self.chat.store.submit_action(action, reply).await;
            }
            Ok(Meaning::Publish(message)) => {
                link.publish(&message).await?;
                drop(answer.send(Ok(Acted::NOTHING)));
            }
            Ok(Meaning::Nothing) => drop(answer.send(Ok(Acted::NOTHING))),
            Err(refused) => drop(answer.send(Err(refused))),
        }
        Ok(InHand { publish, from, said, fate })
    }

    async fn understand(
        &self,
        topic: &str,
        from: Option<&Name>,
        payload: &[u8],
        again: Option<&str>,
    ) -> Result<Meaning, Refused> {
        let once = async || {
            let me = from.and_then(|name| self.chat.directory.id_named(name.as_str()));
            let me = me.ok_or(Refused::from(Reason::SignInEnded))?;
            meaning::of(&self.chat, me, topic, payload, Source::Broker { again }).await
        };
        match once().await {
            // Another server may have granted access just now.
            Err(Refused {
                code: ErrorCode::NotAuthenticated | ErrorCode::NotAuthorized | ErrorCode::NotFound,
                ..
            }) => {
                self.chat.store.refresh().await;
                once().await
            }
            understood => understood,
        }
    }

    /// Sends the outcome to the sender, then acknowledges the message to the broker.
    async fn settle(&self, link: &Link, first: InHand, fate: Result<Acted, Refused>) -> Result<(), Ended> {
        let InHand { publish, from, said, .. } = first;
        let note = match fate {
            Ok(acted) => {
                let seq = acted.event.map(|event| event.seq);
                said.map(|(topic, msg_id)| InboxNote::Sent { topic, msg_id, seq })
            }
            Err(refused) => {
                self.counts.refused.fetch_add(1, Relaxed);
                self.chat.refusals.count(refused.code);
                Some(refusal(&publish, said, refused))
            }
        };
        if let (Some(name), Some(note)) = (from, note) {
            let account = self.chat.directory.id_named(name.as_str());
            let note = account.and_then(|account| self.chat.refusals.note(account, note));
            if let Some(note) = note {
                link.publish(&messages::note(&name, &note)).await?;
            }
        }
        if publish.qos == QoS::AtMostOnce { Ok(()) } else { link.acknowledge(&publish).await }
    }
}

/// Waits for the outcome of the oldest message; forever if there is none.
async fn fate_of_first(in_hand: &mut VecDeque<InHand>) -> Result<Acted, Refused> {
    match in_hand.front_mut() {
        Some(first) => (&mut first.fate).await.unwrap_or_else(|_| Err(ErrorCode::Unavailable.into())),
        None => std::future::pending().await,
    }
}

fn refusal(publish: &Publish, said: Option<(RoomId, String)>, refused: Refused) -> InboxNote {
    let msg_id = said.map(|(_, msg_id)| msg_id);
    let topic = String::from_utf8_lossy(&publish.topic);
    InboxNote::refused(refused, &topic, msg_id.or_else(|| Send::key_of(&publish.payload)))
}

/// Remembers the ids generated for messages without a `msg_id`. If the broker has not received the acknowledgement, it
/// delivers such a message again, which must not create a second one.
#[derive(Default)]
struct Keyless {
    hasher: RandomState,
    /// By packet id: the hash of the message delivered with it, and the `msg_id` generated for that.
    given: HashMap<u16, (u64, String)>,
}

impl Keyless {
    /// Returns the `msg_id` generated when this message was delivered before.
    fn key_of(&self, publish: &Publish) -> Option<String> {
        let (content, msg_id) = self.given.get(&publish.pkid)?;
        let again = publish.qos != QoS::AtMostOnce && publish.dup && *content == self.content(publish);
        again.then(|| msg_id.clone())
    }

    /// Remembers the `msg_id` generated for a message.
    fn note(&mut self, publish: &Publish, action: &Action) {
        if publish.qos != QoS::AtMostOnce
            && let Some((send, Key::Made)) = action.message()
        {
            let msg_id = send.msg_id.clone().unwrap_or_default();
            self.given.insert(publish.pkid, (self.content(publish), msg_id));
        }
    }

    fn content(&self, publish: &Publish) -> u64 {
        self.hasher.hash_one((&publish.topic, &publish.payload))
    }
}

/// Returns the filters to subscribe to: every verb, as shared subscriptions.
pub fn filters() -> Vec<String> {
    Verb::ALL.iter().map(|verb| topic::filters::shared(&topic::filters::every(*verb))).collect()
}
