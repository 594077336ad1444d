//! Uploads.

use super::{Applied, NewMedia, Scribe, Written};
use crate::store::sql::Param;

impl Scribe<'_> {
    pub(super) fn add_media(&mut self, new: &NewMedia) -> Applied {
        let media = &new.media;
        let pixels = |side: Option<u32>| side.map_or(Param::Null, |side| Param::Int(side.into()));
        self.tx.execute(
            "INSERT INTO media (id, account, name, type, size, width, height, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
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
