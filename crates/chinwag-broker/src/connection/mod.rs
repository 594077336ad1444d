//! One connection: one task, which reads, lets the handler decide, and writes what has gathered.
//!
//! The task holds no buffer while nothing happens: bytes are read into a scratch buffer of the thread, and the
//! outgoing buffer exists only while there is something in it. Whatever takes long (a CONNECT, a SUBSCRIBE, a
//! page of a log) is a boxed future beside the loop, so that the resting task is small.

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

/// A byte stream with MQTT or WebSocket frames on it.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for S {}

/// What a listener knows of a connection before its CONNECT.
pub(crate) struct Arrival {
    pub address: SocketAddr,
    pub identity: Option<Identity>,
    pub certificate: Option<bytes::Bytes>,
    pub ws: Option<Box<Ws>>,
    /// Bytes read already.
    pub early: Vec<u8>,
    pub place: Place,
}

/// Something slow that one packet asked for. While it runs, nothing more is read.
enum Task {
    /// The handler takes its time over the PUBLISH with this packet id (0 for QoS 0). Dropped with the connection.
    Publish(u16, Pin<Box<dyn Future<Output = Pending> + Send>>),
    /// A SUBSCRIBE or UNSUBSCRIBE. It runs to its end even without the connection.
    Subscribe(Pin<Box<dyn Future<Output = ()> + Send>>),
}

/// A connection after its CONNECT.
struct Connection<H: Handler, S> {
    core: Arc<Core<H>>,
    session: Arc<Session>,
    client: Arc<Client>,
    io: S,
    ws: Option<Box<Ws>>,
    /// Bytes read and not yet taken: the beginning of a packet, or more packets while reading is held back.
    partial: Vec<u8>,
    /// Being written; the first `written` bytes are gone.
    writing: Vec<u8>,
    written: usize,
    /// How much of `writing` the broker-wide count has.
    counted: usize,
    /// Answers to what was read, for the next write.
    reply: Vec<u8>,
    /// Publishes whose outcome is awaited, in order.
    acks: VecDeque<Pending>,
    /// How many of the client's QoS 1 and 2 publishes are unacknowledged [MQTT-3.3.4-7].
    unacknowledged: u16,
    task: Option<Task>,
    skipping: Option<Box<Skipping>>,
    page: Option<Box<Page>>,
    /// The client's topic aliases; alias 1 is at 0.
    aliases: Vec<Option<Arc<str>>>,
    /// For its PUBLISHes.
    publishes: Pace,
    /// For the filters of SUBSCRIBE and UNSUBSCRIBE.
    filters: Pace,
    /// Since it was last idle, it has let those go first that were woken with it; see `Connection::parse`.
    has_yielded: bool,
    /// It does so right now.
    yields: bool,
    /// The largest packet that may have a reason in words; 0 if the client wants none.
    words: u32,
    /// It is a bridge: each of its subscriptions is one with No Local and Retain As Published.
    bridge: bool,
    /// Written since the last flush.
    unflushed: bool,
    /// Its place in the limits, given back with it.
    place: Place,
}

/// Why a connection ended.
#[derive(Debug)]
enum End {
    /// The peer went away, or the stream failed.
    Lost,
    /// DISCONNECT.
    Left { code: u8, session_expiry: Option<u32> },
    /// The client broke a rule.
    Fault(Fault),
    /// The WebSocket ended, or broke a rule.
    WebSocket(u16),
    /// The broker ends it.
    Closed(Close),
    /// Another connection took the session over.
    Replaced,
}

impl From<Fault> for End {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Serves a connection from its first byte to its last.
pub(crate) async fn serve<H: Handler, S: Stream>(core: Arc<Core<H>>, io: S, arrival: Arrival) {
    // Boxed, so that what CONNECT needs is given back when it is over.
    let Some(mut connection) = Box::pin(establish::establish(core, io, arrival)).await else { return };
    let end = poll_fn(|context| connection.poll(context)).await;
    Box::pin(connection.close(end)).await;
}

impl<H: Handler, S: Stream> Connection<H, S> {
    /// Does all that can be done now.
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

    /// One round, in which each part finds what those before it have done; whether another one has something to do.
    fn step(&mut self, context: &mut Context<'_>) -> Result<bool, End> {
        self.poll_task(context);
        self.poll_input(context)?;
        let held_back = self.is_held_back();
        self.poll_acks(context)?;
        self.poll_page(context);
        self.poll_output(context)?;
        // A client may be read on that was held back by acknowledgements it was owed, or by what it had yet to take.
        Ok(self.has_new_page() || held_back && !self.is_held_back())
    }

    /// Starts a task. One that needs no time is done at once; only one that does is kept.
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

/// Holds back what a client asks for too often.
async fn pause(wait: Duration) {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}
