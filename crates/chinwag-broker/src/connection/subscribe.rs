//! SUBSCRIBE and UNSUBSCRIBE: what is granted is durable before the answer leaves.

use std::sync::Arc;

use super::{Connection, Stream, Task};
use crate::codec::{self, SubscribeItem, Words};
use crate::core::Core;
use crate::router::Router;
use crate::session::{Session, State, Subscription, Work, grant};
use crate::{Client, Handler, Qos, Refusal, topic};

impl<H: Handler, S: Stream> Connection<H, S> {
    pub(super) fn subscribe(&mut self, packet: codec::Subscribe) {
        let (request, words) = (self.request(), self.words);
        self.task = Some(Task::Subscribe(Box::pin(request.subscribe(packet, words))));
    }

    pub(super) fn unsubscribe(&mut self, packet: codec::Unsubscribe) {
        let request = self.request();
        self.task = Some(Task::Subscribe(Box::pin(request.unsubscribe(packet))));
    }

    fn request(&self) -> Request<H> {
        Request {
            core: Arc::clone(&self.core),
            session: Arc::clone(&self.session),
            client: Arc::clone(&self.client),
        }
    }
}

/// What the boxed future of a SUBSCRIBE or UNSUBSCRIBE needs.
struct Request<H> {
    core: Arc<Core<H>>,
    session: Arc<Session>,
    client: Arc<Client>,
}

impl<H: Handler> Request<H> {
    async fn subscribe(self, packet: codec::Subscribe, room: u32) {
        // [MQTT-3.8.3-4]
        if packet.items.iter().any(|item| item.no_local && item.filter.starts_with("$share/")) {
            self.session.close(crate::session::Close {
                code: 0x82,
                reason: "no-local on a shared subscription".into(),
                will: true,
            });
            return;
        }
        let mut codes = Vec::with_capacity(packet.items.len());
        let (mut granted, mut filters) = (Vec::new(), Vec::new());
        let mut reason: Arc<str> = "".into();
        for item in packet.items {
            match self.allow(&item).await {
                Ok(()) => {
                    codes.push(item.qos as u8);
                    filters.push(Arc::clone(&item.filter));
                    granted.push(item);
                }
                Err(refusal) => {
                    codes.push(refusal.code.max(0x80));
                    if reason.is_empty() {
                        reason = refusal.reason;
                    }
                }
            }
        }
        let replaced = self.known(&filters);
        let mut retained = self.add(granted, packet.identifier.unwrap_or(0));
        if let Err(refusal) = self.make_durable().await {
            self.take_back(&filters, &replaced);
            codes.fill(0x80);
            filters.clear();
            retained.clear();
            reason = refusal.reason;
        }
        {
            let mut state = self.session.state.lock();
            let Some(link) = state.link_of(self.client.connection) else { return };
            let words = Words { reason: &reason, room };
            link.answer(|out| codec::suback(out, self.client.v5, packet.id, &codes, words));
            link.work.extend(retained);
        }
        for filter in filters {
            self.core.handler.subscribed(&self.client, &filter);
        }
    }

    async fn allow(&self, item: &SubscribeItem) -> Result<(), Refusal> {
        let limits = &self.core.config.limits;
        let invalid = |reason: &'static str| Refusal { code: 0x8f, reason: reason.into() };
        let filter = match topic::share(&item.filter) {
            Ok(Some((_, filter))) => filter,
            Ok(None) if topic::is_filter(&item.filter) => &item.filter,
            _ => return Err(invalid("topic filter invalid")),
        };
        if filter.len() > limits.topic_length || filter.split('/').count() > limits.topic_levels {
            return Err(invalid("topic filter too long"));
        }
        let full = {
            let state = self.session.state.lock();
            state.subscriptions.len() >= limits.subscriptions
                && !state.subscriptions.iter().any(|known| known.filter == item.filter)
        };
        if full {
            return Err(Refusal { code: 0x97, reason: "too many subscriptions".into() });
        }
        self.core.handler.subscribe(&self.client, filter).await
    }

    /// Adds what was granted; the retained messages that are to follow.
    fn add(&self, items: Vec<SubscribeItem>, identifier: u32) -> Vec<Work> {
        let mut retained = Vec::new();
        let mut logged = Vec::new();
        {
            let mut router = self.core.router.write();
            let then = self.core.retained.read().now();
            let mut state = self.session.state.lock();
            if state.dead {
                return retained;
            }
            for item in items {
                let subscription = Subscription {
                    filter: item.filter,
                    qos: item.qos,
                    no_local: item.no_local,
                    retain_as_published: item.retain_as_published,
                    identifier,
                };
                let new = insert(&mut state, &subscription);
                router.subscribe(&self.session, &subscription);
                if subscription.parts().0.is_some() {
                    continue; // no retained messages and no log [MQTT-4.8.2]
                }
                // [MQTT-3.3.1-9, -10, -11]
                if item.retain_handling == 0 || (item.retain_handling == 1 && new) {
                    let subscription = Box::new(subscription.clone());
                    retained.push(Work::Retained { subscription, then, after: None });
                }
                if state.is_persistent() && subscription.qos > Qos::AtMostOnce {
                    logged.push(subscription.filter);
                }
            }
            // A subscription that was of QoS 1 or 2 may now be of 0, which has no place in a log.
            forget_unwanted(&mut state, &self.core);
        }
        // A persistent session's place in each log is fixed now, so that it survives us before the first
        // entry comes; any other's is fixed by that entry.
        for filter in logged {
            for head in self.core.handler.logs(self.client.identity.account, &filter) {
                let log = self.core.logs.named(&head.topic);
                self.session.state.lock().cursors.entry(log.id, head.head);
            }
        }
        retained
    }

    /// The subscriptions there are to these filters.
    fn known(&self, filters: &[Arc<str>]) -> Vec<Subscription> {
        let state = self.session.state.lock();
        state.subscriptions.iter().filter(|known| filters.contains(&known.filter)).cloned().collect()
    }

    /// What was refused after all is no subscription; what it had replaced is one again.
    fn take_back(&self, filters: &[Arc<str>], replaced: &[Subscription]) {
        let mut router = self.core.router.write();
        let mut state = self.session.state.lock();
        for filter in filters {
            remove(&mut state, &mut router, &self.session, filter);
        }
        if !state.dead {
            for old in replaced {
                insert(&mut state, old);
                router.subscribe(&self.session, old);
            }
        }
        forget_unwanted(&mut state, &self.core);
    }

    async fn make_durable(&self) -> Result<(), Refusal> {
        let persistent = {
            let state = self.session.state.lock();
            state.is_persistent() && !state.dead
        };
        if persistent { self.core.saver.save(&self.session).await } else { Ok(()) }
    }

    async fn unsubscribe(self, packet: codec::Unsubscribe) {
        let mut codes = Vec::with_capacity(packet.filters.len());
        {
            let mut router = self.core.router.write();
            let mut state = self.session.state.lock();
            for filter in &packet.filters {
                if !is_valid(filter) {
                    codes.push(0x8f);
                    continue;
                }
                let found = remove(&mut state, &mut router, &self.session, filter);
                codes.push(if found { 0 } else { 0x11 });
            }
            forget_unwanted(&mut state, &self.core);
        }
        if let Err(refusal) = self.make_durable().await {
            tracing::warn!(client = %self.client.client_id, %refusal, "an UNSUBSCRIBE could not be saved yet");
        }
        let mut state = self.session.state.lock();
        let Some(link) = state.link_of(self.client.connection) else { return };
        link.answer(|out| codec::unsuback(out, self.client.v5, packet.id, &codes));
    }
}

fn is_valid(filter: &str) -> bool {
    match topic::share(filter) {
        Ok(Some(_)) => true,
        Ok(None) => topic::is_filter(filter),
        Err(()) => false,
    }
}

/// Ends a subscription; whether there was one.
fn remove(state: &mut State, router: &mut Router, session: &Arc<Session>, filter: &str) -> bool {
    let Some(index) = state.subscriptions.iter().position(|known| &*known.filter == filter) else {
        return false;
    };
    let subscription = state.subscriptions.swap_remove(index);
    router.unsubscribe(session, &subscription);
    true
}

/// Adds a subscription or replaces it; whether it is new.
fn insert(state: &mut State, subscription: &Subscription) -> bool {
    match state.subscriptions.iter_mut().find(|known| known.filter == subscription.filter) {
        Some(known) => {
            *known = subscription.clone();
            false
        }
        None => {
            state.subscriptions.push(subscription.clone());
            true
        }
    }
}

/// Drops the cursors of logs that no subscription covers any more.
pub(crate) fn forget_unwanted<H: Handler>(state: &mut State, core: &Core<H>) {
    let State { cursors, subscriptions, .. } = state;
    cursors.retain(|cursor| {
        core.logs
            .numbered(cursor.topic)
            .and_then(|log| grant(subscriptions, &log.topic))
            .is_some_and(|grant| grant.qos > Qos::AtMostOnce)
    });
}
