//! Checks of what must be refused.

use std::time::Duration;

use chinwag_broker::Qos;
use chinwag_protocol::Verb;
use chinwag_protocol::topic::{self, filters};

use super::Doctor;
use super::probe::{Answer, Probe};
use super::works::impossible;

/// How long a message that the broker should have refused may take to arrive.
const ARRIVES: Duration = Duration::from_secs(1);

impl Doctor<'_> {
    /// Checks everything that a client must not do. `server` watches for what gets through.
    pub(super) async fn what_must_be_refused(
        &mut self,
        mut server: Probe,
        mut client: Probe,
    ) -> anyhow::Result<()> {
        self.wildcard(&server, &mut client).await?;
        let (me, other, room) = (self.me.name.clone(), self.other.clone(), self.room.clone());
        let nothing = format!("{{\"type\":\"doctor\",\"doctor\":\"{}\"}}", self.mark);
        let not_typing = format!("{{\"typing\":false,\"doctor\":\"{}\"}}", self.mark);
        let publishes = [
            (room.to_string(), nothing.clone(), "an event in a room that no server stored"),
            (
                topic::verb(Verb::Send, &other, &room),
                impossible(&format!("doctor-{}", self.mark)),
                "a message in another person's name",
            ),
            (topic::verb(Verb::Typing, &other, &room), not_typing, "typing in another person's name"),
            (
                topic::verb(Verb::Read, &other, &room),
                "00000000".to_owned(),
                "a read cursor in another person's name",
            ),
            (topic::activity(&me, &room), nothing.clone(), "a typing notice that no server has checked"),
            (topic::inbox(&other), nothing.clone(), "a note in another person's inbox"),
            (
                topic::inbox(&me),
                nothing.clone(),
                "a note in the client's own inbox, to which only the server may publish",
            ),
            (topic::presence(&other), nothing.clone(), "another person's presence"),
            (topic::device(&other, &self.client_id().parse()?), String::new(), "another person's device"),
        ];
        for (topic, payload, what) in publishes {
            server.subscribe(&topic).await?;
            let answer = client.publish(&topic, &payload, Qos::AtLeastOnce, false).await?;
            // Some brokers acknowledge messages that they discard; what counts is whether they arrive.
            let mark = if payload.contains(&self.mark) { self.mark.clone() } else { payload.clone() };
            let came =
                matches!(answer, Answer::Taken) && server.hears(&topic, &mark, ARRIVES).await.is_some();
            server.unsubscribe(&topic).await?;
            self.found(
                format!("refused: {what}"),
                !came,
                format!(
                    "{me} may publish on {topic}. The broker's rules must deny everything that is not allowed"
                ),
            );
            if matches!(answer, Answer::Refused) && client.unsubscribe(&topic::inbox(&me)).await.is_err() {
                // The broker ended the connection because of the publish.
                client = self.connect_to(&self.config.url).await?;
            }
        }
        self.subscriptions_refused(&client).await?;
        client.close().await;
        server.close().await;
        Ok(())
    }

    /// Checks that `#` is refused, or delivers only what the account may read.
    async fn wildcard(&mut self, server: &Probe, client: &mut Probe) -> anyhow::Result<()> {
        let what = "`#` is refused, or delivers only what the client may read";
        if client.subscribe("#").await.is_err() {
            self.well(what);
            return Ok(());
        }
        let inbox = topic::inbox(&self.other);
        let mark = format!("wildcard-{}", self.mark);
        let note = format!("{{\"type\":\"doctor\",\"doctor\":\"{mark}\"}}");
        server.publish(&inbox, &note, Qos::AtLeastOnce, false).await?;
        let came = client.hears(&inbox, &mark, ARRIVES).await.is_some();
        client.unsubscribe("#").await?;
        self.found(what, !came, format!("{} received messages on {inbox}", self.me.name));
        Ok(())
    }

    async fn subscriptions_refused(&mut self, client: &Probe) -> anyhow::Result<()> {
        let mut all = vec![
            (topic::inbox(&self.other), "another person's inbox"),
            (filters::every(Verb::Send), "messages that other people send"),
            (filters::shared(&filters::every(Verb::Send)), "the servers' shared subscription to messages"),
        ];
        let foreign = self.chat.directory.all_rooms(|room| {
            (room.private && !room.members.contains_key(&self.me.id)).then(|| room.topic.to_string())
        });
        all.extend(foreign.into_iter().next().map(|room| (room, "a private room of other people")));
        for (filter, what) in all {
            let granted = client.subscribe(&filter).await.is_ok();
            if granted {
                client.unsubscribe(&filter).await?;
            }
            self.found(
                format!("refused: subscribing to {what}"),
                !granted,
                format!(
                    "{} may subscribe to {filter}. The broker's rules must deny everything that is not allowed",
                    self.me.name
                ),
            );
        }
        Ok(())
    }
}
