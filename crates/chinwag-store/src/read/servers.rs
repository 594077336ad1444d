//! Shared state of the servers on one database.

use crate::error::StoreError;
use crate::reader::Reader;
use crate::sql::Param;

impl Reader {
    /// Returns whether some server has confirmed this question, and whether some server that was active within ten
    /// seconds has not.
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

    /// Returns the shared setting `key`.
    pub async fn setting(&self, key: &'static str) -> Result<Option<String>, StoreError> {
        self.run(move |tx| {
            tx.first("SELECT value FROM settings WHERE key = $1", &[Param::Text(key)], |row| row.text(0))
        })
        .await
    }
}
