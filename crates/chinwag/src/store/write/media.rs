//! Uploads.

use chinwag_protocol::limits;

use super::{Applied, NewMedia, Scribe, Written, refuse};
use crate::store::sql::Param;

/// In milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

impl Scribe<'_> {
    pub(super) fn add_media(&mut self, new: &NewMedia) -> Applied {
        let media = &new.media;
        let lately = self.tx.one(
            "SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM media
             WHERE account = $1 AND created_at > $2 AND id <> $3",
            &[Param::Int(new.account.0), Param::Int(self.now - DAY), Param::Text(&media.id)],
            |row| row.int(0),
        )? as u64;
        // Before its file has arrived, an upload counts as one byte.
        if lately + media.size.max(1) > limits::MEDIA_DAY_BYTES {
            let gib = limits::MEDIA_DAY_BYTES >> 30;
            refuse!(QuotaExceeded, "you can upload {gib} GiB within 24 hours; try again later");
        }
        let pixels = |side: Option<u32>| side.map_or(Param::Null, |side| Param::Int(side.into()));
        self.tx.execute(
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
                Param::Int(self.now),
            ],
        )?;
        Ok(Ok(Written::Done))
    }

    pub(super) fn forget_media(&mut self, ids: &[String]) -> Applied {
        for id in ids {
            self.tx.execute(
                "DELETE FROM media WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM media_rooms WHERE media = $1)",
                &[Param::Text(id)],
            )?;
        }
        Ok(Ok(Written::Done))
    }
}
