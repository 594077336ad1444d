//! What every part of the server shares.

use std::sync::Arc;

use crate::accounts::broker_key::BrokerKeys;
use crate::accounts::passwords::Passwords;
use crate::accounts::setup::SetupToken;
use crate::accounts::used::UsedTokens;
use crate::cursors::Cursors;
use crate::directory::Directory;
use crate::live::Live;
use crate::media::Place;
use crate::metrics::Times;
use crate::mqtt::refusals::Refusals;
use crate::presence::Presence;
use crate::rates::Rates;
use crate::refused::Refused;
use crate::store::Store;

/// The application: its store and what it knows beside it.
pub struct App {
    /// The database.
    pub store: Store,
    /// The directory, and what else must follow every commit at once.
    pub live: Arc<Live>,
    /// The accounts' keys for the broker.
    pub broker_keys: BrokerKeys,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// How long things take.
    pub times: Times,
    /// How many publishes were refused.
    pub refused: Refused,
    /// The rate limits.
    pub rates: Rates,
    /// Who is there.
    pub presence: Presence,
    /// Read cursors that are not stored yet.
    pub cursors: Cursors,
    /// Which refusals inboxes were told of lately.
    pub refusals: Refusals,
    /// Uploaded files.
    pub media: Place,
    /// The first-start link's secret.
    pub setup: SetupToken,
    /// Tokens in use.
    pub used_tokens: UsedTokens,
}

impl App {
    /// Accounts, rooms, members and tokens as they stand.
    pub fn directory(&self) -> &Arc<Directory> {
        self.live.directory()
    }
}
