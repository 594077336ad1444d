//! Accounts: creating and deleting them, their passwords and states.

use aws_lc_rs::digest;
use chinwag_protocol::name::skeleton;
use chinwag_protocol::{Name, Reason, RoomId};

use super::settings;
use crate::batch::{Applied, Batch, refuse};
use crate::change::Change;
use crate::error::StoreError;
use crate::model::{AccountId, AccountState, RoomKey};
use crate::rows::known;
use crate::sql::Param;
use crate::write::{Needs, Write};

/// Returns the key of the setting that prevents the reuse of a deleted account's name without revealing it.
fn gone(name: &Name) -> String {
    let hash = digest::digest(&digest::SHA256, name.as_str().as_bytes());
    let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("deleted_name:{hex}")
}

/// Adds an account, as a member of the room `general`.
#[derive(Debug, Clone)]
pub struct AddAccount {
    /// Its name.
    pub name: Name,
    /// The hash of its password.
    pub password: Option<String>,
    /// Whether it may create accounts and manage every room.
    pub admin: bool,
    /// Only add it if no administrator can sign in yet.
    pub first: bool,
}

impl Write for AddAccount {
    type Done = AccountId;

    fn kind(&self) -> &'static str {
        "new account"
    }

    fn needs(&self) -> Needs {
        Needs::changes()
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<AccountId> {
        let Self { name, password, admin, first } = self;
        let (password, admin) = (password.as_deref(), *admin);
        if *first && batch.has_administrator()? {
            refuse!(Reason::Administrator);
        }
        if batch.tx.exists("SELECT 1 FROM accounts WHERE name = $1", &[Param::Text(name.as_str())])? {
            refuse!(Reason::Account { name: name.as_str() });
        }
        if batch.tx.exists("SELECT 1 FROM settings WHERE key = $1", &[Param::Text(&gone(name))])? {
            refuse!(Reason::DeletedAccount { name: name.as_str() });
        }
        if batch.is_like_an_account(name)? {
            refuse!(Reason::Account { name: name.as_str() });
        }
        let account = AccountId(batch.tx.one(
            "INSERT INTO accounts (name, password, admin, created_at) VALUES ($1, $2, $3, $4) RETURNING id",
            &[
                Param::Text(name.as_str()),
                password.map_or(Param::Null, Param::Text),
                Param::Int(admin.into()),
                Param::Int(batch.now),
            ],
            |row| row.int(0),
        )?);
        let password = password.is_some();
        batch.change(Change::AccountAdded { account, name: name.clone(), admin, password })?;
        let general = RoomKey(batch.tx.one(
            "SELECT id FROM rooms WHERE topic = $1",
            &[Param::Text(RoomId::general().as_str())],
            |row| row.int(0),
        )?);
        batch.add_member(general, account, account, admin, false)?;
        Ok(Ok(account))
    }
}

impl Batch<'_> {
    /// Returns whether there is an account whose name looks like this one, including changes in this transaction.
    fn is_like_an_account(&mut self, name: &Name) -> Result<bool, StoreError> {
        self.enter_changes()?;
        let like = |change: &Change| match change {
            Change::AccountAdded { name: other, .. } => skeleton(other.as_str()) == skeleton(name.as_str()),
            _ => false,
        };
        Ok(self.view.looks_like_an_account(name) || self.committed.changes.iter().any(like))
    }
}

/// Changes a password; revokes every token except `keep`.
#[derive(Debug, Clone)]
pub struct SetPassword {
    /// The account.
    pub account: AccountId,
    /// The hash of the new password.
    pub password: String,
    /// The token that stays valid.
    pub keep: Option<i64>,
}

impl Write for SetPassword {
    type Done = ();

    fn kind(&self) -> &'static str {
        "password"
    }

    fn needs(&self) -> Needs {
        Needs::changes()
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<()> {
        let Self { account, password, keep } = self;
        let (account, keep) = (*account, *keep);
        batch.tx.execute(
            "UPDATE accounts SET password = $1 WHERE id = $2",
            &[Param::Text(password), Param::Int(account.0)],
        )?;
        batch.tx.execute(
            "DELETE FROM tokens WHERE account = $1 AND id <> $2",
            &[Param::Int(account.0), Param::Int(keep.unwrap_or(-1))],
        )?;
        batch.renew_key(account)?;
        batch.change(Change::PasswordChanged { account, kept: keep })?;
        Ok(Ok(()))
    }
}

/// Enables or disables an account.
#[derive(Debug, Clone, Copy)]
pub struct SetState {
    /// The account.
    pub account: AccountId,
    /// Its new state.
    pub state: AccountState,
    /// Whether the last administrator may be disabled, too.
    pub last_too: bool,
}

impl Write for SetState {
    type Done = ();

    fn kind(&self) -> &'static str {
        "state of an account"
    }

    fn needs(&self) -> Needs {
        Needs::changes()
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<()> {
        let Self { account, state, last_too } = *self;
        let last_too = last_too || state == AccountState::Active;
        let Some(before) = batch.may_end(account, last_too)? else {
            refuse!(NotAuthorized, "that is the last administrator; create another one first");
        };
        if before == AccountState::Deleted {
            refuse!(NotFound, "the account is deleted");
        }
        if before == state {
            return Ok(Ok(()));
        }
        batch.tx.execute(
            "UPDATE accounts SET state = $1 WHERE id = $2",
            &[Param::Text(state.word()), Param::Int(account.0)],
        )?;
        if state != AccountState::Active {
            batch.end_access(account)?;
        }
        batch.change(Change::AccountState { account, state })?;
        Ok(Ok(()))
    }
}

/// Deletes an account with everything except its messages and its membership of direct conversations.
#[derive(Debug, Clone, Copy)]
pub struct DeleteAccount {
    /// The account.
    pub account: AccountId,
    /// Whether the last administrator may be deleted, too.
    pub last_too: bool,
}

impl Write for DeleteAccount {
    type Done = ();

    fn kind(&self) -> &'static str {
        "end of an account"
    }

    fn needs(&self) -> Needs {
        Needs::changes()
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<()> {
        let Self { account, last_too } = *self;
        let Some(before) = batch.may_end(account, last_too)? else {
            refuse!(NotAuthorized, "that is the last administrator; create another one first");
        };
        if before == AccountState::Deleted {
            return Ok(Ok(()));
        }
        let was = batch.name(account)?;
        let rooms = batch.tx.all(
            "SELECT rooms.id FROM rooms JOIN members ON members.room = rooms.id
             WHERE members.account = $1 AND rooms.topic NOT LIKE 'dm/%' ORDER BY rooms.id",
            &[Param::Int(account.0)],
            |row| Ok(RoomKey(row.int(0)?)),
        )?;
        for room in rooms {
            batch.end_membership(room, account, account)?;
        }
        let mut name = format!("deleted-{}", account.0);
        while batch.tx.exists("SELECT 1 FROM accounts WHERE name = $1", &[Param::Text(&name)])? {
            name.push('x');
        }
        let name: Name = known(name)?;
        batch.end_access(account)?;
        batch.tx.execute(
            "UPDATE accounts SET name = $1, password = NULL, admin = 0, last_seen = NULL, state = 'deleted'
             WHERE id = $2",
            &[Param::Text(name.as_str()), Param::Int(account.0)],
        )?;
        // The name is not given to anybody else, who would be taken for the author of the remaining messages.
        settings::set_once(batch.tx, &gone(&was), "")?;
        batch.names.insert(account, name.clone());
        batch.change(Change::AccountDeleted { account, was, name })?;
        Ok(Ok(()))
    }
}

/// Records when accounts were last online, in milliseconds since 1970.
#[derive(Debug, Clone)]
pub struct LastSeen(pub Vec<(AccountId, i64)>);

impl Write for LastSeen {
    type Done = ();

    fn kind(&self) -> &'static str {
        "last seen"
    }

    fn needs(&self) -> Needs {
        Needs::changes()
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<()> {
        let mut seen = self.0.clone();
        seen.sort_unstable();
        let row = |(account, at): (AccountId, i64)| vec![Param::Int(at), Param::Int(account.0)];
        let rows: Vec<_> = seen.into_iter().map(row).collect();
        batch.tx.execute_each("UPDATE accounts SET last_seen = $1 WHERE id = $2", &rows)?;
        Ok(Ok(()))
    }
}

impl Batch<'_> {
    /// Returns whether there is an administrator who can sign in.
    fn has_administrator(&mut self) -> Result<bool, StoreError> {
        self.tx.exists(
            "SELECT 1 FROM accounts WHERE admin = 1 AND state = 'active' AND (password IS NOT NULL
             OR EXISTS (SELECT 1 FROM tokens WHERE tokens.account = accounts.id))",
            &[],
        )
    }

    /// Returns the state of an account; `None` if it is the last administrator, unless `last_too`.
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

    /// Deletes all tokens and sessions of an account and renews its key for the broker.
    fn end_access(&mut self, account: AccountId) -> Result<(), StoreError> {
        self.tx.execute("DELETE FROM tokens WHERE account = $1", &[Param::Int(account.0)])?;
        self.tx.execute("DELETE FROM sessions WHERE account = $1", &[Param::Int(account.0)])?;
        self.renew_key(account)
    }

    /// Invalidates the account's present key for the broker.
    pub(super) fn renew_key(&mut self, account: AccountId) -> Result<(), StoreError> {
        self.tx
            .execute(
                "UPDATE accounts SET key_generation = key_generation + 1 WHERE id = $1",
                &[Param::Int(account.0)],
            )
            .map(drop)
    }
}
