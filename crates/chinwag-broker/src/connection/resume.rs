//! Finds the session for a CONNECT: a new one, the one in memory, or a stored one.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::clock::unix_now;
use crate::codec::{Connect, Will};
use crate::core::Core;
use crate::session::{Close, Cursor, Link, Session, State, Subscription, Testament, from_bytes};
use crate::{Client, Handler, Qos, Refusal, SessionKey, SessionState};

/// A session with this connection attached to it.
pub(super) struct Attached {
    pub session: Arc<Session>,
    pub present: bool,
}

/// Where a session comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    New,
    Memory,
    Stored,
}

/// Attaches a new connection; it takes over from an existing one, if any [MQTT-3.1.4-3].
pub(super) async fn attach<H: Handler>(
    core: &Arc<Core<H>>,
    connect: &mut Connect,
    client: &Arc<Client>,
    link: Link,
) -> Result<Attached, Refusal> {
    let key = SessionKey { account: client.identity.account, client_id: Arc::clone(&client.client_id) };
    let _guard = core.attach_lock(&key).lock().await;
    let expiry = connect.session_expiry.min(core.config.limits.session_expiry);
    let mut arriving = Some((link, connect.will.take()));
    let (session, origin) = loop {
        let (session, origin) = find(core, &key, connect.clean_start).await?;
        if take_over(core, &session, &mut arriving, expiry) {
            break (session, origin);
        }
    };
    core.sessions.insert(&session);
    if origin == Origin::New
        && expiry > 0
        && let Err(refusal) = may_begin(core, key.account).await
    {
        core.end_session(&session, None);
        return Err(refusal);
    }
    if origin != Origin::New {
        look_up_logs(core, &session, origin);
    }
    begin(&session);
    Ok(Attached { session, present: origin != Origin::New })
}

/// Asks the handler to allow one more persistent session. The new session is already among those in memory, so that of
/// several beginning at once none is missed.
async fn may_begin<H: Handler>(core: &Core<H>, account: u64) -> Result<(), Refusal> {
    let (mut held, mut unsaved) = (0, 0);
    for session in core.sessions.of(account) {
        let state = session.state.lock();
        if state.is_persistent() && !state.dead {
            held += 1;
            unsaved += usize::from(!state.stored);
        }
    }
    core.handler.may_begin_session(account, held, unsaved).await
}

/// Finds the session to use. The caller holds the key's lock, so no other connection finds it meanwhile; it may still
/// expire, which `take_over` checks.
async fn find<H: Handler>(
    core: &Arc<Core<H>>,
    key: &SessionKey,
    clean: bool,
) -> Result<(Arc<Session>, Origin), Refusal> {
    let fresh = || Arc::new(Session::new(key.clone(), core.unique()));
    if let Some(old) = core.sessions.get(key) {
        let (dead, persistent) = {
            let state = old.state.lock();
            (state.dead, state.is_persistent())
        };
        // A session that isn't persistent ends with its connection and isn't resumed [MQTT-3.1.2-6] of 3.1.1.
        if clean || !(dead || persistent) {
            replace(core, &old); // [MQTT-3.1.2-4]
            forget(core, key).await?;
            return Ok((fresh(), Origin::New));
        }
        if !dead {
            return Ok((old, Origin::Memory));
        }
    }
    if forget(core, key).await? {
        return Ok((fresh(), Origin::New));
    }
    match core.handler.load_session(key).await? {
        Some(stored) if clean || is_over(&stored) => {
            core.saver.forget(key.clone()).await?;
            Ok((fresh(), Origin::New))
        }
        Some(stored) => Ok((restore(core, fresh(), &stored)?, Origin::Stored)),
        None => Ok((fresh(), Origin::New)),
    }
}

/// Waits until a pending deletion of the stored session is durable, so that a crash cannot bring it back. Returns
/// whether one was pending.
async fn forget<H: Handler>(core: &Core<H>, key: &SessionKey) -> Result<bool, Refusal> {
    let ended = core.saver.is_forgetting(key);
    if ended {
        core.saver.forget(key.clone()).await?;
    }
    Ok(ended)
}

/// [MQTT-4.1.0-2] Returns whether a stored session has expired.
fn is_over(stored: &SessionState) -> bool {
    let ends = stored.header.left.map(|left| left.saturating_add(u64::from(stored.header.expiry)));
    stored.header.expiry != u32::MAX && ends.is_some_and(|ends| ends < unix_now())
}

/// Ends a session that is replaced because of a clean start.
fn replace<H: Handler>(core: &Arc<Core<H>>, old: &Arc<Session>) {
    let testament = old.state.lock().will.take();
    let close = Close { refusal: Refusal::new(0x8e, "session taken over"), will: false };
    core.end_session(old, Some(close));
    if let Some(testament) = testament {
        core.publish_will(*testament);
    }
}

/// Replaces the session's connection with the new one. Returns false if the session has ended since it was found.
fn take_over<H: Handler>(
    core: &Arc<Core<H>>,
    session: &Arc<Session>,
    arriving: &mut Option<(Link, Option<Box<Will>>)>,
    expiry: u32,
) -> bool {
    let (old_link, old_will) = {
        let mut state = session.state.lock();
        if state.dead {
            return false;
        }
        let Some((link, will)) = arriving.take() else { return false };
        let testament =
            will.map(|will| Testament { will: *will, client: Arc::clone(&link.client), session: session.id });
        core.wake_up(&mut state);
        (state.left, state.ends, state.will_due) = (None, None, None);
        if state.stored && !std::mem::replace(&mut state.dirty, true) {
            core.saver.mark(session);
        }
        state.last = link.client.connection;
        state.expiry = expiry;
        state.window.rewind();
        state.syncing = true;
        let old_link = state.link.replace(link);
        let old_will = std::mem::replace(&mut state.will, testament.map(Box::new));
        session.online.store(true, Ordering::Release);
        session.heard.store(core.clock.ticks(), Ordering::Relaxed);
        (old_link, old_will)
    };
    let Some(old_link) = old_link else { return true };
    core.unbuffer(old_link.counted);
    if let Some(waker) = old_link.waker {
        waker.wake();
    }
    // The old connection ended without DISCONNECT. A delayed will is not published, because the session is resumed
    // before the delay has passed [MQTT-3.1.3-9].
    if let Some(will) = old_will.filter(|testament| testament.will.delay == 0) {
        core.publish_will(*will);
    }
    true
}

/// Restores a session from its stored state. Its subscriptions count towards the account's limit again. If they exceed
/// it, the session is refused and stays stored, rather than being restored without some of them.
fn restore<H: Handler>(
    core: &Core<H>,
    session: Arc<Session>,
    stored: &SessionState,
) -> Result<Arc<Session>, Refusal> {
    let subscriptions = from_bytes(&stored.header.subscriptions).unwrap_or_else(|| {
        tracing::error!(client = %session.key.client_id, "stored subscriptions are unreadable");
        Vec::new()
    });
    {
        let mut router = core.router.write();
        let most = core.config.limits.subscriptions_per_account;
        if router.of_account(session.key.account) + subscriptions.len() > most {
            let reason = format!(
                "an account can have at most {most} subscriptions, and this session has {}; unsubscribe in another \
                 session",
                subscriptions.len()
            );
            return Err(Refusal::new(0x97, reason));
        }
        let mut state = session.state.lock();
        // Nothing live may be sent before the logs are looked up.
        state.syncing = true;
        for (topic, offset) in &stored.cursors {
            state.cursors.entry(core.logs.named(topic).id, *offset).unsaved = false;
        }
        state.cursors.saved_all();
        for subscription in &subscriptions {
            router.subscribe(&session, subscription);
        }
        state.subscriptions = subscriptions;
        state.received.clone_from(&stored.header.received);
        state.stored = true;
    }
    Ok(session)
}

/// Looks up the head of each log. Logs that are new to the session start at the first entry the account may read;
/// cursors of logs it may no longer read are removed.
fn look_up_logs<H: Handler>(core: &Core<H>, session: &Arc<Session>, origin: Origin) {
    let filters: Vec<Arc<str>> = {
        let logged = |s: &&Subscription| s.qos > Qos::AtMostOnce && s.parts().0.is_none();
        let state = session.state.lock();
        state.subscriptions.iter().filter(logged).map(|s| Arc::clone(&s.filter)).collect()
    };
    let mut readable = HashSet::new();
    for filter in filters {
        for head in core.handler.logs(session.key.account, &filter) {
            let log = core.logs.named(&head.topic);
            if !readable.insert(log.id) {
                continue;
            }
            let first = head.first.saturating_sub(1).min(head.head);
            let mut state = session.state.lock();
            let known = state.cursors.get_mut(log.id).is_some_and(|cursor| !cursor.fresh);
            let cursor = state.cursors.entry(log.id, first);
            if known && origin == Origin::Stored && !(first..=head.head).contains(&cursor.acked) {
                // Either the log was rewound (a restored backup), and its new entries must be delivered; or the account
                // had no access for a while, and entries from that time must not be.
                *cursor = Cursor::at(log.id, cursor.acked.clamp(first, head.head));
            } else if !known {
                // A live entry may just have created the cursor at its own offset.
                cursor.sent = cursor.sent.min(first);
                cursor.acked = cursor.acked.min(first);
                cursor.unsaved = true;
                cursor.fresh = false;
            }
            cursor.head = cursor.head.max(head.head);
        }
    }
    session.state.lock().cursors.retain(|cursor| cursor.fresh || readable.contains(&cursor.topic));
}

/// Starts live delivery, and queues the logs that the session is behind in.
fn begin(session: &Session) {
    let mut state = session.state.lock();
    state.syncing = false;
    let State { cursors, link, .. } = &mut *state;
    for cursor in cursors.iter_mut() {
        cursor.fresh = false;
        if cursor.is_behind()
            && let Some(link) = link
        {
            link.add_log(cursor.topic);
        }
    }
}
