//! Persistent MQTT sessions.

use crate::error::StoreError;
use crate::model::{AccountId, RoomKey, SessionRow, StoredSession};
use crate::reader::Reader;
use crate::sql::Param;

impl Reader {
    /// Returns a persistent MQTT session as stored.
    pub async fn session(
        &self,
        account: AccountId,
        client_id: String,
    ) -> Result<Option<StoredSession>, StoreError> {
        self.run(move |tx| {
            let key = [Param::Int(account.0), Param::Text(&client_id)];
            let row = tx.first(
                "SELECT state, expiry, left_at FROM sessions WHERE account = $1 AND client_id = $2",
                &key,
                |row| {
                    let expiry = u32::try_from(row.int(1)?).unwrap_or(u32::MAX);
                    Ok(SessionRow { state: row.text(0)?, expiry, left_at: row.maybe_int(2)? })
                },
            )?;
            let Some(row) = row else { return Ok(None) };
            let cursors = tx.all(
                "SELECT room, seq FROM session_cursors WHERE account = $1 AND client_id = $2 ORDER BY room",
                &key,
                |row| Ok((RoomKey(row.int(0)?), row.int(1)? as u64)),
            )?;
            Ok(Some(StoredSession { row, cursors }))
        })
        .await
    }

    /// Returns the number of stored persistent MQTT sessions of an account.
    pub async fn sessions_of(&self, account: AccountId) -> Result<usize, StoreError> {
        self.run(move |tx| {
            let count = "SELECT count(*) FROM sessions WHERE account = $1";
            tx.one(count, &[Param::Int(account.0)], |row| Ok(row.int(0)? as usize))
        })
        .await
    }
}
