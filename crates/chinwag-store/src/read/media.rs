//! Uploads.

use chinwag_protocol::Attachment;

use crate::error::StoreError;
use crate::model::{AccountId, RoomKey};
use crate::reader::Reader;
use crate::rows::attachment;
use crate::sql::{Param, Tx};

/// An uploaded file.
#[derive(Debug, Clone)]
pub struct StoredMedia {
    /// The attachment under which it is shown.
    pub media: Attachment,
    /// The account that uploaded it.
    pub account: AccountId,
    /// The rooms in which it was posted.
    pub rooms: Vec<RoomKey>,
    /// The size of its thumbnails: 0 if it can have none, `None` if they have not been asked for yet.
    pub thumbnails: Option<u64>,
}

/// Returns an upload: one row for each room in which it was posted, or one without a room.
fn one(tx: &mut dyn Tx, id: &str) -> Result<Option<StoredMedia>, StoreError> {
    let rows = tx.all(
        "SELECT DISTINCT m.id, m.name, m.type, m.size, m.width, m.height, m.account, m.thumbnails, u.room
         FROM media m LEFT JOIN uses u ON u.media = m.id WHERE m.id = $1 AND m.size > 0",
        &[Param::Text(id)],
        |row| {
            let thumbnails = row.maybe_int(7)?.map(|bytes| bytes as u64);
            let found = StoredMedia {
                media: attachment(row)?,
                account: AccountId(row.int(6)?),
                rooms: Vec::new(),
                thumbnails,
            };
            Ok((found, row.maybe_int(8)?.map(RoomKey)))
        },
    )?;
    let rooms = rows.iter().filter_map(|(_, room)| *room).collect();
    Ok(rows.into_iter().next().map(|(found, _)| StoredMedia { rooms, ..found }))
}

impl Reader {
    /// Returns an upload and the rooms in which it was posted.
    pub async fn media(&self, id: String) -> Result<Option<StoredMedia>, StoreError> {
        self.run(move |tx| one(tx, &id)).await
    }

    /// Likewise for several uploads; those that do not exist are left out.
    pub async fn several_media(&self, ids: Vec<String>) -> Result<Vec<StoredMedia>, StoreError> {
        self.run(move |tx| ids.iter().filter_map(|id| one(tx, id).transpose()).collect()).await
    }

    /// Returns the total size of all uploads and their thumbnails in bytes.
    pub async fn media_bytes(&self) -> Result<u64, StoreError> {
        let sql = "SELECT CAST(coalesce(sum(size + coalesce(thumbnails, 0)), 0) AS BIGINT) FROM media
                   WHERE size > 0";
        self.run(|tx| tx.one(sql, &[], |row| Ok(row.int(0)? as u64))).await
    }

    /// Returns a batch of uploads of deleted messages whose files have yet to be deleted.
    pub async fn media_to_delete(&self) -> Result<Vec<String>, StoreError> {
        self.run(|tx| tx.all("SELECT id FROM media WHERE size < 0 LIMIT 100", &[], |row| row.text(0))).await
    }

    /// Returns a batch of uploads from before `before` (milliseconds since 1970) that no message uses.
    pub async fn unused_media(&self, before: i64) -> Result<Vec<String>, StoreError> {
        self.run(move |tx| {
            tx.all(
                "SELECT id FROM media WHERE created_at < $1
                 AND NOT EXISTS (SELECT 1 FROM uses WHERE uses.media = media.id) LIMIT 100",
                &[Param::Int(before)],
                |row| row.text(0),
            )
        })
        .await
    }
}
