//! Creates and holds the parts of the server. A part knows another only if it is passed to it.

use std::sync::Arc;

use crate::accounts::Accounts;
use crate::chat::Chat;
use crate::directory::Directory;
use crate::live::Live;
use crate::media::{Media, Place, Quota};
use crate::metrics::Times;
use crate::rates::Rates;
use crate::store::Store;

/// The application.
pub struct App {
    /// The database.
    pub store: Store,
    /// The in-memory state that follows every commit, above all the directory.
    pub live: Arc<Live>,
    /// What members do in rooms.
    pub chat: Arc<Chat>,
    /// Accounts, sign-in and tokens.
    pub accounts: Arc<Accounts>,
    /// Uploaded files.
    pub media: Arc<Media>,
    /// Durations of commits, deliveries and requests.
    pub times: Arc<Times>,
}

impl App {
    /// Creates the application on a database and its directory, with uploads in `place`. `limits` turns rate limits on.
    pub fn new(
        store: Store,
        live: Arc<Live>,
        place: Place,
        quota: Quota,
        limits: bool,
    ) -> anyhow::Result<Self> {
        let (directory, rates) = (live.directory(), Arc::new(Rates::new(limits)));
        let chat = Chat::new(store.clone(), Arc::clone(directory), Arc::clone(&rates));
        let accounts = Accounts::new(store.clone(), Arc::clone(directory), Arc::clone(&rates))?;
        let media = Media::new(store.clone(), Arc::clone(directory), rates, place, quota);
        let (chat, accounts, media) = (Arc::new(chat), Arc::new(accounts), Arc::new(media));
        let times = Arc::<Times>::default();
        store.observe_commits(Box::new(times.of_commits()));
        Ok(Self { store, live, chat, accounts, media, times })
    }

    /// Returns the current accounts, rooms, members and tokens.
    pub fn directory(&self) -> &Arc<Directory> {
        self.live.directory()
    }
}
