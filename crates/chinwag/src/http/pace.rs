//! Deadlines against deliberately slow clients: for a request's head, its body, and reading the response. A body and a
//! response may take any length of time as long as they make progress, because a phone may have bad reception.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// The time limit from connecting, or from a request's first byte, to the end of its head.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// While the server waits for a client, at least this many bytes of a body or response …
pub const PROGRESS_BYTES: usize = 16 * 1024;
/// … must be transferred within this time, or the transfer is aborted.
pub const PROGRESS_TIME: Duration = Duration::from_secs(20);

/// How fast the client makes progress. Only time spent waiting for the client counts.
#[derive(Default)]
struct Progress {
    bytes: usize,
    waited: Duration,
    since: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Progress {
    /// Records that `bytes` were transferred.
    fn moved(&mut self, bytes: usize) {
        if let Some(since) = self.since.take() {
            self.waited += since.elapsed();
        }
        self.bytes += bytes;
        if self.bytes >= PROGRESS_BYTES {
            (self.bytes, self.waited) = (0, Duration::ZERO);
        }
    }

    /// Records that nothing can be transferred now. Ready once that has lasted too long.
    fn stands(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(PROGRESS_TIME)));
        if self.since.is_none() {
            let now = Instant::now();
            self.since = Some(now);
            alarm.as_mut().reset(now + PROGRESS_TIME.saturating_sub(self.waited));
        }
        alarm.as_mut().poll(cx)
    }
}

/// The state that a connection and its requests share.
#[derive(Default)]
pub struct Requests {
    begun: AtomicU64,
    ended: AtomicU64,
    /// The connection no longer carries HTTP.
    upgraded: AtomicBool,
}

impl Requests {
    /// Records that a request's head has arrived. The request is in progress until the guard is dropped.
    pub fn begin(self: &Arc<Self>) -> UnderWay {
        self.begun.fetch_add(1, Ordering::Relaxed);
        UnderWay(Arc::clone(self))
    }

    /// Records an upgrade: from now on, the protocol that follows has deadlines of its own.
    pub fn upgraded(&self) {
        self.upgraded.store(true, Ordering::Relaxed);
    }
}

/// A guard for a request in progress.
pub struct UnderWay(Arc<Requests>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// A connection with deadlines for incoming request heads and outgoing responses.
pub struct Paced<S> {
    stream: S,
    requests: Arc<Requests>,
    /// The number of requests begun when the current head started to arrive.
    seen: u64,
    head: Option<Pin<Box<Sleep>>>,
    out: Progress,
}

impl<S> Paced<S> {
    /// Wraps a new connection: the deadline for the first head starts now.
    pub fn new(stream: S, requests: Arc<Requests>) -> Self {
        let head = Some(Box::pin(sleep(HEAD_TIMEOUT)));
        Self { stream, requests, seen: 0, head, out: Progress::default() }
    }

    /// Whether a request head is still incomplete after its deadline.
    fn head_is_late(&mut self, cx: &mut Context<'_>) -> bool {
        if self.requests.upgraded.load(Ordering::Relaxed) {
            return false;
        }
        self.head.as_mut().is_some_and(|head| head.as_mut().poll(cx).is_ready())
    }

    fn written(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => self.out.moved(bytes),
            Poll::Pending if !self.requests.upgraded.load(Ordering::Relaxed) => {
                ready!(self.out.stands(cx));
                return Poll::Ready(Err(too_slow("the client does not read the response")));
            }
            _ => {}
        }
        written
    }
}

fn too_slow(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        let (begun, ended) =
            (self.requests.begun.load(Ordering::Relaxed), self.requests.ended.load(Ordering::Relaxed));
        if begun != self.seen {
            self.seen = begun;
            self.head = None;
        }
        if read.is_ready() {
            if self.head.is_none() && begun == ended && buf.filled().len() > before {
                self.head = Some(Box::pin(sleep(HEAD_TIMEOUT)));
            }
        } else if self.head_is_late(cx) {
            return Poll::Ready(Err(too_slow("the head of a request took too long")));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.written(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.written(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        let flushed = flushed.map(|flushed| flushed.map(|()| 0));
        self.written(cx, flushed).map_ok(drop)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closed = Pin::new(&mut self.stream).poll_shutdown(cx);
        let closed = closed.map(|closed| closed.map(|()| 0));
        self.written(cx, closed).map_ok(drop)
    }
}

/// The error for a body that arrived too slowly.
#[derive(Debug, thiserror::Error)]
#[error(
    "the request arrived too slowly, less than {PROGRESS_BYTES} bytes in {} s; send it again when the connection is better",
    PROGRESS_TIME.as_secs()
)]
pub struct TooSlow;

/// A request body that must keep making progress.
pub struct Timely<B> {
    body: B,
    progress: Progress,
}

impl<B> Timely<B> {
    /// Wraps a body.
    pub fn new(body: B) -> Self {
        Self { body, progress: Progress::default() }
    }
}

impl<B> Body for Timely<B>
where
    B: Body<Data = Bytes, Error = hyper::Error> + Unpin,
{
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(frame) => {
                let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
                self.progress.moved(data.map_or(0, Bytes::len));
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending => {
                ready!(self.progress.stands(cx));
                Poll::Ready(Some(Err(TooSlow.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A response body that holds a value until it is sent completely.
pub struct Holding<B, H> {
    body: B,
    _held: H,
}

impl<B, H> Holding<B, H> {
    /// Keeps `held` alive as long as `body`.
    pub fn new(body: B, held: H) -> Self {
        Self { body, _held: held }
    }
}

impl<B: Body + Unpin, H: Unpin> Body for Holding<B, H> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
