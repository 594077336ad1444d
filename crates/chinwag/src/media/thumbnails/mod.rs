//! Thumbnails of pictures: made when they are first asked for, one picture at a time, and stored beside the upload.

mod draw;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chinwag_protocol::{Attachment, ErrorCode, Reason, Refused, limits};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Media, hidden};
use crate::store::{SetThumbnails, StoredMedia};
use draw::Drawn;

/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(20);

/// The sizes of thumbnails: how long the longest side is at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Size {
    /// For messages.
    #[serde(rename = "480")]
    Small,
    /// For looking at a picture.
    #[serde(rename = "1200")]
    Large,
}

impl Size {
    /// All sizes.
    pub const ALL: [Self; 2] = [Self::Small, Self::Large];

    /// Returns the longest side in pixels.
    pub fn pixels(self) -> u32 {
        match self {
            Self::Small => limits::THUMBNAIL_SMALL,
            Self::Large => limits::THUMBNAIL_LARGE,
        }
    }
}

/// What to show as a thumbnail.
pub enum Thumbnail {
    /// This file, a JPEG or PNG.
    Drawn(Bytes),
    /// The picture itself: it is not larger.
    Itself,
}

/// Draws one picture at a time.
#[derive(Clone)]
pub struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl Turns {
    async fn next(&self) -> Result<OwnedSemaphorePermit, Refused> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.0).acquire_owned()).await;
        let busy = || {
            Refused::new(
                ErrorCode::Unavailable,
                "too many thumbnails are being made at the moment; try again later",
            )
        };
        turn.ok().and_then(Result::ok).ok_or_else(busy)
    }
}

/// Returns the refusal for a file that has no thumbnails.
fn none() -> Refused {
    Refused { detail: "this file has no thumbnails; fetch it without a size".into(), ..Reason::NoFile.into() }
}

/// Whether the picture itself serves as its thumbnail of this size.
fn is_small_enough(media: &Attachment, size: Size) -> Result<bool, Refused> {
    let format = draw::format(&media.media_type).ok_or_else(none)?;
    let (width, height) = media.width.zip(media.height).ok_or_else(none)?;
    Ok(width.max(height) <= size.pixels() && !draw::may_move(format))
}

impl Media {
    /// Returns the thumbnail of an upload. It is made now if there is none yet.
    pub async fn thumbnail(self: &Arc<Self>, found: &StoredMedia, size: Size) -> Result<Thumbnail, Refused> {
        if found.thumbnails == Some(0) {
            return Err(none());
        }
        if is_small_enough(&found.media, size)? {
            return Ok(Thumbnail::Itself);
        }
        if let Some(file) = self.place.thumbnail(&found.media.id, size).await? {
            return Ok(Thumbnail::Drawn(file));
        }
        let (media, id) = (Arc::clone(self), found.media.id.clone());
        // It goes on when the caller has gone: the next one needs it as well.
        let made = tokio::spawn(async move { media.make_thumbnails(id, size).await });
        made.await.map_err(|_| Refused::from(ErrorCode::Internal))?.map(Thumbnail::Drawn)
    }

    async fn make_thumbnails(&self, id: String, size: Size) -> Result<Bytes, Refused> {
        let _turn = self.turns.next().await?;
        let found = self.store.reader().media(id.clone()).await?.ok_or_else(hidden)?;
        if found.thumbnails == Some(0) {
            return Err(none());
        }
        // Whoever had the turn before may have made it.
        if let Some(file) = self.place.thumbnail(&id, size).await? {
            return Ok(file);
        }
        let format = draw::format(&found.media.media_type).ok_or_else(none)?;
        let file = self.place.whole(&id).await?;
        // A decoder that panics has found a picture that cannot be decoded.
        let drawn = tokio::task::spawn_blocking(move || draw::draw(file, format)).await.ok().flatten();
        let drawn = drawn.unwrap_or_default();
        let Some(wanted) = drawn.get(size) else {
            self.store.write(SetThumbnails { id, bytes: 0 }).await?;
            return Err(none());
        };
        self.keep_thumbnails(id, &drawn).await?;
        Ok(wanted)
    }

    /// Stores the thumbnails of an upload, unless it is deleted in the meantime.
    async fn keep_thumbnails(&self, id: String, drawn: &Drawn) -> Result<(), Refused> {
        let files = || Size::ALL.into_iter().filter_map(|size| Some((size, drawn.get(size)?)));
        let bytes = files().map(|(_, file)| file.len() as u64).sum();
        let mut arriving = self.quota.begin();
        arriving.take(bytes)?;
        if !self.store.write(SetThumbnails { id: id.clone(), bytes }).await? {
            return Err(hidden());
        }
        for (size, file) in files() {
            self.place.put_thumbnail(&id, size, file).await?;
        }
        // Whoever deleted the upload meanwhile may have looked for thumbnails before they were there.
        if self.store.reader().media(id.clone()).await?.is_none() {
            self.place.remove(&id).await;
            return Err(hidden());
        }
        arriving.keep();
        Ok(())
    }
}
