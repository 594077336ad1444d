//! What has changed in accounts, rooms, members and tokens.

use crate::change::Change;
use crate::error::StoreError;
use crate::follow::last_change;
use crate::reader::Reader;
use crate::sql::Param;

/// Rows of `changes` that are read at a time.
const PAGE: i64 = 1_000;

/// What has changed in the directory after some change.
#[derive(Debug, Default)]
pub struct Changes {
    /// The last of them; from here the next are asked for.
    pub reached: i64,
    /// In order. Those that another version of Chinwag made and this one does not know are left out.
    pub changes: Vec<Change>,
    /// Some are forgotten already: whoever follows them must look at everything anew.
    pub gap: bool,
    /// There are more.
    pub more: bool,
}

impl Reader {
    /// Changes in the directory after `after`.
    pub async fn changes_after(&self, after: i64) -> Result<Changes, StoreError> {
        self.run(move |tx| {
            let rows = tx.all(
                "SELECT id, body FROM changes WHERE id > $1 ORDER BY id LIMIT $2",
                &[Param::Int(after), Param::Int(PAGE)],
                |row| Ok((row.int(0)?, row.text(1)?)),
            )?;
            // Forgotten are the oldest: as long as the one before ours is there, nothing is missing.
            let first = tx.one("SELECT coalesce(min(id), 0) FROM changes", &[], |row| row.int(0))?;
            Ok(Changes {
                reached: rows.last().map_or(after, |(id, _)| *id),
                gap: first > after + 1 && after > 0,
                more: rows.len() as i64 == PAGE,
                changes: rows.iter().filter_map(|(_, body)| Change::parse(body)).collect(),
            })
        })
        .await
    }

    /// The number of the last change in the directory.
    pub async fn last_change(&self) -> Result<i64, StoreError> {
        self.run(last_change).await
    }
}
