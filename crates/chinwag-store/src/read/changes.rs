//! Changes of accounts, rooms, members and tokens.

use crate::change::Change;
use crate::error::StoreError;
use crate::follow::last_change;
use crate::reader::Reader;
use crate::sql::Param;

/// Number of rows of `changes` read at a time.
const PAGE: i64 = 1_000;

/// A page of changes of the directory.
#[derive(Debug, Default)]
pub struct Changes {
    /// The id of the last one; the next page starts after it.
    pub reached: i64,
    /// The changes in order, without those that another version of Chinwag wrote and this one does not know.
    pub changes: Vec<Change>,
    /// Whether some changes have already been pruned: the caller must reload everything.
    pub gap: bool,
    /// Whether there are more.
    pub more: bool,
}

impl Reader {
    /// Returns the changes of the directory after the one with id `after`.
    pub async fn changes_after(&self, after: i64) -> Result<Changes, StoreError> {
        self.run(move |tx| {
            let rows = tx.all(
                "SELECT id, body FROM changes WHERE id > $1 ORDER BY id LIMIT $2",
                &[Param::Int(after), Param::Int(PAGE)],
                |row| Ok((row.int(0)?, row.text(1)?)),
            )?;
            // The oldest changes are pruned first: as long as the one after `after` is there, nothing is missing.
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

    /// Returns the id of the last change of the directory.
    pub async fn last_change(&self) -> Result<i64, StoreError> {
        self.run(last_change).await
    }
}
