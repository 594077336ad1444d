//! Credentials of accounts: passwords and tokens.

use crate::error::StoreError;
use crate::model::AccountId;
use crate::reader::Reader;
use crate::sql::Param;

impl Reader {
    /// Returns the password hash of an account, if it has a password.
    pub async fn password(&self, account: AccountId) -> Result<Option<String>, StoreError> {
        self.run(move |tx| {
            Ok(tx
                .first("SELECT password FROM accounts WHERE id = $1", &[Param::Int(account.0)], |row| {
                    row.maybe_text(0)
                })?
                .flatten())
        })
        .await
    }

    /// Returns the tokens of an account, newest first: id, label, time of creation, time of last use (milliseconds
    /// since 1970).
    pub async fn tokens(
        &self,
        account: AccountId,
    ) -> Result<Vec<(i64, String, i64, Option<i64>)>, StoreError> {
        self.run(move |tx| {
            tx.all(
                "SELECT id, label, created_at, used_at FROM tokens WHERE account = $1 ORDER BY id DESC",
                &[Param::Int(account.0)],
                |row| Ok((row.int(0)?, row.text(1)?, row.int(2)?, row.maybe_int(3)?)),
            )
        })
        .await
    }
}
