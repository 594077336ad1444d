//! Sign-ins and access tokens.

use chinwag_protocol::{Reason, limits};

use crate::batch::{Applied, Batch, refuse};
use crate::change::Change;
use crate::error::StoreError;
use crate::model::{AccountId, BROKER_KEY, TokenHash, TokenKind};
use crate::sql::Param;
use crate::write::{Needs, Write};

/// Adds a sign-in or an access token; returns its id.
#[derive(Debug, Clone)]
pub struct AddToken {
    /// The account that it belongs to.
    pub account: AccountId,
    /// Its SHA-256 hash.
    pub hash: TokenHash,
    /// Its name for the owner.
    pub label: String,
    /// Its purpose.
    pub kind: TokenKind,
}

impl Write for AddToken {
    type Done = i64;

    fn kind(&self) -> &'static str {
        "new token"
    }

    fn needs(&self) -> Needs {
        Needs::changes()
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<i64> {
        let Self { account, hash, label, kind } = self;
        let account = *account;
        let active = "SELECT 1 FROM accounts WHERE id = $1 AND state = 'active'";
        if !batch.tx.exists(active, &[Param::Int(account.0)])? {
            refuse!(Reason::AccountDisabled);
        }
        let device = match *kind {
            TokenKind::Device => {
                let devices = "SELECT count(*) FROM tokens WHERE account = $1 AND device = 1";
                let devices = batch.tx.one(devices, &[Param::Int(account.0)], |row| row.int(0))?;
                if devices as usize >= limits::TOKENS_PER_ACCOUNT {
                    refuse!(Reason::Tokens { limit: limits::TOKENS_PER_ACCOUNT });
                }
                true
            }
            TokenKind::SignIn { asking } => {
                batch.end_sign_ins(account, asking)?;
                false
            }
        };
        let token = batch.tx.one(
            "INSERT INTO tokens (hash, account, label, created_at, device) VALUES ($1, $2, $3, $4, $5)
             RETURNING id",
            &[
                Param::Blob(hash),
                Param::Int(account.0),
                Param::Text(label),
                Param::Int(batch.now),
                Param::Int(device.into()),
            ],
            |row| row.int(0),
        )?;
        batch.change(Change::TokenAdded { token, account, hash: *hash })?;
        Ok(Ok(token))
    }
}

/// Revokes a token.
#[derive(Debug, Clone, Copy)]
pub struct RevokeToken {
    /// The account that it belongs to.
    pub account: AccountId,
    /// Its id.
    pub token: i64,
}

impl Write for RevokeToken {
    type Done = ();

    fn kind(&self) -> &'static str {
        "token revoked"
    }

    fn needs(&self) -> Needs {
        Needs::changes()
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<()> {
        let Self { account, token } = *self;
        if !batch.drop_token(account, token, false)? {
            refuse!(Reason::NoToken { token: token.cast_unsigned() });
        }
        batch.renew_key(account)?;
        Ok(Ok(()))
    }
}

/// Records that tokens were used just now, for their owners to see.
#[derive(Debug, Clone)]
pub struct TokensUsed(pub Vec<i64>);

impl Write for TokensUsed {
    type Done = ();

    fn kind(&self) -> &'static str {
        "tokens used"
    }

    fn needs(&self) -> Needs {
        Needs::changes()
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<()> {
        let mut tokens = self.0.clone();
        tokens.sort_unstable();
        let row = |token| vec![Param::Int(batch.now), Param::Int(token)];
        let rows: Vec<_> = tokens.into_iter().map(row).collect();
        batch.tx.execute_each("UPDATE tokens SET used_at = $1 WHERE id = $2", &rows)?;
        Ok(Ok(()))
    }
}

impl Batch<'_> {
    /// Revokes the least recently used sign-ins, so that one more is allowed.
    fn end_sign_ins(&mut self, account: AccountId, asking: Option<i64>) -> Result<(), StoreError> {
        let kept = limits::SIGN_INS_PER_ACCOUNT as i64 - 1;
        let superfluous = self.tx.all(
            "SELECT id FROM tokens WHERE account = $1 AND device = 0 AND id NOT IN (
                 SELECT id FROM tokens WHERE account = $1 AND device = 0
                 ORDER BY CASE WHEN id = $2 THEN 0 ELSE 1 END, coalesce(used_at, created_at) DESC, id DESC LIMIT $3)",
            &[Param::Int(account.0), Param::Int(asking.unwrap_or(-1)), Param::Int(kept)],
            |row| row.int(0),
        )?;
        for token in superfluous {
            self.drop_token(account, token, true)?;
        }
        Ok(())
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
}
