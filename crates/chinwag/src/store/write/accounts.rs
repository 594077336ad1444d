//! Accounts and what proves them.

use aws_lc_rs::digest;
use chinwag_protocol::{Name, RoomId, limits};

use super::{Applied, Scribe, TokenKind, Written, known, refuse};
use crate::store::StoreError;
use crate::store::change::{AccountId, AccountState, BROKER_KEY, Change, RoomKey, TokenHash};
use crate::store::sql::Param;

const LAST_ADMINISTRATOR: &str = "that is the last administrator; make another one first";
/// What somebody is told whose account is disabled.
pub const DISABLED: &str = "this account is disabled; ask an administrator";

/// The setting that keeps a deleted account's name from being given again, without telling what it was.
fn gone(name: &Name) -> String {
    let hash = digest::digest(&digest::SHA256, name.as_str().as_bytes());
    let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("deleted_name:{hex}")
}

impl Scribe<'_> {
    pub(super) fn add_account(
        &mut self,
        name: &Name,
        password: Option<&str>,
        admin: bool,
        first: bool,
    ) -> Applied {
        if first && self.has_administrator()? {
            refuse!(AlreadyExists, "there is an administrator already; sign in");
        }
        if self.tx.exists("SELECT 1 FROM accounts WHERE name = $1", &[Param::Text(name.as_str())])? {
            refuse!(AlreadyExists, "there is an account {name} already; choose another name");
        }
        if self.tx.exists("SELECT 1 FROM settings WHERE key = $1", &[Param::Text(&gone(name))])? {
            refuse!(AlreadyExists, "{name} was the name of an account that is deleted; choose another name");
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
        let password = password.is_some();
        self.change(Change::AccountAdded { account, name: name.clone(), admin, password })?;
        let general = RoomKey(self.tx.one(
            "SELECT id FROM rooms WHERE topic = $1",
            &[Param::Text(RoomId::general().as_str())],
            |row| row.int(0),
        )?);
        self.add_member(general, account, account, admin, false)?;
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

    /// Is there an administrator who can sign in? The same question is [`Directory::has_administrator`].
    ///
    /// [`Directory::has_administrator`]: crate::directory::Directory::has_administrator
    fn has_administrator(&mut self) -> Result<bool, StoreError> {
        self.tx.exists(
            "SELECT 1 FROM accounts WHERE admin = 1 AND state = 'active' AND (password IS NOT NULL
             OR EXISTS (SELECT 1 FROM tokens WHERE tokens.account = accounts.id))",
            &[],
        )
    }

    /// The state of an account; `None` where it is the last administrator, who is to stay.
    fn may_end(&mut self, account: AccountId, last_too: bool) -> Result<Option<AccountState>, StoreError> {
        let (admin, state) = self.tx.one(
            "SELECT admin, state FROM accounts WHERE id = $1",
            &[Param::Int(account.0)],
            |row| Ok((row.flag(0)?, known(row.text(1)?)?)),
        )?;
        let other = "SELECT 1 FROM accounts WHERE admin = 1 AND state = 'active' AND id <> $1";
        let last =
            admin && state == AccountState::Active && !self.tx.exists(other, &[Param::Int(account.0)])?;
        Ok((last_too || !last).then_some(state))
    }

    /// Everything by which an account is signed in ends.
    fn end_access(&mut self, account: AccountId) -> Result<(), StoreError> {
        self.tx.execute("DELETE FROM tokens WHERE account = $1", &[Param::Int(account.0)])?;
        self.tx.execute("DELETE FROM sessions WHERE account = $1", &[Param::Int(account.0)])?;
        self.renew_key(account)
    }

    pub(super) fn set_state(&mut self, account: AccountId, state: AccountState, last_too: bool) -> Applied {
        let last_too = last_too || state == AccountState::Active;
        let Some(before) = self.may_end(account, last_too)? else {
            refuse!(NotAuthorized, "{LAST_ADMINISTRATOR}");
        };
        if before == AccountState::Deleted {
            refuse!(NotFound, "the account is deleted");
        }
        if before == state {
            return Ok(Ok(Written::Done));
        }
        self.tx.execute(
            "UPDATE accounts SET state = $1 WHERE id = $2",
            &[Param::Text(state.word()), Param::Int(account.0)],
        )?;
        if state != AccountState::Active {
            self.end_access(account)?;
        }
        self.change(Change::AccountState { account, state })?;
        Ok(Ok(Written::Done))
    }

    pub(super) fn delete_account(&mut self, account: AccountId, last_too: bool) -> Applied {
        let Some(before) = self.may_end(account, last_too)? else {
            refuse!(NotAuthorized, "{LAST_ADMINISTRATOR}");
        };
        if before == AccountState::Deleted {
            return Ok(Ok(Written::Done));
        }
        let was = self.name(account)?;
        let rooms = self.tx.all(
            "SELECT rooms.id FROM rooms JOIN members ON members.room = rooms.id
             WHERE members.account = $1 AND rooms.topic NOT LIKE 'dm/%' ORDER BY rooms.id",
            &[Param::Int(account.0)],
            |row| Ok(RoomKey(row.int(0)?)),
        )?;
        for room in rooms {
            self.end_membership(room, account, account)?;
        }
        let mut name = format!("deleted-{}", account.0);
        while self.tx.exists("SELECT 1 FROM accounts WHERE name = $1", &[Param::Text(&name)])? {
            name.push('x');
        }
        let name: Name = known(name)?;
        self.end_access(account)?;
        self.tx.execute(
            "UPDATE accounts SET name = $1, password = NULL, admin = 0, last_seen = NULL, state = 'deleted'
             WHERE id = $2",
            &[Param::Text(name.as_str()), Param::Int(account.0)],
        )?;
        // Nobody is to be taken for who wrote the messages that stay, so the name is not given again.
        let _ = self.set_once(&gone(&was), "")?;
        self.names.insert(account, name.clone());
        self.change(Change::AccountDeleted { account, was, name })?;
        Ok(Ok(Written::Done))
    }

    pub(super) fn add_token(
        &mut self,
        account: AccountId,
        hash: &TokenHash,
        label: &str,
        kind: TokenKind,
    ) -> Applied {
        let active = "SELECT 1 FROM accounts WHERE id = $1 AND state = 'active'";
        if !self.tx.exists(active, &[Param::Int(account.0)])? {
            refuse!(NotAuthorized, "{DISABLED}");
        }
        let device = match kind {
            TokenKind::Device => {
                let devices = "SELECT count(*) FROM tokens WHERE account = $1 AND device = 1";
                let devices = self.tx.one(devices, &[Param::Int(account.0)], |row| row.int(0))?;
                if devices as usize >= limits::TOKENS_PER_ACCOUNT {
                    refuse!(
                        QuotaExceeded,
                        "{devices} access tokens are the most one account can have; revoke one that is not in use"
                    );
                }
                true
            }
            TokenKind::SignIn { asking } => {
                self.end_sign_ins(account, asking)?;
                false
            }
        };
        let token = self.tx.one(
            "INSERT INTO tokens (hash, account, label, created_at, device) VALUES ($1, $2, $3, $4, $5)
             RETURNING id",
            &[
                Param::Blob(hash),
                Param::Int(account.0),
                Param::Text(label),
                Param::Int(self.now),
                Param::Int(device.into()),
            ],
            |row| row.int(0),
        )?;
        self.change(Change::TokenAdded { token, account, hash: *hash })?;
        Ok(Ok(Written::Token(token)))
    }

    /// Makes room for one more sign-in.
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
