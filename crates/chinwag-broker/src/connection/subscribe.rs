//! SUBSCRIBE and UNSUBSCRIBE. Granted subscriptions are durable before the SUBACK is sent.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

use tracing::Level;

use super::{Connection, Stream, Task, pause};
use crate::codec::{self, SubscribeItem, Words};
use crate::core::Core;
use crate::router::Router;
use crate::session::{Close, Session, State, Subscription, Work, grant};
use crate::{Client, Handler, Qos, Refusal, RefusedPacket, topic};

impl<H: Handler, S: Stream> Connection<H, S> {
    pub(super) fn subscribe(&mut self, mut packet: codec::Subscribe, context: &mut Context<'_>) {
        if self.bridge {
            for item in &mut packet.items {
                item.no_local = !item.filter.starts_with("$share/");
                item.retain_as_published = true;
            }
        }
        // A packet refused for its number of filters costs no more than the largest accepted one.
        let most = self.core.config.limits.filters_per_packet;
        let wait = self.spend(packet.items.len().min(most));
        let (request, words) = (self.request(), self.words);
        let task = async move {
            pause(wait).await;
            request.subscribe(packet, words).await;
        };
        self.begin(Task::Subscribe(Box::pin(task)), context);
    }

    pub(super) fn unsubscribe(&mut self, packet: codec::Unsubscribe, context: &mut Context<'_>) {
        let wait = self.spend(packet.filters.len());
        let request = self.request();
        let task = async move {
            pause(wait).await;
            request.unsubscribe(packet).await;
        };
        self.begin(Task::Subscribe(Box::pin(task)), context);
    }

    /// Returns how long to wait before handling this many filters.
    fn spend(&mut self, filters: usize) -> Duration {
        let limits = &self.core.config.limits;
        let filters = u32::try_from(filters).unwrap_or(u32::MAX);
        self.filters.spend(filters, limits.subscribe_rate, limits.subscribe_burst)
    }

    fn request(&self) -> Request<H> {
        Request {
            core: Arc::clone(&self.core),
            session: Arc::clone(&self.session),
            client: Arc::clone(&self.client),
        }
    }
}

/// The data a SUBSCRIBE or UNSUBSCRIBE needs in its boxed future.
struct Request<H> {
    core: Arc<Core<H>>,
    session: Arc<Session>,
    client: Arc<Client>,
}

impl<H: Handler> Request<H> {
    async fn subscribe(self, packet: codec::Subscribe, room: u32) {
        // [MQTT-3.8.3-4]
        if packet.items.iter().any(|item| item.no_local && item.filter.starts_with("$share/")) {
            let refusal = Refusal::new(0x82, "no-local on a shared subscription");
            self.session.close(Close { refusal, will: true });
            return;
        }
        let codec::Subscribe { id, identifier, items } = packet;
        let most = self.core.config.limits.filters_per_packet;
        if items.len() > most {
            let reason = format!("at most {most} filters in one SUBSCRIBE; send several packets");
            let refusal = Refusal::new(0x97, reason);
            self.note(&refusal);
            self.answer(id, &vec![0x97; items.len()], Words::of(&refusal, room), Vec::new());
            return;
        }
        let (mut wanted, places) = once_each(items);
        for one in &mut wanted {
            one.verdict = self.allow(&one.item).await;
        }
        let Added { mut retained, replaced } = self.add(&mut wanted, identifier.unwrap_or(0));
        if let Err(refusal) = self.make_durable(&wanted).await {
            self.take_back(&wanted, &replaced);
            retained.clear();
            wanted.iter_mut().for_each(|one| one.verdict = Err(refusal.clone()));
        }
        let refusals = || wanted.iter().filter_map(|one| one.verdict.as_ref().err());
        refusals().for_each(|refusal| self.note(refusal));
        let codes: Vec<u8> = places.into_iter().map(|(place, qos)| wanted[place].code(qos)).collect();
        let words = refusals().next().map(|refusal| Words::of(refusal, room)).unwrap_or_default();
        if !self.answer(id, &codes, words, retained) {
            return;
        }
        let granted: Vec<Arc<str>> = wanted.iter().filter_map(Wanted::granted).cloned().collect();
        if !granted.is_empty() {
            self.core.handler.subscribed(&self.client, &granted);
        }
    }

    fn note(&self, Refusal { code, reason, .. }: &Refusal) {
        let who = (&*self.client).into();
        self.core.refusals.note(RefusedPacket::Subscribe, Level::DEBUG, who, *code, reason);
    }

    /// Sends SUBACK and queues the retained messages; returns false if the connection has ended.
    fn answer(&self, id: u16, codes: &[u8], words: Words<'_>, retained: Vec<Work>) -> bool {
        let mut state = self.session.state.lock();
        let Some(link) = state.link_of(self.client.connection) else { return false };
        link.answer(|out| codec::suback(out, self.client.v5, id, codes, words));
        link.work.extend(retained);
        true
    }

    async fn allow(&self, item: &SubscribeItem) -> Result<(), Refusal> {
        let limits = &self.core.config.limits;
        let invalid = |reason: &str| Err(Refusal::new(0x8f, reason));
        let filter = match topic::share(&item.filter) {
            Ok(Some((_, filter))) => filter,
            Ok(None) if topic::is_filter(&item.filter) => &item.filter,
            _ => return invalid("topic filter invalid"),
        };
        if item.filter.len() > limits.topic_length {
            return invalid("topic filter too long");
        }
        if filter.split('/').count() > limits.filter_levels {
            return invalid(&format!("no topic has more than {} levels", limits.filter_levels));
        }
        self.core.handler.subscribe(&self.client, filter).await
    }

    /// Adds the granted subscriptions, as far as the limits allow.
    fn add(&self, wanted: &mut [Wanted], identifier: u32) -> Added {
        let mut added = Added::default();
        let (mut logged, mut lost) = (Vec::new(), Vec::new());
        {
            let mut router = self.core.router.write();
            let then = self.core.retained.read().now();
            let mut state = self.session.state.lock();
            if state.dead {
                return added;
            }
            for one in wanted.iter_mut().filter(|one| one.verdict.is_ok()) {
                let item = &one.item;
                let subscription = Subscription {
                    filter: Arc::clone(&item.filter),
                    qos: item.qos,
                    no_local: item.no_local,
                    retain_as_published: item.retain_as_published,
                    identifier,
                };
                let before = match self.insert(&mut state, &router, &subscription) {
                    Ok(before) => before,
                    Err(refusal) => {
                        one.verdict = Err(refusal);
                        continue;
                    }
                };
                router.subscribe(&self.session, &subscription);
                let new = before.is_none();
                added.replaced.extend(before);
                if subscription.parts().0.is_some() {
                    continue; // no retained messages and no log [MQTT-4.8.2]
                }
                if state.is_persistent() && subscription.qos > Qos::AtMostOnce {
                    logged.push(Arc::clone(&subscription.filter));
                } else if !new {
                    lost.push(Arc::clone(&subscription.filter));
                }
                // [MQTT-3.3.1-9, -10, -11]
                if item.retain_handling == 0 || (item.retain_handling == 1 && new) {
                    let subscription = Box::new(subscription);
                    added.retained.push(Work::Retained { subscription, then, after: None });
                }
            }
        }
        // A subscription may have changed from QoS 1 or 2 to QoS 0, which has no cursor.
        forget_unwanted(&mut self.session.state.lock(), &self.core, &lost);
        // A persistent session's cursor in each log is created now, so that it is saved even if the broker stops before
        // the first entry arrives. In other sessions the first entry creates it.
        for filter in logged {
            for head in self.core.handler.logs(self.client.identity.account, &filter) {
                let log = self.core.logs.named(&head.topic);
                self.session.state.lock().cursors.entry(log.id, head.head);
            }
        }
        added
    }

    /// Adds a subscription, or replaces one and returns the old one.
    fn insert(
        &self,
        state: &mut State,
        router: &Router,
        subscription: &Subscription,
    ) -> Result<Option<Subscription>, Refusal> {
        if let Some(known) = state.subscriptions.iter_mut().find(|s| s.filter == subscription.filter) {
            return Ok(Some(std::mem::replace(known, subscription.clone())));
        }
        let limits = &self.core.config.limits;
        let full = |most: usize, of: &str| {
            let reason = format!("{of} can have at most {most} subscriptions; unsubscribe from some");
            Err(Refusal::new(0x97, reason))
        };
        if state.subscriptions.len() >= limits.subscriptions {
            return full(limits.subscriptions, "a session");
        }
        if router.of_account(self.session.key.account) >= limits.subscriptions_per_account {
            return full(limits.subscriptions_per_account, "an account");
        }
        state.subscriptions.push(subscription.clone());
        Ok(None)
    }

    /// Undoes subscriptions that were refused after they were added, and restores those they had replaced.
    fn take_back(&self, wanted: &[Wanted], replaced: &[Subscription]) {
        let filters: Vec<Arc<str>> = wanted.iter().filter_map(Wanted::granted).cloned().collect();
        let mut router = self.core.router.write();
        let mut state = self.session.state.lock();
        for filter in &filters {
            remove(&mut state, &mut router, &self.session, filter);
        }
        if !state.dead {
            for old in replaced {
                state.subscriptions.push(old.clone());
                router.subscribe(&self.session, old);
            }
        }
        drop(router);
        forget_unwanted(&mut state, &self.core, &filters);
    }

    async fn make_durable(&self, wanted: &[Wanted]) -> Result<(), Refusal> {
        if wanted.iter().any(|one| one.verdict.is_ok()) { self.save().await } else { Ok(()) }
    }

    async fn save(&self) -> Result<(), Refusal> {
        let persistent = {
            let state = self.session.state.lock();
            state.is_persistent() && !state.dead
        };
        if persistent { self.core.saver.save(&self.session).await } else { Ok(()) }
    }

    async fn unsubscribe(self, packet: codec::Unsubscribe) {
        let mut codes = Vec::with_capacity(packet.filters.len());
        // 3.1.1 has no code to refuse a packet with many filters. It is handled in chunks, so that other tasks get
        // their turn.
        for filters in packet.filters.chunks(self.core.config.limits.filters_per_packet.max(1)) {
            if !codes.is_empty() {
                tokio::task::yield_now().await;
            }
            let mut router = self.core.router.write();
            let mut state = self.session.state.lock();
            for filter in filters {
                if !is_valid(filter) {
                    codes.push(0x8f);
                    continue;
                }
                let found = remove(&mut state, &mut router, &self.session, filter);
                codes.push(if found { 0 } else { 0x11 });
            }
            drop(router);
            forget_unwanted(&mut state, &self.core, filters);
        }
        if let Err(refusal) = self.save().await {
            tracing::warn!(client = %self.client.client_id, %refusal, "an UNSUBSCRIBE could not be saved yet");
        }
        let mut state = self.session.state.lock();
        let Some(link) = state.link_of(self.client.connection) else { return };
        link.answer(|out| codec::unsuback(out, self.client.v5, packet.id, &codes));
    }
}

/// A filter requested by a SUBSCRIBE, and the verdict on it.
struct Wanted {
    item: SubscribeItem,
    verdict: Result<(), Refusal>,
}

impl Wanted {
    fn granted(&self) -> Option<&Arc<str>> {
        self.verdict.is_ok().then_some(&self.item.filter)
    }

    fn code(&self, qos: Qos) -> u8 {
        match &self.verdict {
            Ok(()) => qos as u8,
            Err(refusal) => refusal.code.max(0x80),
        }
    }
}

/// The results of adding subscriptions.
#[derive(Default)]
struct Added {
    /// The retained messages to send.
    retained: Vec<Work>,
    /// The subscriptions that were replaced, in their old form.
    replaced: Vec<Subscription>,
}

/// Deduplicates the filters; the last occurrence counts [MQTT-3.8.4-5]. Also returns, for each filter of the packet,
/// its index in the deduplicated list and the QoS requested.
fn once_each(items: Vec<SubscribeItem>) -> (Vec<Wanted>, Vec<(usize, Qos)>) {
    let mut known: HashMap<Arc<str>, usize> = HashMap::new();
    let mut wanted: Vec<Wanted> = Vec::with_capacity(items.len());
    let places = items.into_iter().map(|item| {
        let qos = item.qos;
        let place = match known.entry(Arc::clone(&item.filter)) {
            Entry::Occupied(place) => {
                wanted[*place.get()].item = item;
                *place.get()
            }
            Entry::Vacant(place) => {
                wanted.push(Wanted { item, verdict: Ok(()) });
                *place.insert(wanted.len() - 1)
            }
        };
        (place, qos)
    });
    let places = places.collect();
    (wanted, places)
}

fn is_valid(filter: &str) -> bool {
    match topic::share(filter) {
        Ok(Some(_)) => true,
        Ok(None) => topic::is_filter(filter),
        Err(()) => false,
    }
}

/// Removes a subscription; returns whether there was one.
fn remove(state: &mut State, router: &mut Router, session: &Arc<Session>, filter: &str) -> bool {
    let Some(index) = state.subscriptions.iter().position(|known| &*known.filter == filter) else {
        return false;
    };
    let subscription = state.subscriptions.swap_remove(index);
    router.unsubscribe(session, &subscription);
    true
}

/// Drops the cursors of logs covered by one of the `lost` filters and no longer by any QoS 1 or 2 subscription.
pub(crate) fn forget_unwanted<H: Handler>(state: &mut State, core: &Core<H>, lost: &[Arc<str>]) {
    if lost.is_empty() {
        return;
    }
    let State { cursors, subscriptions, .. } = state;
    cursors.retain(|cursor| {
        core.logs.numbered(cursor.topic).is_some_and(|log| {
            !lost.iter().any(|filter| topic::matches(filter, &log.topic))
                || grant(subscriptions, &log.topic).is_some_and(|grant| grant.qos > Qos::AtMostOnce)
        })
    });
}
