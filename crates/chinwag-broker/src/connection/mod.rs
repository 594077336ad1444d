//! A connection: one task that reads, calls the handler, and writes the data that has accumulated.
//!
//! An idle task holds no buffer: bytes are read into a scratch buffer of the thread, and the outgoing buffer exists
//! only while it has data. Slow operations (CONNECT, SUBSCRIBE, reading a page of a log) are boxed futures outside the
//! main loop, so that an idle task is small.

mod close;
mod establish;
mod input;
mod output;
mod pages;
mod publish;
mod resume;
mod subscribe;

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::codec::Fault;
use crate::core::Core;
use crate::gate::Place;
use crate::pace::Pace;
use crate::session::{Close, Session};
use crate::transport::Ws;
use crate::{Client, Handler, Identity};
pub(crate) use establish::stopping;
use pages::Page;
use publish::{Pending, Skipping};
pub(crate) use subscribe::forget_unwanted;

/// A byte stream that carries MQTT or WebSocket frames.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for S {}

/// What the listener knows about a connection before its CONNECT.
pub(crate) struct Arrival {
    pub address: SocketAddr,
    pub identity: Option<Identity>,
    pub certificate: Option<bytes::Bytes>,
    pub ws: Option<Box<Ws>>,
    /// Bytes already read.
    pub early: Vec<u8>,
    pub place: Place,
}

/// A slow operation requested by a packet. While it runs, nothing more is read.
enum Task {
    /// The handler is still accepting the PUBLISH with this packet id (0 for QoS 0). Dropped with the connection.
    Publish(u16, Pin<Box<dyn Future<Output = Pending> + Send>>),
    /// A SUBSCRIBE or UNSUBSCRIBE. It runs to completion even if the connection ends.
    Subscribe(Pin<Box<dyn Future<Output = ()> + Send>>),
}

/// A connection after its CONNECT.
struct Connection<H: Handler, S> {
    core: Arc<Core<H>>,
    session: Arc<Session>,
    client: Arc<Client>,
    io: S,
    ws: Option<Box<Ws>>,
    /// Bytes read and not yet handled: the beginning of a packet, or more packets while reading is suspended.
    partial: Vec<u8>,
    /// The data being written; the first `written` bytes are done.
    writing: Vec<u8>,
    written: usize,
    /// How many bytes of `writing` are included in the broker-wide count.
    counted: usize,
    /// Answers to packets read, for the next write.
    reply: Vec<u8>,
    /// Publishes waiting for their outcome, in order.
    acks: VecDeque<Pending>,
    /// How many of the client's QoS 1 and 2 publishes are unacknowledged [MQTT-3.3.4-7].
    unacknowledged: u16,
    task: Option<Task>,
    skipping: Option<Box<Skipping>>,
    page: Option<Box<Page>>,
    /// The client's topic aliases; alias 1 is at index 0.
    aliases: Vec<Option<Arc<str>>>,
    /// Rate limit for its PUBLISHes.
    publishes: Pace,
    /// Rate limit for the filters of SUBSCRIBE and UNSUBSCRIBE.
    filters: Pace,
    /// Whether it has yielded to other woken tasks since it was last idle; see `Connection::parse`.
    has_yielded: bool,
    /// Whether it is yielding right now.
    yields: bool,
    /// The largest packet that may explain a refusal, in bytes; 0 if the client wants no explanations.
    words: u32,
    /// Whether the client is a bridge: all its subscriptions get No Local and Retain As Published.
    bridge: bool,
    /// Whether data was written since the last flush.
    unflushed: bool,
    /// Its place in the connection limits, released when dropped.
    place: Place,
}

/// Why a connection ended.
#[derive(Debug)]
enum End {
    /// The peer closed the connection, or the stream failed.
    Lost,
    /// The client sent DISCONNECT.
    Left { code: u8, session_expiry: Option<u32> },
    /// The client violated the protocol.
    Fault(Fault),
    /// The WebSocket ended with this close code, or violated the protocol.
    WebSocket(u16),
    /// The broker closed it.
    Closed(Close),
    /// Another connection took over the session.
    Replaced,
}

impl From<Fault> for End {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Serves a connection from accepting it to its end.
pub(crate) async fn serve<H: Handler, S: Stream>(core: Arc<Core<H>>, io: S, arrival: Arrival) {
    // Boxed, so that the memory needed for CONNECT is freed afterwards.
    let Some(mut connection) = Box::pin(establish::establish(core, io, arrival)).await else { return };
    let end = poll_fn(|context| connection.poll(context)).await;
    Box::pin(connection.close(end)).await;
}

impl<H: Handler, S: Stream> Connection<H, S> {
    /// Does everything that can be done without waiting.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<End> {
        self.yields = false;
        loop {
            match self.step(context) {
                Ok(true) => {}
                Ok(false) => return Poll::Pending,
                Err(end) => return Poll::Ready(end),
            }
        }
    }

    /// Runs each part once, in an order that lets it see the results of the ones before it. Returns whether another
    /// round has something to do.
    fn step(&mut self, context: &mut Context<'_>) -> Result<bool, End> {
        self.poll_task(context);
        self.poll_input(context)?;
        let held_back = self.is_held_back();
        self.poll_acks(context)?;
        self.poll_page(context);
        self.poll_output(context)?;
        // A client may be read again if what held it back was pending acknowledgements or unwritten data.
        Ok(self.has_new_page() || held_back && !self.is_held_back())
    }

    /// Starts a task and polls it once; it is kept only if it isn't finished.
    fn begin(&mut self, task: Task, context: &mut Context<'_>) {
        self.task = Some(task);
        self.poll_task(context);
    }

    fn poll_task(&mut self, context: &mut Context<'_>) {
        match &mut self.task {
            None => return,
            Some(Task::Publish(_, publish)) => match publish.as_mut().poll(context) {
                Poll::Pending => return,
                Poll::Ready(pending) => self.acks.push_back(pending),
            },
            Some(Task::Subscribe(request)) => {
                if request.as_mut().poll(context).is_pending() {
                    return;
                }
            }
        }
        self.task = None;
    }
}

/// Delays a client that exceeds its rate limit.
async fn pause(wait: Duration) {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}
