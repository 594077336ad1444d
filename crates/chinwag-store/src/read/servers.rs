//! What servers on one database know of each other.

use crate::error::StoreError;
use crate::reader::Reader;
use crate::sql::Param;

impl Reader {
    /// Has a server that works on this database confirmed this question, and has one that was there within ten
    /// seconds not yet?
    pub(crate) async fn confirmed(&self, question: i64) -> Result<(bool, bool), StoreError> {
        self.run(move |tx| {
            let question = [Param::Int(question)];
            let one = tx.exists("SELECT 1 FROM servers WHERE confirmed >= $1", &question)?;
            let others = tx.exists(
                "SELECT 1 FROM servers WHERE coalesce(confirmed, 0) < $1
                 AND seen_at > (SELECT max(seen_at) FROM servers) - 10000",
                &question,
            )?;
            Ok((one, others))
        })
        .await
    }

    /// What all servers have agreed on for `key`.
    pub async fn setting(&self, key: &'static str) -> Result<Option<String>, StoreError> {
        self.run(move |tx| {
            tx.first("SELECT value FROM settings WHERE key = $1", &[Param::Text(key)], |row| row.text(0))
        })
        .await
    }
}
