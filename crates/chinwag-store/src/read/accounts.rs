//! Credentials of accounts: passwords and tokens.

use crate::error::StoreError;
use crate::model::AccountId;
use crate::reader::Reader;
use crate::sql::Param;

/// A token, without its hash. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// Its id.
    pub id: i64,
    /// What its owner calls it.
    pub label: String,
    /// When it was created.
    pub created_at: i64,
    /// When it was last used.
    pub used_at: Option<i64>,
    /// Whether it is an access token of a device or a program; otherwise it is a sign-in.
    pub device: bool,
}

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

    /// Returns the tokens of an account, newest first.
    pub async fn tokens(&self, account: AccountId) -> Result<Vec<StoredToken>, StoreError> {
        self.run(move |tx| {
            tx.all(
                "SELECT id, label, created_at, used_at, device FROM tokens WHERE account = $1 ORDER BY id DESC",
                &[Param::Int(account.0)],
                |row| {
                    Ok(StoredToken {
                        id: row.int(0)?,
                        label: row.text(1)?,
                        created_at: row.int(2)?,
                        used_at: row.maybe_int(3)?,
                        device: row.int(4)? != 0,
                    })
                },
            )
        })
        .await
    }
}
