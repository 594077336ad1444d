//! The parts of the server, made and held together. They know each other only by what each is given.

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
    /// The directory, and what else must follow every commit at once.
    pub live: Arc<Live>,
    /// What people do in rooms.
    pub chat: Arc<Chat>,
    /// Who they are.
    pub accounts: Arc<Accounts>,
    /// Uploaded files.
    pub media: Arc<Media>,
    /// How long things take.
    pub times: Arc<Times>,
}

impl App {
    /// On a database, with what is known of it; uploads are in `place`. `limits`: how often somebody may do something.
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

    /// Accounts, rooms, members and tokens as they stand.
    pub fn directory(&self) -> &Arc<Directory> {
        self.live.directory()
    }
}
