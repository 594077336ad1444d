//! Mosquitto's dynamic-security plugin, configured over its control topic. It needs only a new administrator of the
//! plugin; everything else is set up from here: the default access, the servers' role, a role and a client for each
//! account, the account's key as its password.
//!
//! Only the leader does this. After each connect it reads everything the broker has and changes only what differs; from
//! then on it follows the changes in the directory. The desired state is always derived from the current directory, so
//! that nothing depends on the order or the number of changes.

mod acl;
mod control;
mod plan;
mod touched;

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use control::{COMMANDS, Control, ControlError, RESPONSES};
use plan::{Known, Unit};
use touched::Touched;

use chinwag_chat::accounts::broker_key::BrokerKeys;
use chinwag_chat::directory::Directory;
use chinwag_store::Change;

/// How long the plugin may take to answer at all.
const THERE: Duration = Duration::from_secs(3);
/// How long a page of the plugin's lists, or another response, may take.
const PAGE_PATIENCE: Duration = Duration::from_secs(20);
/// The number of clients on a page.
const CLIENTS: usize = 200;
/// The number of roles on a page: each has up to six rules per room.
const ROLES: usize = 40;
/// The number of accounts whose rules are computed at a time.
const ACCOUNTS: usize = 200;

/// The plugin, with its known state.
pub struct Dynsec {
    control: Control,
    user: String,
    directory: Arc<Directory>,
    /// The accounts' keys for the broker.
    keys: Arc<BrokerKeys>,
    known: Option<Known>,
}

impl Dynsec {
    /// Creates it with `control` as the connection of the broker's user `user`.
    pub fn new(control: Control, user: String, directory: Arc<Directory>, keys: Arc<BrokerKeys>) -> Self {
        Self { control, user, directory, keys, known: None }
    }

    /// Whether the plugin responds to this connection.
    pub async fn answers(&mut self) -> bool {
        self.control.ask(json!({"command": "getDefaultACLAccess"}), THERE).await.is_ok()
    }

    /// Gives the servers' own user its rights. Must be called first after each connect.
    pub async fn equip(&mut self) -> Result<(), ControlError> {
        self.deny_by_default().await?;
        let mut known = self.look().await?;
        let server: Vec<Unit> = known.for_server().into_iter().collect();
        refused(self.control.work_through(server).await?)?;
        if let Some(command) = known.give_server_its_role(&self.user) {
            self.control.last_words(&command).await?;
            return Err(ControlError::ConnectAgain);
        }
        self.known = Some(known);
        Ok(())
    }

    /// Corrects everything, whatever its state was.
    pub async fn reconcile(&mut self) -> Result<(), ControlError> {
        let mut known = match self.known.take() {
            Some(known) => known,
            None => self.look().await?,
        };
        let directory = Arc::clone(&self.directory);
        let gone = known.without(|name| directory.account_named(name).is_some());
        refused(self.control.work_through(gone).await?)?;
        self.settle(&mut known, Touched::everything(&directory)).await?;
        self.known = Some(known);
        Ok(())
    }

    /// Applies changes that the directory already contains. After an error call [`Self::reconcile`].
    pub async fn apply(&mut self, changes: &[Change]) -> Result<(), ControlError> {
        let Some(mut known) = self.known.take() else { return Err(ControlError::NoAnswer) };
        self.settle(&mut known, Touched::by(&self.directory, changes)).await?;
        self.known = Some(known);
        Ok(())
    }

    async fn deny_by_default(&mut self) -> Result<(), ControlError> {
        let wanted = json!([
            {"acltype": "publishClientSend", "allow": false},
            {"acltype": "publishClientReceive", "allow": false},
            {"acltype": "subscribe", "allow": false},
            {"acltype": "unsubscribe", "allow": true},
        ]);
        let now = self.control.ask(json!({"command": "getDefaultACLAccess"}), PAGE_PATIENCE).await?;
        if now["data"]["acls"] == wanted {
            return Ok(());
        }
        let set = json!({"command": "setDefaultACLAccess", "acls": wanted});
        let answer = self.control.ask(set, PAGE_PATIENCE).await?;
        answer["error"].as_str().map_or(Ok(()), |error| Err(ControlError::Answer(error.into())))
    }

    /// Reads what the broker has, page by page.
    async fn look(&mut self) -> Result<Known, ControlError> {
        let (mut known, user) = (Known::default(), self.user.clone());
        self.pages("listClients", "clients", CLIENTS, |client| known.client(client, &user)).await?;
        self.pages("listRoles", "roles", ROLES, |role| known.role(role)).await?;
        Ok(known)
    }

    async fn pages<T: DeserializeOwned>(
        &mut self,
        command: &str,
        list: &str,
        size: usize,
        mut note: impl FnMut(T),
    ) -> Result<(), ControlError> {
        let mut offset = 0;
        loop {
            let page = json!({"command": command, "verbose": true, "count": size, "offset": offset});
            let mut answer = self.control.ask(page, PAGE_PATIENCE).await?;
            let listed: Vec<T> = serde_json::from_value(answer["data"][list].take())
                .map_err(|error| ControlError::Answer(format!("{command}: {error}: {answer}")))?;
            offset += listed.len();
            let last = listed.len() < size;
            listed.into_iter().for_each(&mut note);
            if last {
                return Ok(());
            }
        }
    }

    /// Corrects the rules of what is touched.
    async fn settle(&mut self, known: &mut Known, touched: Touched) -> Result<(), ControlError> {
        let directory = Arc::clone(&self.directory);
        // Before the first account, whose client refers to this role.
        let all = touched.all.then(|| known.for_all(&directory.reach_of_all())).flatten();
        refused(self.control.work_through(all.into_iter().collect()).await?)?;
        let accounts: Vec<_> = touched.accounts.into_iter().collect();
        for accounts in accounts.chunks(ACCOUNTS) {
            let mut units = Vec::new();
            for reach in directory.reaches(accounts.iter().copied()) {
                let key = self.keys.of(reach.id, reach.key_generation);
                units.extend(known.for_account(&reach, &key));
                if known.is_foreign(reach.name.as_str()) {
                    tracing::error!(name = %reach.name, "the broker has another user with that name, not created by \
                        Chinwag: the account's owner cannot connect to it");
                }
            }
            let wrong = self.control.work_through(units).await?;
            self.once_more(known, wrong).await?;
        }
        Ok(())
    }

    /// Handles accounts whose state on the broker was not as assumed: reads it, and tries once more.
    async fn once_more(
        &mut self,
        known: &mut Known,
        wrong: Vec<(String, String)>,
    ) -> Result<(), ControlError> {
        for (name, error) in wrong {
            tracing::warn!(%name, %error, "the broker's rules for an account were wrong, and are corrected");
            known.forget(&name);
            let answers = self.control.exchange(&[plan::look_at(&name)], PAGE_PATIENCE).await?;
            for mut answer in answers.into_iter().flatten() {
                let data: Value = answer["data"].take();
                if let Ok(role) = serde_json::from_value(data["role"].clone()) {
                    known.role(role);
                }
                if let Ok(client) = serde_json::from_value(data["client"].clone()) {
                    known.client(client, &self.user);
                }
            }
            let account = self.directory.account_named(&name).map(|account| account.id);
            for reach in self.directory.reaches(account) {
                let key = self.keys.of(reach.id, reach.key_generation);
                let unit = known.for_account(&reach, &key);
                for (name, error) in self.control.work_through(unit.into_iter().collect()).await? {
                    tracing::error!(%name, %error, "the broker refuses the rules for an account");
                    known.forget(&name);
                }
            }
        }
        Ok(())
    }
}

fn refused(wrong: Vec<(String, String)>) -> Result<(), ControlError> {
    match wrong.into_iter().next() {
        Some((_, error)) => Err(ControlError::Answer(error)),
        None => Ok(()),
    }
}
