//! Uploaded files: streamed to storage, typed by their content, never run by a browser.

pub mod address;
mod metadata;
mod name;
mod place;
mod quota;
mod thumbnails;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use chinwag_protocol::{Attachment, MediaId, Reason, Refused, limits};
use futures_util::Stream;
use futures_util::stream::BoxStream;

use crate::access;
use crate::accounts::sign_in::SignedIn;
use crate::clock;
use crate::directory::{AccountEntry, Directory};
use crate::rates::Rates;
use crate::store::{AccountId, AddMedia, ForgetMedia, NewMedia, Store, StoredMedia};
use address::{Signature, Signer};
pub use place::{Place, Received};
pub use quota::Quota;
use thumbnails::Turns;
pub use thumbnails::{Size, Thumbnail};

/// Uploads that no message refers to are removed after this time.
const UNUSED_MILLISECONDS: i64 = 24 * 60 * 60 * 1000;

/// How often to repeat the count of all uploads' bytes when uploads are stored in between.
const COUNTS: usize = 3;

/// Types that a browser may display, because it does not run them. Everything else is only downloaded.
const SHOWN: &[&str] = &[
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "video/mp4",
    "video/webm",
    "audio/mpeg",
    "audio/ogg",
    "audio/x-wav",
    "audio/m4a",
    "audio/x-flac",
];

/// Whether a browser may display this type inline.
pub fn is_shown(media_type: &str) -> bool {
    SHOWN.contains(&media_type)
}

/// Uploaded files, with access control and the quota.
pub struct Media {
    store: Store,
    directory: Arc<Directory>,
    rates: Arc<Rates>,
    place: Place,
    quota: Quota,
    signer: Signer,
    turns: Turns,
}

impl Media {
    /// Creates it with storage in `place`, limited by `quota`.
    pub fn new(
        store: Store,
        directory: Arc<Directory>,
        rates: Arc<Rates>,
        place: Place,
        quota: Quota,
    ) -> Self {
        let signer = Signer::new(store.broker_secret());
        Self { store, directory, rates, place, quota, signer, turns: Turns::default() }
    }

    /// Returns the quota and its usage.
    pub fn quota(&self) -> &Quota {
        &self.quota
    }

    /// Counts the bytes of all uploads and thumbnails again. Gives up until the next round if uploads keep being stored meanwhile.
    pub async fn count(&self) -> Result<(), Refused> {
        for _ in 0..COUNTS {
            let uploads = self.quota.uploads();
            let stored = self.store.reader().media_bytes().await?;
            if self.quota.count(uploads, stored) {
                break;
            }
        }
        Ok(())
    }

    /// Removes old leftovers of interrupted uploads.
    pub fn clean(&self) -> std::io::Result<()> {
        self.place.clean()
    }

    /// Whether all servers share the storage.
    pub fn is_shared(&self) -> bool {
        self.place.is_shared()
    }

    /// Stores an upload. The sender's credential must stay valid until all of it has arrived.
    pub async fn upload<E: std::fmt::Display>(
        &self,
        SignedIn { account, credential }: SignedIn,
        name: &str,
        body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<Attachment, Refused> {
        self.rates.upload(account)?;
        let signed_in = || credential.check(&self.directory, account);
        let mut arriving = self.quota.begin();
        let take = |bytes| signed_in().and_then(|()| arriving.take(bytes));
        let id = uuid::Uuid::new_v4().simple().to_string();
        let add = |media: Attachment| self.store.write(AddMedia(NewMedia { account, media }));
        // The row comes first: whatever fails from here on, unused uploads are removed by their rows, and their files
        // with them. A file without a row would stay forever.
        add(describe(id.clone(), name, &Received::default(), metadata::Learnt::default())).await?;
        let mut clean = metadata::Cleaned::new(body);
        let arrived = match self.place.receive(account, &id, &mut clean, take).await {
            Ok(received) => {
                let media = describe(id.clone(), name, &received, clean.learnt());
                // Finishing the file may have taken a while.
                match signed_in() {
                    Ok(()) => add(media.clone()).await.map(|_| media),
                    Err(refused) => Err(refused),
                }
            }
            Err(refused) => Err(refused),
        };
        if arrived.is_err() && self.store.write(ForgetMedia(vec![id.clone()])).await.is_ok() {
            self.place.remove(&id).await;
        }
        if arrived.is_ok() {
            arriving.keep();
        }
        arrived
    }

    /// Returns an upload, if the account uploaded it or is a member of a room in which it was posted.
    pub async fn find(&self, account: &AccountEntry, id: &MediaId) -> Result<StoredMedia, Refused> {
        let found = self.store.reader().media(id.to_string()).await?;
        found.filter(|found| self.may_read(account.id, found)).ok_or_else(hidden)
    }

    fn may_read(&self, account: AccountId, found: &StoredMedia) -> bool {
        found.account == account
            || found.rooms.iter().any(|room| {
                let topic = self.directory.with_room_key(*room, |room| room.topic.clone());
                topic.is_some_and(|topic| access::take_part(&self.directory, account, &topic).is_ok())
            })
    }

    /// Returns signed addresses of those of the uploads that the account may read, by their ids; and when they expire, in
    /// milliseconds since 1970.
    pub async fn addresses(
        &self,
        signed_in: SignedIn,
        ids: &[MediaId],
    ) -> Result<(BTreeMap<String, String>, i64), Refused> {
        let found = self.store.reader().several_media(ids.iter().map(MediaId::to_string).collect()).await?;
        let expires = address::expiry(clock::now() / 1000);
        let mut addresses = BTreeMap::new();
        for found in found.iter().filter(|found| self.may_read(signed_in.account, found)) {
            let address = self.signer.address(&found.media.id.parse()?, signed_in, expires)?;
            addresses.insert(found.media.id.clone(), address);
        }
        Ok((addresses, expires * 1000))
    }

    /// Returns the account for which an address of this upload was signed, and for how many seconds it is still valid.
    /// Refused if it has expired, or the credential with which it was asked for has ended. Whether the account may still
    /// read the upload is up to [`Media::find`].
    pub async fn signed(&self, id: &MediaId, asked: &Signature) -> Result<(AccountEntry, i64), Refused> {
        let now = clock::now() / 1000;
        let (SignedIn { account, credential }, expires) = self.signer.check(id, asked, now)?;
        if !credential.holds(&self.directory, account) {
            // The credential may have been created on another server just now.
            self.store.refresh().await;
        }
        let entry = self.directory.account(account).filter(|_| credential.holds(&self.directory, account));
        let ended = || address::refused("the sign-in for which this address was made has ended");
        Ok((entry.ok_or_else(ended)?, expires - now))
    }

    /// Returns the bytes of an upload, or a range of them.
    pub async fn read(
        &self,
        found: &StoredMedia,
        range: Option<Range<u64>>,
    ) -> Result<BoxStream<'static, object_store::Result<Bytes>>, Refused> {
        self.place.read(&found.media.id, range).await
    }

    /// Removes uploads that were never sent in a message, and what is left of those in deleted messages.
    pub async fn remove_unused(&self) -> Result<(), Refused> {
        self.remove(self.store.reader().media_to_delete().await?).await;
        let before = clock::now() - UNUSED_MILLISECONDS;
        let unused = self.store.reader().unused_media(before).await?;
        if unused.is_empty() {
            return Ok(());
        }
        self.store.write(ForgetMedia(unused.clone())).await?;
        for id in unused {
            // It may have been sent in a message in the meantime; then it stays.
            if self.store.reader().media(id.clone()).await?.is_none() {
                self.place.remove(&id).await;
            }
        }
        Ok(())
    }

    /// Removes uploads of deleted messages, to which nothing refers any more. Files are deleted before their rows, so
    /// that a crash leaves no file without a row.
    pub async fn remove(&self, ids: Vec<String>) {
        if ids.is_empty() {
            return;
        }
        for id in &ids {
            self.place.remove(id).await;
        }
        if let Err(refused) = self.store.write(ForgetMedia(ids)).await {
            tracing::warn!(%refused, "files of a deleted message could not be deleted yet");
        }
    }
}

/// Describes a file. Only a picture's header is read: nothing is decoded, so decompression bombs do no harm.
fn describe(id: String, name: &str, received: &Received, learnt: metadata::Learnt) -> Attachment {
    let kind = infer::get(&received.head);
    let media_type = kind.map_or("application/octet-stream", |kind| kind.mime_type());
    let name = name::clean(name, media_type, kind.map(|kind| kind.extension()));
    let picture = media_type.starts_with("image/") && is_shown(media_type);
    let sides = picture.then(|| learnt.sides.or_else(|| sides(&received.head))).flatten();
    let sides =
        sides.map(|(width, height)| if learnt.is_on_its_side() { (height, width) } else { (width, height) });
    let shown = sides.filter(|(width, height)| {
        let pixels = u64::from(*width) * u64::from(*height);
        pixels > 0 && pixels <= limits::PICTURE_PIXELS
    });
    Attachment {
        id,
        name,
        media_type: media_type.to_owned(),
        size: received.size,
        width: shown.map(|(width, _)| width),
        height: shown.map(|(_, height)| height),
    }
}

/// Returns width and height from a picture's header.
fn sides(head: &[u8]) -> Option<(u32, u32)> {
    let size = imagesize::blob_size(head).ok()?;
    Some((u32::try_from(size.width).ok()?, u32::try_from(size.height).ok()?))
}

/// Returns the error for an upload that does not exist, or that the caller may not see.
pub fn hidden() -> Refused {
    Reason::NoFile.into()
}
