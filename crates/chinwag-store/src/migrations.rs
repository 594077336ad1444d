//! The steps that make the tables what they are. Each is done once, in order; one that was released never changes.
//!
//! While a cluster is updated, old and new servers work side by side: so a step only adds or loosens, and `oldest` says how
//! many steps a server must know to work on tables where this one is done.

use super::error::StoreError;

/// A step, for each kind of database.
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
];

/// The steps to do where `done` are done, the last of which a server must know `oldest` of; with their numbers.
pub(super) fn to_do(
    done: i64,
    oldest: i64,
) -> Result<impl Iterator<Item = (i64, &'static Step)>, StoreError> {
    let known = STEPS.len() as i64;
    if oldest > known {
        return Err(StoreError::Other(format!(
            "a newer Chinwag has changed the tables (step {done}) so that this one, which knows {known} steps, \
             cannot use them; update this one too"
        )));
    }
    Ok((1..).zip(STEPS).filter(move |(number, _)| *number > done))
}

/// Says that a step begins, where there may be much to change.
pub(super) fn announce(done: i64, step: i64) {
    if done > 0 {
        tracing::info!(
            step,
            "the tables of the database are brought up to date; with many messages it takes a while"
        );
    }
}
