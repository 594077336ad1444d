//! Feeds a client as far as it has room: retransmissions, queued messages, logs it is behind in, retained messages. Log
//! entries come from memory if it reaches back far enough, otherwise page by page from the handler.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::{Connection, Stream};
use crate::core::Core;
use crate::encode::Published;
use crate::session::{Body, Fanout, Grant, Progress, Sent, State, Subscription, Work, grant};
use crate::{Handler, LogEntry, Qos, Refusal};

/// Size of a page of a log, in bytes.
const PAGE_BYTES: usize = 64 << 10;
/// Number of entries taken from memory under one lock.
const FROM_TAIL: usize = 32;
/// Number of retained messages looked up under one lock.
const RETAINED: usize = 64;
/// Delay after a page could not be read.
const RETRY: Duration = Duration::from_secs(1);

type Reading = Pin<Box<dyn Future<Output = Result<Vec<LogEntry>, Refusal>> + Send>>;

/// A page of a log, read or being read.
pub(super) struct Page {
    log: u32,
    /// It contains the entries after this offset.
    after: u64,
    /// The log's generation when the page was requested.
    generation: u64,
    /// Whether it has not been polled yet.
    is_new: bool,
    state: PageState,
}

enum PageState {
    Reading(Reading),
    Failed(Pin<Box<tokio::time::Sleep>>),
    Read(VecDeque<Arc<Published>>),
}

/// The result of looking for entries.
enum Found {
    Entries(Vec<Arc<Published>>),
    /// A page has been requested.
    Wait,
    /// The log has no entries there.
    Nothing,
}

impl<H: Handler, S: Stream> Connection<H, S> {
    /// Returns whether a new page must be polled before this task goes idle.
    pub(super) fn has_new_page(&self) -> bool {
        self.page.as_ref().is_some_and(|page| page.is_new)
    }

    /// Polls the page that is being read.
    pub(super) fn poll_page(&mut self, context: &mut Context<'_>) {
        let Some(page) = &mut self.page else { return };
        page.is_new = false;
        match &mut page.state {
            PageState::Reading(reading) => match reading.as_mut().poll(context) {
                Poll::Pending => {}
                Poll::Ready(Ok(entries)) => {
                    let now = self.core.clock.ticks();
                    let entries = entries
                        .into_iter()
                        .map(|entry| Arc::new(Published::new(entry.message, entry.offset, now)));
                    page.state = PageState::Read(entries.collect());
                }
                Poll::Ready(Err(refusal)) => {
                    tracing::warn!(log = page.log, after = page.after, %refusal, "a log could not be read");
                    // Must be polled at once, so that the timer wakes this task.
                    let retry = Box::pin(tokio::time::sleep(RETRY));
                    (page.state, page.is_new) = (PageState::Failed(retry), true);
                }
            },
            PageState::Failed(sleep) => {
                if sleep.as_mut().poll(context).is_ready() {
                    self.page = None;
                }
            }
            PageState::Read(_) => {}
        }
    }
}

/// Feeds the client as far as the window and the buffer allow. Returns true if it should be called again at once, even
/// if nothing was sent: the work of one call is bounded.
pub(super) fn fill<H: Handler>(
    core: &Arc<Core<H>>,
    page: &mut Option<Box<Page>>,
    state: &mut State,
    fanout: &mut Fanout<'_>,
) -> bool {
    let mut again = false;
    if state.syncing || !resend(core, page, state, fanout) {
        return again;
    }
    if !state.queue.is_empty() {
        let account = state.link.as_ref().map(|link| link.client.identity.account);
        let may_read = |topic: &str| account.is_some_and(|account| core.handler.may_read(account, topic));
        state.drain_queue(may_read, fanout);
    }
    // Each work item gets a turn; one that waits for a page doesn't block the others.
    for _ in 0..link_work(state) {
        let Some(work) = state.link.as_mut().and_then(|link| link.work.pop_front()) else { break };
        let rest = match work {
            Work::Log(log) => (!feed_log(core, page, state, log, fanout)).then_some(Work::Log(log)),
            Work::Retained { subscription, then, after } => {
                feed_retained(core, state, &subscription, (then, after), fanout, &mut again)
                    .map(|after| Work::Retained { subscription, then, after: Some(after) })
            }
        };
        if let (Some(rest), Some(link)) = (rest, &mut state.link) {
            link.work.push_back(rest);
        }
    }
    if let Some(link) = &mut state.link
        && link.work.is_empty()
        && link.work.capacity() > 0
    {
        link.work = VecDeque::new();
    }
    again
}

fn link_work(state: &State) -> usize {
    state.link.as_ref().map_or(0, |link| link.work.len())
}

/// Retransmits what was in flight on an earlier connection; returns true when everything has been sent.
fn resend<H: Handler>(
    core: &Arc<Core<H>>,
    page: &mut Option<Box<Page>>,
    state: &mut State,
    fanout: &mut Fanout<'_>,
) -> bool {
    while !state.window.is_current() {
        let maximum = state.link.as_ref().map_or(0, |link| usize::from(link.receive_maximum));
        let Some((id, slot)) = state.window.next_resend(maximum) else { return false };
        let wanted = match (&slot.body, slot.progress) {
            (Body::Log { topic, offset }, Progress::Sent) => Some((*topic, *offset)),
            _ => None,
        };
        let may = match &slot.body {
            Body::Message { published, .. } => state.link.as_ref().is_some_and(|link| {
                core.handler.may_read(link.client.identity.account, &published.message.topic)
            }),
            Body::Log { .. } | Body::Nothing => true,
        };
        let mut entry = None;
        let mut granted = Grant::default();
        if let Some((log, offset)) = wanted
            && let Some(found) = owed(core, state, log)
        {
            granted = found;
            match find(core, page, log, offset - 1, 1) {
                Found::Wait => return false,
                Found::Nothing => {}
                Found::Entries(entries) => entry = entries.into_iter().next().filter(|e| e.offset == offset),
            }
        }
        if state.resend(id, may, entry.as_deref(), &granted, fanout) == Sent::Later {
            return false;
        }
        if let (Some((log, offset)), Some(_)) = (wanted, &entry) {
            advance(page, log, offset);
        }
    }
    true
}

/// Returns the grant for retransmitting an entry: a delivery that has begun is completed if the owner may still read
/// the topic, even without a subscription [MQTT-3.10.4-3].
fn owed<H: Handler>(core: &Core<H>, state: &State, log: u32) -> Option<Grant> {
    let account = state.link.as_ref()?.client.identity.account;
    let log = core.logs.numbered(log)?;
    let may = core.handler.may_read(account, &log.topic);
    may.then(|| grant(&state.subscriptions, &log.topic).unwrap_or_default())
}

/// Returns the grant of the session for a log, if its owner may currently read it.
fn allowed<H: Handler>(core: &Core<H>, state: &State, log: u32) -> Option<Grant> {
    let account = state.link.as_ref()?.client.identity.account;
    let log = core.logs.numbered(log)?;
    let granted = grant(&state.subscriptions, &log.topic)?;
    core.handler.may_read(account, &log.topic).then_some(granted)
}

/// Sends a log's entries. Returns true when the client has caught up, false when it must wait for something.
fn feed_log<H: Handler>(
    core: &Arc<Core<H>>,
    page: &mut Option<Box<Page>>,
    state: &mut State,
    log: u32,
    fanout: &mut Fanout<'_>,
) -> bool {
    let Some(granted) = allowed(core, state, log) else {
        state.cursors.remove(log);
        return true;
    };
    loop {
        let Some(cursor) = state.cursors.get_mut(log) else { return true };
        if !cursor.is_behind() {
            return true;
        }
        let (sent, head) = (cursor.sent, cursor.head);
        if granted.qos == Qos::AtMostOnce {
            cursor.skip_to(head);
            return true;
        }
        if !state.has_window(fanout) {
            return false;
        }
        match find(core, page, log, sent, FROM_TAIL) {
            Found::Wait => return false,
            Found::Nothing => {
                tracing::warn!(log, sent, head, "entries that were announced are missing from a log");
                state.pass(log, head);
                if let Some(cursor) = state.cursors.get_mut(log) {
                    cursor.skip_to(head);
                }
            }
            Found::Entries(entries) => {
                for entry in entries {
                    if state.entry(log, &entry, &granted, fanout) == Sent::Later {
                        return false;
                    }
                    advance(page, log, entry.offset);
                }
            }
        }
    }
}

/// Looks for entries of a log after an offset: in memory, then in the current page; otherwise requests a page.
fn find<H: Handler>(
    core: &Arc<Core<H>>,
    page: &mut Option<Box<Page>>,
    id: u32,
    after: u64,
    count: usize,
) -> Found {
    let Some(log) = core.logs.numbered(id) else { return Found::Nothing };
    let entries = log.after(after, count);
    if !entries.is_empty() {
        return Found::Entries(entries);
    }
    let generation = log.generation();
    if let Some(current) = page {
        match &current.state {
            PageState::Reading(_) | PageState::Failed(_) => return Found::Wait,
            PageState::Read(entries)
                if current.log == id && current.after == after && current.generation == generation =>
            {
                let entries: Vec<_> = entries.iter().take(count).cloned().collect();
                if entries.is_empty() {
                    *page = None;
                    return Found::Nothing;
                }
                return Found::Entries(entries);
            }
            PageState::Read(_) => {}
        }
    }
    let reader = Arc::clone(core);
    let reading = Box::pin(async move { reader.handler.read_log(&log.topic, after, PAGE_BYTES).await });
    let state = PageState::Reading(reading);
    *page = Some(Box::new(Page { log: id, after, generation, is_new: true, state }));
    Found::Wait
}

/// Removes an entry that was used from the current page.
fn advance(page: &mut Option<Box<Page>>, log: u32, offset: u64) {
    let Some(current) = page else { return };
    let PageState::Read(entries) = &mut current.state else { return };
    if current.log != log {
        return;
    }
    while entries.front().is_some_and(|entry| entry.offset <= offset) {
        entries.pop_front();
    }
    current.after = current.after.max(offset);
    if entries.is_empty() {
        *page = None;
    }
}

/// Sends a page of retained messages for a subscription; returns the topic to continue after, or `None` if that was
/// all.
fn feed_retained<H: Handler>(
    core: &Core<H>,
    state: &mut State,
    subscription: &Subscription,
    (then, after): (u64, Option<Arc<str>>),
    fanout: &mut Fanout<'_>,
    again: &mut bool,
) -> Option<Arc<str>> {
    let account = state.link.as_ref()?.client.identity.account;
    if !state.has_window(fanout) || !state.has_room(fanout) || !state.queue.is_empty() {
        // If nothing has been read yet, an empty name stands for the beginning.
        return Some(after.unwrap_or_else(|| "".into()));
    }
    let mut granted = Grant::default();
    granted.add(
        subscription.qos,
        subscription.no_local,
        subscription.retain_as_published,
        subscription.identifier,
    );
    let from = after.as_ref().filter(|after| !after.is_empty());
    let known = core.handler.retained(account, &subscription.filter, from.map(|after| &**after), RETAINED);
    let (found, next) = match known {
        Some(messages) => {
            let more = messages.len() >= RETAINED;
            let next = messages.last().filter(|_| more).map(|message| Arc::clone(&message.topic));
            let now = core.clock.ticks();
            (messages.into_iter().map(|message| Arc::new(Published::new(message, 0, now))).collect(), next)
        }
        None => core.retained.read().page(&subscription.filter, then, from, RETAINED),
    };
    for published in found {
        if core.handler.may_read(account, &published.message.topic) {
            state.live_message(&published, &granted, true, fanout);
        }
    }
    *again |= next.is_some();
    next
}
