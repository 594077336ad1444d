//! Accounts and what proves them.

use chinwag_protocol::{Name, RoomId, limits};

use super::{Applied, Scribe, Written, refuse};
use crate::store::StoreError;
use crate::store::change::{AccountId, BROKER_KEY, Change, RoomKey, TokenHash};
use crate::store::sql::Param;

impl Scribe<'_> {
    pub(super) fn add_account(
        &mut self,
        name: &Name,
        password: Option<&str>,
        admin: bool,
        first: bool,
    ) -> Applied {
        if first && self.tx.exists("SELECT 1 FROM accounts LIMIT 1", &[])? {
            refuse!(AlreadyExists, "the first account has been made already; sign in");
        }
        if self.tx.exists("SELECT 1 FROM accounts WHERE name = $1", &[Param::Text(name.as_str())])? {
            refuse!(AlreadyExists, "there is an account {name} already; choose another name");
        }
        let account = AccountId(self.tx.one(
            "INSERT INTO accounts (name, password, admin, created_at) VALUES ($1, $2, $3, $4) RETURNING id",
            &[
                Param::Text(name.as_str()),
                password.map_or(Param::Null, Param::Text),
                Param::Int(admin.into()),
                Param::Int(self.now),
            ],
            |row| row.int(0),
        )?);
        self.change(Change::AccountAdded { account, name: name.clone(), admin })?;
        let general = RoomKey(self.tx.one(
            "SELECT id FROM rooms WHERE topic = $1",
            &[Param::Text(RoomId::general().as_str())],
            |row| row.int(0),
        )?);
        self.add_member(general, account, account, admin)?;
        Ok(Ok(Written::Account(account)))
    }

    pub(super) fn set_password(&mut self, account: AccountId, password: &str, keep: Option<i64>) -> Applied {
        self.tx.execute(
            "UPDATE accounts SET password = $1 WHERE id = $2",
            &[Param::Text(password), Param::Int(account.0)],
        )?;
        self.tx.execute(
            "DELETE FROM tokens WHERE account = $1 AND id <> $2",
            &[Param::Int(account.0), Param::Int(keep.unwrap_or(-1))],
        )?;
        self.renew_key(account)?;
        self.change(Change::PasswordChanged { account, kept: keep })?;
        Ok(Ok(Written::Done))
    }

    pub(super) fn add_token(&mut self, account: AccountId, hash: &TokenHash, label: &str) -> Applied {
        let superfluous = self.tx.all(
            "SELECT id FROM tokens WHERE account = $1 AND id NOT IN (SELECT id FROM tokens WHERE account = $1
             ORDER BY coalesce(used_at, created_at) DESC, id DESC LIMIT $2)",
            &[Param::Int(account.0), Param::Int(limits::TOKENS_PER_ACCOUNT as i64 - 1)],
            |row| row.int(0),
        )?;
        for token in superfluous {
            self.drop_token(account, token, true)?;
        }
        let token = self.tx.one(
            "INSERT INTO tokens (hash, account, label, created_at) VALUES ($1, $2, $3, $4) RETURNING id",
            &[Param::Blob(hash), Param::Int(account.0), Param::Text(label), Param::Int(self.now)],
            |row| row.int(0),
        )?;
        self.change(Change::TokenAdded { token, account, hash: *hash })?;
        Ok(Ok(Written::Token(token)))
    }

    pub(super) fn revoke_token(&mut self, account: AccountId, token: i64) -> Applied {
        if !self.drop_token(account, token, false)? {
            refuse!(NotFound, "you have no token {token}");
        }
        self.renew_key(account)?;
        Ok(Ok(Written::Done))
    }

    fn drop_token(&mut self, account: AccountId, token: i64, superfluous: bool) -> Result<bool, StoreError> {
        let gone = self.tx.execute(
            "DELETE FROM tokens WHERE id = $1 AND account = $2",
            &[Param::Int(token), Param::Int(account.0)],
        )?;
        let gone = gone > 0 || token == BROKER_KEY;
        if gone {
            self.change(Change::TokenRevoked { token, account, superfluous })?;
        }
        Ok(gone)
    }

    /// The account's key for the broker is another from now on.
    fn renew_key(&mut self, account: AccountId) -> Result<(), StoreError> {
        self.tx
            .execute(
                "UPDATE accounts SET key_generation = key_generation + 1 WHERE id = $1",
                &[Param::Int(account.0)],
            )
            .map(drop)
    }

    pub(super) fn tokens_used(&mut self, tokens: &[i64]) -> Applied {
        // In one order on every server, so that none blocks another.
        let mut tokens = tokens.to_vec();
        tokens.sort_unstable();
        let row = |token| vec![Param::Int(self.now), Param::Int(token)];
        let rows: Vec<_> = tokens.into_iter().map(row).collect();
        self.tx.execute_each("UPDATE tokens SET used_at = $1 WHERE id = $2", &rows)?;
        Ok(Ok(Written::Done))
    }

    pub(super) fn last_seen(&mut self, seen: &[(AccountId, i64)]) -> Applied {
        let mut seen = seen.to_vec();
        seen.sort_unstable();
        let row = |(account, at): (AccountId, i64)| vec![Param::Int(at), Param::Int(account.0)];
        let rows: Vec<_> = seen.into_iter().map(row).collect();
        self.tx.execute_each("UPDATE accounts SET last_seen = $1 WHERE id = $2", &rows)?;
        Ok(Ok(Written::Done))
    }
}
