//! The migrations that create the tables. Each is applied once, in order; a released one never changes.
//!
//! During an update of a cluster, old and new servers work side by side. So a migration only adds or relaxes, and
//! `oldest` is the number of migrations that a server must know to work on a database to which this one has been
//! applied.

use super::error::StoreError;

/// A migration, for each kind of database.
pub(super) struct Step {
    pub sqlite: &'static str,
    pub postgres: &'static str,
    pub oldest: i64,
}

macro_rules! step {
    ($file:literal, oldest $oldest:literal) => {
        Step {
            sqlite: include_str!(concat!("../migrations/sqlite/", $file, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $file, ".sql")),
            oldest: $oldest,
        }
    };
}

const STEPS: &[Step] = &[
    step!("0001_first", oldest 1),
    step!("0002_beyond_one_machine", oldest 1),
    step!("0003_ends_of_sessions", oldest 1),
    step!("0004_events_without_lookups", oldest 1),
    step!("0005_states_and_confirmations", oldest 1),
    step!("0006_shares", oldest 1),
    step!("0007_last_message", oldest 1),
    step!("0008_uploads_by_account", oldest 1),
    step!("0009_changes_of_messages", oldest 9),
    step!("0010_appended_events", oldest 10),
    step!("0011_session_cursors", oldest 11),
    step!("0012_thumbnails", oldest 12),
];

/// Returns the migrations still to apply, with their numbers, when `done` are applied. `oldest` is the number of
/// migrations that a server must know for this database; an error if this server knows fewer.
pub(super) fn to_do(
    done: i64,
    oldest: i64,
) -> Result<impl Iterator<Item = (i64, &'static Step)>, StoreError> {
    let known = STEPS.len() as i64;
    if oldest > known {
        return Err(StoreError::Other(format!(
            "a newer version of Chinwag has changed the tables (step {done}); this version, which knows {known} \
             steps, cannot use them; update it"
        )));
    }
    Ok((1..).zip(STEPS).filter(move |(number, _)| *number > done))
}

/// Logs that a migration begins, unless the database is new.
pub(super) fn announce(done: i64, step: i64) {
    if done > 0 {
        tracing::info!(step, "migrating the database's tables; this takes a while with many messages");
    }
}
