//! Removes what a file reveals about its maker apart from the picture or film: where it was taken, with which camera,
//! thumbnails of parts that were cropped. Works on a stream, without decoding anything and without changing any length:
//! metadata is overwritten with zeros in place. Orientation and colour profile stay.
//!
//! Covers JPEG, PNG, WebP, MP4 and QuickTime. Files of other types, and files that do not follow their format, pass
//! unchanged.

mod exif;
mod film;
mod jpeg;
mod png;
mod webp;

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};

/// How many of a file's first bytes identify its format.
const SIGNATURE: usize = 12;

/// What to do with the next bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Release the held bytes, then hold this many.
    Hold(usize),
    /// Keep holding, up to this many bytes in total.
    HoldUpTo(usize),
    /// Pass this many bytes unchanged.
    Pass(u64),
    /// Replace this many bytes with zeros.
    Erase(u64),
    /// Pass bytes up to the next 0xFF, and hold that and the byte after it.
    Scan,
    /// Pass everything that follows.
    PassRest,
    /// Replace everything that follows with zeros.
    EraseRest,
}

/// What is found out about a picture on the way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Learnt {
    /// The EXIF orientation, 1 to 8; 5 to 8 swap width and height.
    pub orientation: Option<u8>,
    /// Width and height as coded, for formats whose parser reads them.
    pub sides: Option<(u32, u32)>,
}

impl Learnt {
    /// Whether the picture is displayed with a quarter turn.
    pub fn is_on_its_side(&self) -> bool {
        self.orientation.is_some_and(|orientation| orientation >= 5)
    }
}

/// The parser of a file format.
enum Format {
    Unknown,
    Jpeg(jpeg::Jpeg),
    Png(png::Png),
    Webp(webp::Webp),
    Film(film::Film),
}

impl Format {
    fn of(start: &[u8]) -> (Self, Step) {
        if start.starts_with(&[0xff, 0xd8, 0xff]) {
            return (Self::Jpeg(jpeg::Jpeg::default()), Step::Hold(2));
        }
        if start.starts_with(png::SIGNATURE) {
            return (Self::Png(png::Png::default()), Step::Hold(8));
        }
        if start.starts_with(b"RIFF") && start.get(8..12) == Some(b"WEBP") {
            return (Self::Webp(webp::Webp), Step::Hold(12));
        }
        if film::is_film(start) {
            return (Self::Film(film::Film::default()), Step::Hold(8));
        }
        (Self::Unknown, Step::PassRest)
    }

    /// Handles the bytes requested by `Hold` or `HoldUpTo`, and may change them.
    fn held(&mut self, held: &mut [u8], learnt: &mut Learnt) -> Step {
        match self {
            Self::Unknown => Step::PassRest,
            Self::Jpeg(jpeg) => jpeg.held(held, learnt),
            Self::Png(png) => png.held(held, learnt),
            Self::Webp(webp) => webp.held(held),
            Self::Film(film) => film.held(held),
        }
    }

    /// Continues after `Pass` or `Erase` is complete.
    fn gone_by(&mut self) -> Step {
        match self {
            Self::Unknown => Step::PassRest,
            Self::Jpeg(jpeg) => jpeg.gone_by(),
            Self::Png(png) => png.gone_by(),
            Self::Webp(_) => Step::Hold(8),
            Self::Film(film) => film.gone_by(),
        }
    }
}

/// A stream of a file without its metadata.
pub struct Cleaned<S> {
    body: S,
    cleaner: Cleaner,
    ended: bool,
}

impl<S> Cleaned<S> {
    /// Wraps the stream of a file.
    pub fn new(body: S) -> Self {
        Self { body, cleaner: Cleaner::default(), ended: false }
    }

    /// Returns what has been found out so far.
    pub fn learnt(&self) -> Learnt {
        self.cleaner.learnt
    }
}

impl<S: Stream<Item = Result<Bytes, E>> + Unpin, E> Stream for Cleaned<S> {
    type Item = Result<Bytes, E>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let next = ready!(self.body.poll_next_unpin(context));
        self.ended = next.is_none();
        Poll::Ready(Some(match next {
            Some(chunk) => chunk.map(|bytes| self.cleaner.feed(&bytes)),
            None => Ok(self.cleaner.finish()),
        }))
    }
}

/// Cleans one file.
#[derive(Default)]
struct Cleaner {
    walk: Option<(Format, Step)>,
    held: Vec<u8>,
    learnt: Learnt,
}

impl Cleaner {
    /// Accepts the next bytes and returns those that are clean. Some may be held back until more have arrived.
    fn feed(&mut self, bytes: &[u8]) -> Bytes {
        let mut clean = Vec::with_capacity(self.held.len() + bytes.len());
        let Some((mut format, mut step)) = self.walk.take() else {
            self.held.extend_from_slice(bytes);
            if self.held.len() >= SIGNATURE {
                self.walk = Some(Format::of(&self.held));
                let start = std::mem::take(&mut self.held);
                return self.feed(&start);
            }
            return Bytes::new();
        };
        let mut rest = bytes;
        while !rest.is_empty() {
            step = self.advance(&mut format, step, &mut rest, &mut clean);
        }
        self.walk = Some((format, step));
        clean.into()
    }

    /// Returns the bytes still held at the end of the file, erased if they may be truncated metadata.
    fn finish(&mut self) -> Bytes {
        let mut held = std::mem::take(&mut self.held);
        if held.len() > png::SIGNATURE.len() + SIGNATURE {
            held.fill(0);
        }
        held.into()
    }

    fn advance(&mut self, format: &mut Format, step: Step, rest: &mut &[u8], clean: &mut Vec<u8>) -> Step {
        match step {
            Step::Hold(wanted) | Step::HoldUpTo(wanted) => {
                let now = take(rest, (wanted - self.held.len()) as u64);
                self.held.extend_from_slice(now);
                if self.held.len() < wanted {
                    return step;
                }
                self.settle(format, clean)
            }
            Step::Pass(left) => {
                let now = take(rest, left);
                clean.extend_from_slice(now);
                after(format, Step::Pass(left - now.len() as u64))
            }
            Step::Erase(left) => {
                let now = take(rest, left).len();
                clean.resize(clean.len() + now, 0);
                after(format, Step::Erase(left - now as u64))
            }
            Step::Scan => {
                let plain = rest.iter().position(|byte| *byte == 0xff).unwrap_or(rest.len());
                clean.extend_from_slice(take(rest, plain as u64));
                if rest.is_empty() { Step::Scan } else { Step::Hold(2) }
            }
            Step::PassRest => {
                clean.extend_from_slice(take(rest, u64::MAX));
                step
            }
            Step::EraseRest => {
                clean.resize(clean.len() + rest.len(), 0);
                *rest = &[];
                step
            }
        }
    }

    /// Passes the held bytes to the format, and releases them unless it needs more.
    fn settle(&mut self, format: &mut Format, clean: &mut Vec<u8>) -> Step {
        let next = format.held(&mut self.held, &mut self.learnt);
        if let Step::HoldUpTo(more) = next
            && more > self.held.len()
        {
            return next;
        }
        clean.append(&mut self.held);
        after(format, next)
    }
}

/// Skips steps of zero length.
fn after(format: &mut Format, mut next: Step) -> Step {
    while matches!(next, Step::Pass(0) | Step::Erase(0)) {
        next = format.gone_by();
    }
    next
}

fn take<'a>(rest: &mut &'a [u8], most: u64) -> &'a [u8] {
    let now = usize::try_from(most).map_or(rest.len(), |most| most.min(rest.len()));
    let (taken, left) = rest.split_at(now);
    *rest = left;
    taken
}

#[cfg(test)]
mod tests;
