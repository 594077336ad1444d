//! Checks of what must work.

use std::time::{Duration, Instant};

use chinwag_broker::Qos;
use chinwag_protocol::Verb;
use chinwag_protocol::topic::{self, filters};

use super::Doctor;
use super::probe::{Answer, Probe};

/// How long a message may take to arrive, including a server's processing.
const ON_ITS_WAY: Duration = Duration::from_secs(5);

impl Doctor<'_> {
    /// Checks everything that a client does. Returns the connections if further checks make sense.
    pub(super) async fn what_must_work(
        &mut self,
        mut server: Probe,
        mut client: Probe,
    ) -> anyhow::Result<Option<(Probe, Probe)>> {
        let me = self.me.name.clone();
        if !self.subscriptions(&client).await {
            return Ok(None);
        }
        self.sending(&mut server, &mut client).await?;
        self.presence(&mut server, &mut client).await?;

        let (typing, activity) =
            (topic::verb(Verb::Typing, &me, &self.room), topic::activity(&me, &self.room));
        // "Not typing" from someone who was not typing is invisible to users.
        client.publish(&typing, "{\"typing\":false}", Qos::AtMostOnce, false).await?;
        let arrived = client.hears(&activity, "\"typing\":false", ON_ITS_WAY).await.is_some();
        self.found(
            "a typing notice reaches the room's members",
            arrived,
            format!("a notice was published on {typing}, but the server's notice on {activity} did not reach a member"),
        );
        Ok(Some((server, client)))
    }

    async fn subscriptions(&mut self, client: &Probe) -> bool {
        let (me, room) = (&self.me.name, &self.room);
        let filters = [room.to_string(), filters::activity_in(room), topic::inbox(me)];
        let mut refused = Vec::new();
        for filter in &filters {
            if let Err(error) = client.subscribe(filter).await {
                refused.push(format!("{error:#}"));
            }
        }
        let all = refused.is_empty();
        self.found("a client may subscribe to its rooms and inbox", all, refused.join("; "));
        all
    }

    /// Checks that a send reaches a server over the broker, and that the outcome comes back. It replies to a message
    /// that cannot exist, so the server refuses it, and nobody sees it.
    async fn sending(&mut self, server: &mut Probe, client: &mut Probe) -> anyhow::Result<()> {
        let (topic, inbox) =
            (topic::verb(Verb::Send, &self.me.name, &self.room), topic::inbox(&self.me.name));
        let shared = format!("$share/chinwag-doctor/{}", filters::every(Verb::Send));
        let granted = server.subscribe(&shared).await;
        let mark = format!("doctor-{}", self.mark);
        let payload = impossible(&mark);
        let began = Instant::now();
        let Answer::Taken = client.publish(&topic, &payload, Qos::AtLeastOnce, false).await? else {
            self.wrong(
                "a member may send",
                format!("the broker refuses a publish by {} on {topic}", self.me.name),
            );
            return Ok(());
        };
        let answered = client.hears(&inbox, &mark, ON_ITS_WAY).await.is_some();
        let took = began.elapsed();
        self.found(
            format!("a message reaches a server, and the response comes back (here in {} ms)", took.as_millis()),
            answered,
            format!(
                "there was no response on {inbox} within {} s. Is `chinwag serve` running with this broker and this \
                 database? Does the broker deliver to shared subscriptions, and not only grant them?",
                ON_ITS_WAY.as_secs()
            ),
        );
        let why = match granted {
            Err(error) => Some(format!("{error:#}")),
            Ok(()) if server.hears(&topic, &mark, ON_ITS_WAY).await.is_none() => Some(format!(
                "{shared} was granted, but nothing was delivered; on RMQTT its plugin has to be loaded"
            )),
            Ok(()) => None,
        };
        server.unsubscribe(&shared).await?;
        self.found("shared subscriptions deliver messages", why.is_none(), why.unwrap_or_default());
        Ok(())
    }

    /// Checks that a device's announcement makes the server publish presence, retained for later subscribers.
    async fn presence(&mut self, server: &mut Probe, client: &mut Probe) -> anyhow::Result<()> {
        let presence = topic::presence(&self.me.name);
        let device = topic::device(&self.me.name, &self.client_id().parse()?);
        let taken = matches!(client.publish(&device, "online", Qos::AtLeastOnce, true).await?, Answer::Taken);
        // Subscribed only now: if the account was present already, presence is not published again, but retained.
        client.subscribe(&presence).await?;
        let told = taken && client.hears(&presence, "\"online\"", ON_ITS_WAY).await.is_some();
        self.found(
            "a device that announces itself makes its owner present",
            told,
            if taken {
                format!("no server published it on {presence}")
            } else {
                format!("the broker refuses a publish on {device}")
            },
        );
        if told {
            server.subscribe(&presence).await?;
            let kept = server.hears(&presence, "\"state\"", ON_ITS_WAY).await;
            server.unsubscribe(&presence).await?;
            self.found(
                "later subscribers receive the presence",
                kept.is_some_and(|publish| publish.retain),
                format!("{presence} is not retained; the broker must keep retained messages"),
            );
        }
        if taken {
            client.publish(&device, "", Qos::AtLeastOnce, true).await?;
        }
        Ok(())
    }
}

/// Returns a send that is always refused: it replies to a message that cannot exist.
pub(super) fn impossible(mark: &str) -> String {
    const NO_SEQ: u64 = (1 << 53) - 1;
    format!("{{\"text\":\"doctor\",\"msg_id\":\"{mark}\",\"original_message\":{NO_SEQ}}}")
}
