//! Storage for uploaded files: a folder, which several servers may share, or an S3 bucket. A file either exists
//! completely or not at all, and is on disk before anybody is notified of it.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use chinwag_protocol::{ErrorCode, Reason, Refused, limits};
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, RetryConfig, WriteMultipart};

use super::Size;
use crate::shares::{Share, Shares};
use crate::store::AccountId;

/// How many of a file's first bytes are kept, to determine its type and a picture's size.
const HEAD: usize = 256 * 1024;
/// Bytes of an upload that are buffered before they are written to a folder.
const FOLDER_CHUNK: usize = 256 * 1024;
/// Likewise for a bucket, where parts cannot be smaller.
const BUCKET_CHUNK: usize = 5 * 1024 * 1024;
/// The maximum number of concurrent uploads, each of which buffers at most two chunks. An account may use a quarter of
/// what is free; further uploads wait …
const UPLOADS: usize = 16;
/// … for up to this time, and are then refused.
const UPLOAD_PATIENCE: Duration = Duration::from_secs(10);
/// How long requests to an unresponsive bucket are retried.
const PATIENCE: Duration = Duration::from_secs(20);
/// The age at which an interrupted upload's file in a folder is removed: another server may still be writing it.
const LEFT: Duration = Duration::from_secs(24 * 60 * 60);

/// The storage for files.
pub struct Place {
    store: Arc<dyn ObjectStore>,
    prefix: Key,
    folder: Option<PathBuf>,
    shared: bool,
    chunk: usize,
    uploads: Arc<Shares<AccountId>>,
}

/// A received file.
#[derive(Default)]
pub struct Received {
    /// The size in bytes.
    pub size: u64,
    /// The first bytes.
    pub head: Vec<u8>,
}

impl Place {
    /// Opens `file:///shared/folder` or `s3://bucket/prefix`; without a URL, `folder`.
    pub fn open(url: Option<&str>, folder: &Path) -> anyhow::Result<Self> {
        let Some(url) = url else { return Self::folder(folder, false) };
        if let Some(path) = url.strip_prefix("file://") {
            return Self::folder(Path::new(path), true);
        }
        let Some((_, prefix)) =
            url.strip_prefix("s3://").map(|rest| rest.split_once('/').unwrap_or((rest, "")))
        else {
            bail!("media must be file:///FOLDER or s3://BUCKET/PREFIX, not {url}");
        };
        // Credentials, region and endpoint come from AWS_ACCESS_KEY_ID and related variables, as for any S3 client.
        let retry = RetryConfig { max_retries: 3, retry_timeout: PATIENCE, ..RetryConfig::default() };
        let store = AmazonS3Builder::from_env().with_url(url).with_retry(retry).build();
        let store = Arc::new(store.with_context(|| format!("cannot use {url} for media"))?);
        let prefix = Key::parse(prefix).with_context(|| format!("the prefix in {url}"))?;
        let uploads = Shares::new(UPLOADS, true);
        Ok(Self { store, prefix, folder: None, shared: true, chunk: BUCKET_CHUNK, uploads })
    }

    fn folder(folder: &Path, shared: bool) -> anyhow::Result<Self> {
        let cannot = || format!("cannot use the folder {} for media", folder.display());
        std::fs::create_dir_all(folder).with_context(cannot)?;
        let store = LocalFileSystem::new_with_prefix(folder).with_context(cannot)?.with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
            prefix: Key::default(),
            folder: Some(folder.to_owned()),
            shared,
            chunk: FOLDER_CHUNK,
            uploads: Shares::new(UPLOADS, true),
        })
    }

    /// Returns the path of an upload, if the storage is a folder.
    pub fn file(&self, id: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(self.key(id)?.as_ref()))
    }

    /// Returns empty storage in memory, for commands that do not use uploads.
    pub fn nowhere() -> Self {
        Self {
            store: Arc::new(object_store::memory::InMemory::new()),
            prefix: Key::default(),
            folder: None,
            shared: true,
            chunk: FOLDER_CHUNK,
            uploads: Shares::new(UPLOADS, true),
        }
    }

    /// Whether several servers can share the storage.
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// Removes old leftovers of interrupted uploads.
    pub fn clean(&self) -> std::io::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        for shelf in std::fs::read_dir(folder)? {
            let shelf = shelf?.path();
            if !shelf.is_dir() {
                continue;
            }
            for file in std::fs::read_dir(shelf)? {
                let file = file?;
                let old = || file.metadata()?.modified().map(|at| at.elapsed().is_ok_and(|age| age > LEFT));
                if file.file_name().to_string_lossy().contains('#') && old()? {
                    std::fs::remove_file(file.path())?;
                }
            }
        }
        Ok(())
    }

    /// Returns the key of a file. The server generates the ids, but clients send them, so they are validated.
    fn key(&self, id: &str) -> Option<Key> {
        let ours = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        ours.then(|| self.prefix.clone().join(&id[..2]).join(id))
    }

    /// Waits for permission to upload for this account.
    async fn turn(&self, account: AccountId) -> Result<Share<AccountId>, Refused> {
        self.uploads.wait(account, UPLOAD_PATIENCE).await.ok_or_else(|| {
            let mine = self.uploads.held(&account) > 0;
            if mine { Reason::UploadsAtOnce.into() } else { Reason::UploadsBusy.into() }
        })
    }

    /// Streams a body to storage. `take` is called with the size of each chunk, and may abort the upload.
    pub async fn receive<E: std::fmt::Display>(
        &self,
        account: AccountId,
        id: &str,
        mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
        take: impl FnMut(u64) -> Result<(), Refused>,
    ) -> Result<Received, Refused> {
        let _turn = self.turn(account).await?;
        let key = self.key(id).ok_or(ErrorCode::Internal)?;
        let upload = self.store.put_multipart(&key).await.map_err(failed)?;
        let mut writer = WriteMultipart::new_with_chunk_size(upload, self.chunk);
        match write(&mut writer, &mut body, take).await {
            Ok(received) => writer.finish().await.map(|_| received).map_err(failed),
            Err(refused) => {
                if let Err(error) = writer.abort().await {
                    tracing::debug!(%error, "a refused upload could not be removed completely");
                }
                Err(refused)
            }
        }
    }

    /// Returns the bytes of a file, or a range of them.
    pub async fn read(
        &self,
        id: &str,
        range: Option<Range<u64>>,
    ) -> Result<BoxStream<'static, object_store::Result<Bytes>>, Refused> {
        let key = self.key(id).ok_or(Reason::NoFile)?;
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        match self.store.get_opts(&key, options).await {
            Ok(found) => Ok(found.into_stream()),
            Err(error @ object_store::Error::NotFound { .. }) => {
                tracing::error!(%error, "an uploaded file is missing");
                Err(Reason::NoFile.into())
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Returns all bytes of a file, at most [`limits::MEDIA_BYTES`].
    pub async fn whole(&self, id: &str) -> Result<Vec<u8>, Refused> {
        let mut parts = self.read(id, None).await?;
        let mut file = Vec::new();
        while let Some(part) = parts.next().await {
            file.extend_from_slice(&part.map_err(failed)?);
        }
        Ok(file)
    }

    /// Returns the stored thumbnail of a file, if there is one.
    pub async fn thumbnail(&self, id: &str, size: Size) -> Result<Option<Bytes>, Refused> {
        let key = self.thumbnail_key(id, size).ok_or(Reason::NoFile)?;
        match self.store.get(&key).await {
            Ok(found) => found.bytes().await.map(Some).map_err(failed),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Stores a thumbnail beside its file.
    pub async fn put_thumbnail(&self, id: &str, size: Size, bytes: Bytes) -> Result<(), Refused> {
        let key = self.thumbnail_key(id, size).ok_or(ErrorCode::Internal)?;
        self.store.put(&key, bytes.into()).await.map(|_| ()).map_err(failed)
    }

    fn thumbnail_key(&self, id: &str, size: Size) -> Option<Key> {
        Some(Key::from(format!("{}.{}", self.key(id)?, size.pixels())))
    }

    /// Removes a file and its thumbnails, if they exist.
    pub async fn remove(&self, id: &str) {
        let thumbnails = Size::ALL.into_iter().map(|size| self.thumbnail_key(id, size));
        for key in thumbnails.chain([self.key(id)]).flatten() {
            match self.store.delete(&key).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => tracing::warn!(%error, "an unused upload could not be deleted"),
            }
        }
    }
}

async fn write<E: std::fmt::Display>(
    writer: &mut WriteMultipart,
    body: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
    mut take: impl FnMut(u64) -> Result<(), Refused>,
) -> Result<Received, Refused> {
    let (mut size, mut head) = (0, Vec::new());
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| Refused {
            detail: format!("the upload is incomplete: {error}"),
            ..Reason::Incomplete.into()
        })?;
        size += chunk.len() as u64;
        if size > limits::MEDIA_BYTES {
            return Err(Reason::File { limit: limits::MEDIA_BYTES }.into());
        }
        take(chunk.len() as u64)?;
        head.extend_from_slice(&chunk[..chunk.len().min(HEAD - head.len())]);
        writer.wait_for_capacity(1).await.map_err(failed)?;
        writer.write(&chunk);
    }
    if size == 0 {
        return Err(Reason::FileEmpty.into());
    }
    Ok(Received { size, head })
}

fn failed(error: object_store::Error) -> Refused {
    tracing::error!(%error, "uploaded files cannot be written or read");
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(now) = cause {
        if let Some(io) = now.downcast_ref::<std::io::Error>()
            && matches!(io.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
        {
            return ErrorCode::StorageFull.into();
        }
        cause = now.source();
    }
    ErrorCode::Unavailable.into()
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;
    use futures_util::stream::iter;

    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    fn names(folder: &Path) -> Vec<String> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.path().is_dir() {
                names.extend(names_in(&entry.path()));
            }
        }
        names
    }

    fn names_in(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[tokio::test]
    async fn a_file_is_there_whole_or_not_at_all() {
        let folder = std::env::temp_dir().join(format!("chinwag-place-{}", std::process::id()));
        let place =
            Place::open(Some(&format!("file://{}", folder.display())), Path::new("/nowhere")).unwrap();
        let any = |_| Ok(());
        let good = || [Ok::<_, String>(Bytes::from(vec![1; 600_000])), Ok(Bytes::from("end"))];
        let received = place.receive(AccountId(1), ID, iter(good()), any).await.unwrap();
        assert_eq!((received.size, received.head.len()), (600_003, HEAD));
        assert_eq!(std::fs::metadata(folder.join("01").join(ID)).unwrap().len(), 600_003);
        let end = place.read(ID, Some(600_000..600_003)).await.unwrap();
        assert_eq!(end.try_collect::<Vec<_>>().await.unwrap().concat(), b"end");

        let other = "f".repeat(32);
        let broken = [Ok(Bytes::from(vec![1; 600_000])), Err("the line was cut")];
        let refused = place.receive(AccountId(1), &other, iter(broken), any).await.err().unwrap();
        assert_eq!((refused.code, refused.params.reason()), (ErrorCode::BadRequest, Some("incomplete")));
        let empty: [Result<Bytes, String>; 0] = [];
        assert!(place.receive(AccountId(1), &other, iter(empty), any).await.is_err());
        let mut parts = 0;
        let most = |_| {
            parts += 1;
            if parts == 1 { Ok(()) } else { Err(Refused::from(ErrorCode::StorageFull)) }
        };
        let refused = place.receive(AccountId(1), &other, iter(good()), most).await.err().unwrap();
        assert_eq!(refused.code, ErrorCode::StorageFull);
        assert_eq!(names(&folder), [ID]);
        assert_eq!(place.read(&other, None).await.err().unwrap().code, ErrorCode::NotFound);

        let left = folder.join("01").join(format!("{ID}#1"));
        let file = std::fs::File::create(&left).unwrap();
        place.clean().unwrap();
        assert!(left.exists(), "it may be under way");
        file.set_modified(std::time::SystemTime::now() - 2 * LEFT).unwrap();
        place.clean().unwrap();
        assert!(!left.exists());
        place.remove(ID).await;
        assert!(names(&folder).is_empty());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn ids_from_outside_lead_nowhere_else() {
        let place = Place::open(Some("s3://bucket/a/b"), Path::new("/nowhere")).unwrap();
        assert!(place.key("../../../../etc/passwd0000000000000").is_none());
        assert!(place.key("é0000000000000000000000000000000").is_none());
        assert_eq!(place.key(ID), Some(Key::from(format!("a/b/01/{ID}"))));
        assert!(Place::open(Some("ftp://x"), Path::new("/nowhere")).is_err());
    }
}
