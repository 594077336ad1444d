//! The public API of the broker.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

use crate::connection::{forget_unwanted, stopping};
use crate::core::Core;
use crate::listen::{Port, accept, accepted};
use crate::session::{Close, Queued, acked};
use crate::{
    Client, Config, Handler, Identity, LogEntry, Message, Refusal, RefusalCount, SessionKey, Stats, TlsConfig,
};

/// An MQTT broker around a [`Handler`]. Cheap to clone.
pub struct Broker<H: Handler> {
    core: Arc<Core<H>>,
    started: Arc<AtomicBool>,
}

impl<H: Handler> Clone for Broker<H> {
    fn clone(&self) -> Self {
        Self { core: Arc::clone(&self.core), started: Arc::clone(&self.started) }
    }
}

impl<H: Handler> Broker<H> {
    /// Creates a broker without listeners.
    pub fn new(handler: Arc<H>, config: Config) -> Self {
        Self { core: Arc::new(Core::new(handler, config)), started: Arc::default() }
    }

    /// Starts the broker's background tasks, on the first call only.
    fn start(&self) {
        if !self.started.swap(true, Ordering::AcqRel) {
            self.core.start();
        }
    }

    async fn serve(&self, listener: TcpListener, tls: Option<TlsConfig>, websocket: bool) {
        self.start();
        accept(Arc::clone(&self.core), listener, Port { tls, websocket }).await;
    }

    /// Serves MQTT over TCP until [`Broker::shutdown`].
    pub async fn serve_tcp(&self, listener: TcpListener) {
        self.serve(listener, None, false).await;
    }

    /// Serves MQTT over WebSocket (at any path, subprotocol `mqtt`) until [`Broker::shutdown`].
    pub async fn serve_ws(&self, listener: TcpListener) {
        self.serve(listener, None, true).await;
    }

    /// Serves MQTT over TLS until [`Broker::shutdown`].
    pub async fn serve_tls(&self, listener: TcpListener, tls: TlsConfig) {
        self.serve(listener, Some(tls), false).await;
    }

    /// Serves MQTT over WebSocket over TLS until [`Broker::shutdown`].
    pub async fn serve_wss(&self, listener: TcpListener, tls: TlsConfig) {
        self.serve(listener, Some(tls), true).await;
    }

    /// Serves one connection that carries WebSocket frames and whose HTTP upgrade the caller has already answered;
    /// `identity` is the identity that request established, if any. Returns when the connection has ended.
    pub async fn serve_upgraded<S>(&self, io: S, address: SocketAddr, identity: Option<Identity>)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.start();
        accepted(Arc::clone(&self.core), io, address, identity, true).await;
    }

    /// Serves one connection that carries plain MQTT, on a stream that the caller has already accepted. Returns when
    /// the connection has ended.
    pub async fn serve_stream<S>(&self, io: S, address: SocketAddr)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.start();
        accepted(Arc::clone(&self.core), io, address, None, false).await;
    }

    /// Routes a message to the current subscribers of its topic. With `retain` it is also stored for later subscribers;
    /// an empty payload then deletes the stored message.
    pub fn publish(&self, message: Message) {
        self.core.publish(message, None);
    }

    /// Routes a message to the sessions of one account that subscribe to its topic.
    pub fn publish_to(&self, account: u64, message: Message) {
        self.core.publish_to(account, message);
    }

    /// Announces a new entry of a log; it must be readable through [`Handler::read_log`] already.
    pub fn publish_log(&self, entry: LogEntry) {
        self.core.publish_log(std::slice::from_ref(&entry));
    }

    /// Announces new entries. Each is encoded once per kind of subscriber, and each subscriber is woken once.
    pub fn publish_log_batch(&self, entries: &[LogEntry]) {
        self.core.publish_log(entries);
    }

    /// Replaces the content of log entries that were announced before, e.g. when a message is erased. Each entry keeps
    /// its topic and offset and carries the message that [`Handler::read_log`] already returns. Once this returns, the
    /// old content is no longer encoded for any client, whether it is up to date, behind, resuming or receiving a
    /// retransmission with DUP; pages of these logs that were read or are being read are read again. Data already
    /// encoded into a connection's outgoing buffer counts as sent. Retained messages and wills are not entries of a log
    /// and are not replaced.
    ///
    /// The first announcement of an entry must have returned before the entry is replaced. Each call visits every
    /// session once, so replace several entries in one call where possible.
    pub fn replace(&self, entries: &[LogEntry]) {
        self.core.replace(entries);
    }

    /// Records that this client published a log entry that is not announced yet, so that it is not delivered to the
    /// client's No Local subscriptions. Remembered as long as the session is in memory.
    pub fn sent_by(&self, client: &Client, topic: &Arc<str>, offset: u64) {
        let key = SessionKey { account: client.identity.account, client_id: Arc::clone(&client.client_id) };
        if let Some(session) = self.core.sessions.get(&key) {
            session.state.lock().sent(self.core.logs.named(topic).id, offset);
        }
    }

    /// Closes those live connections of an account for which `which` returns true: MQTT 5 clients get DISCONNECT with
    /// the refusal, 3.1.1 clients are just disconnected. Wills are passed to [`Handler::publish`] as usual.
    pub fn kick_where(&self, account: u64, which: impl Fn(&Client) -> bool, refusal: &Refusal) {
        for session in self.core.sessions.of(account) {
            session.close_if(&which, Close { refusal: refusal.clone(), will: true });
        }
    }

    /// Ends all sessions of an account, including those of offline clients, and closes their connections as
    /// [`Broker::kick_where`] does; wills are not published.
    pub fn end_sessions(&self, account: u64, refusal: &Refusal) {
        for session in self.core.sessions.of(account) {
            let close = Close { refusal: refusal.clone(), will: false };
            self.core.end_session(&session, Some(close));
        }
    }

    /// Withdraws an account's access to `topic`: its cursors there are deleted, queued messages are dropped, and a
    /// subscription to exactly this topic is removed. (Wildcard subscriptions stay: [`Handler::may_read`] guards them.)
    pub fn revoke(&self, account: u64, topic: &str) {
        let log = self.core.logs.find(topic).map(|log| log.id);
        for session in self.core.sessions.of(account) {
            let mut router = self.core.router.write();
            let mut guard = session.state.lock();
            let state = &mut *guard;
            while let Some(index) = state.subscriptions.iter().position(|s| s.parts().1 == topic) {
                let subscription = state.subscriptions.swap_remove(index);
                router.unsubscribe(&session, &subscription);
            }
            drop(router);
            if let Some(log) = log {
                let cursors = &mut state.cursors;
                state.window.forget_log(log, |body| {
                    acked(cursors, &body);
                });
                state.cursors.remove(log);
            }
            forget_unwanted(state, &self.core, &[topic.into()]);
            state.queue.retain(|queued| *queued.published.message.topic != *topic);
            state.queued_bytes = state.queue.iter().map(Queued::bytes).sum();
            if state.is_persistent() && !std::mem::replace(&mut state.dirty, true) {
                self.core.saver.mark(&session);
            }
        }
    }

    /// Returns the number of live connections of an account.
    pub fn connections(&self, account: u64) -> usize {
        self.core.sessions.of(account).iter().filter(|session| session.is_online()).count()
    }

    /// Returns counters since the start, and current gauges.
    pub fn stats(&self) -> Stats {
        let counters = &self.core.counters;
        Stats {
            connections: counters.connections.load(Ordering::Relaxed),
            accepted: counters.accepted.load(Ordering::Relaxed),
            refused: counters.refused.load(Ordering::Relaxed),
            sessions: self.core.sessions.len() as u64,
            subscriptions: self.core.router.read().len() as u64,
            retained: self.core.retained.read().len() as u64,
            received: counters.received.load(Ordering::Relaxed),
            delivered: counters.delivered.load(Ordering::Relaxed),
            dropped: counters.dropped.load(Ordering::Relaxed),
            skipped: counters.skipped.load(Ordering::Relaxed),
            buffered_bytes: self.core.buffered() as u64,
        }
    }

    /// Returns the number of refusals since the start, by packet and reason code.
    pub fn refusals(&self) -> Vec<RefusalCount> {
        self.core.refusals.counts()
    }

    /// Stops accepting connections, sends DISCONNECT 0x8B to every MQTT 5 client, flushes for at most `grace`, and
    /// saves sessions. Wills are not published, since it is the server that ends the connections.
    pub async fn shutdown(&self, grace: Duration) {
        self.core.stopping.send_replace(true);
        let sessions = self.core.sessions.all();
        for session in &sessions {
            session.close(stopping());
        }
        let start = Instant::now();
        while self.core.counters.connections.load(Ordering::Relaxed) > 0 && start.elapsed() < grace {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for session in &sessions {
            let mut state = session.state.lock();
            if state.is_persistent() && !state.dead && !std::mem::replace(&mut state.dirty, true) {
                self.core.saver.mark(session);
            }
        }
        self.core.save().await;
    }
}
