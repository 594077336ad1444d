//! Uploads.

use chinwag_protocol::{Reason, limits};

use crate::batch::{Applied, Batch, refuse};
use crate::model::NewMedia;
use crate::sql::Param;
use crate::write::Write;

/// A day in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// Stores an upload: first with size 0, before its file is written, then with its final values. It is invisible until
/// then.
#[derive(Debug, Clone)]
pub struct AddMedia(pub NewMedia);

impl Write for AddMedia {
    type Done = ();

    fn kind(&self) -> &'static str {
        "upload"
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<()> {
        let new = &self.0;
        let media = &new.media;
        let lately = batch.tx.one(
            "SELECT CAST(coalesce(sum(CASE WHEN size > 0 THEN size ELSE 0 END), 0) AS BIGINT) FROM media
             WHERE account = $1 AND created_at > $2 AND id <> $3",
            &[Param::Int(new.account.0), Param::Int(batch.now - DAY), Param::Text(&media.id)],
            |row| row.int(0),
        )? as u64;
        // An upload counts as one byte until its file has arrived.
        if lately + media.size.max(1) > limits::MEDIA_DAY_BYTES {
            refuse!(Reason::UploadsToday { limit: limits::MEDIA_DAY_BYTES });
        }
        let pixels = |side: Option<u32>| side.map_or(Param::Null, |side| Param::Int(side.into()));
        batch.tx.execute(
            "INSERT INTO media (id, account, name, type, size, width, height, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, type = excluded.type, size = excluded.size,
                 width = excluded.width, height = excluded.height",
            &[
                Param::Text(&media.id),
                Param::Int(new.account.0),
                Param::Text(&media.name),
                Param::Text(&media.media_type),
                Param::Int(media.size as i64),
                pixels(media.width),
                pixels(media.height),
                Param::Int(batch.now),
            ],
        )?;
        Ok(Ok(()))
    }
}

/// Records the size of an upload's thumbnails; 0 if it can have none. `false`: the upload is gone.
#[derive(Debug, Clone)]
pub struct SetThumbnails {
    /// The upload.
    pub id: String,
    /// The size of all of its thumbnails together.
    pub bytes: u64,
}

impl Write for SetThumbnails {
    type Done = bool;

    fn kind(&self) -> &'static str {
        "thumbnails"
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<bool> {
        let changed = batch.tx.execute(
            "UPDATE media SET thumbnails = $1 WHERE id = $2 AND size > 0",
            &[Param::Int(self.bytes as i64), Param::Text(&self.id)],
        )?;
        Ok(Ok(changed > 0))
    }
}

/// Removes uploads that no message uses; those that have come into use meanwhile stay.
#[derive(Debug, Clone)]
pub struct ForgetMedia(pub Vec<String>);

impl Write for ForgetMedia {
    type Done = ();

    fn kind(&self) -> &'static str {
        "uploads removed"
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<()> {
        for id in &self.0 {
            batch.tx.execute(
                "DELETE FROM media WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM uses WHERE media = $1)",
                &[Param::Text(id)],
            )?;
        }
        Ok(Ok(()))
    }
}
