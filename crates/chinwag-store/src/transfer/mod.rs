//! Moving a whole installation from one database to another, of either kind.
//!
//! The logs are by far the largest part, and their content changes only through erasures. So they are copied while the
//! source is still being served ([`Transfer::copy_logs`]); an interrupted copy of a room continues where it ended, even
//! after a `kill -9`. The rest, and the events since then, are copied when no server uses the source any longer and
//! nothing else may write to it ([`Transfer::finish`]). Both sides are compared by counts and hashes. Then the source
//! is marked as moved, and the target as complete; no server starts on the target before that, nor on the source after
//! it.

mod events;
mod rows;
mod tables;

use super::database::Database;
use super::error::StoreError;
use super::follow::heads;
use super::sql::{Connection, Param, Tx, Work};

/// The setting with a unique id of the installation, to make sure that a copy is continued from its own source.
const INSTALLATION: &str = "installation";
/// The setting on the target, until the copy is complete, with the id of the source's installation.
const COPYING: &str = "copying_from";
/// The setting on the source, once it was moved, with the new location.
const MOVED: &str = "moved_to";

/// How often a source that is still being served is compared.
const ATTEMPTS: u32 = 3;

/// The progress of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// Events copied, and the total number.
    Copied(u64, u64),
    /// Events compared, and the total number.
    Compared(u64, u64),
    /// A table has been copied and compared, with its number of rows.
    Table(&'a str, u64),
}

/// A callback for the progress.
pub type Tell<'a> = &'a mut dyn FnMut(Progress<'_>);

/// A transfer in progress. All its methods block on disks and networks, so don't call them on an async thread.
pub struct Transfer {
    source: Box<dyn Connection>,
    target: Box<dyn Connection>,
    moved_to: String,
    /// For each room, the seq up to which the log has been copied and compared.
    compared: events::Compared,
}

impl Transfer {
    /// Opens both sides. Refuses a target that contains anything except an unfinished copy of this source.
    pub fn begin(from: &Database, to: &Database) -> Result<Self, StoreError> {
        let side = |flag: &str, database: &Database, error: StoreError| match error {
            StoreError::Other(why) => StoreError::Other(format!("{flag}: {database:?}: {why}")),
            error => error,
        };
        let mut source = from.open().map_err(|error| side("--from", from, error))?;
        let mut target = to.open().map_err(|error| side("--to", to, error))?;
        let moved_to = format!("{to:?}");
        let new_name = uuid::Uuid::new_v4().to_string();
        let (mut name, mut moved) = (String::new(), None);
        source.write(&mut |tx| {
            tx.execute(
                "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING",
                &[Param::Text(INSTALLATION), Param::Text(&new_name)],
            )?;
            name = setting(tx, INSTALLATION)?.unwrap_or_default();
            if setting(tx, COPYING)?.is_some() {
                return Err(StoreError::Other("the source is itself an unfinished copy".into()));
            }
            moved = setting(tx, MOVED)?;
            Ok(())
        })?;
        target.write(&mut |tx| {
            let copying = setting(tx, COPYING)?;
            if copying.as_deref() == Some(&name) {
                return Ok(());
            }
            if let Some(moved) = &moved {
                return Err(StoreError::Other(format!("the source was already moved to {moved}")));
            }
            if copying.is_some() {
                let words = "the target holds an unfinished copy of another installation";
                return Err(StoreError::Other(words.into()));
            }
            for table in tables::all() {
                let rows = tx.one(table.statements().count, &[], |row| row.int(0))?;
                if rows > 0 {
                    let words = format!("the target is not empty: {} has {rows} rows", table.name);
                    return Err(StoreError::Other(words));
                }
            }
            tx.execute(
                "INSERT INTO settings (key, value) VALUES ($1, $2)",
                &[Param::Text(COPYING), Param::Text(&name)],
            )
            .map(drop)
        })?;
        Ok(Self { source, target, moved_to, compared: events::Compared::default() })
    }

    /// Copies and compares the logs in their present state. The source may be in use.
    pub fn copy_logs(&mut self, tell: Tell<'_>) -> Result<(), StoreError> {
        let Self { source, target, compared, .. } = self;
        // The heads first: every sender of an event below them existed by then, so the accounts copied next are
        // complete.
        let heads = source.get(heads)?;
        let mut reading = |work: &mut Work<'_>| source.read(work);
        for table in [&tables::ACCOUNTS, &tables::ROOMS] {
            rows::copy(table, &mut reading, target.as_mut())?;
        }
        events::copy(&heads, &mut reading, target.as_mut(), tell)?;
        let mut compared_all = Ok(());
        for _ in 0..ATTEMPTS {
            events::copy_erased(&mut reading, target.as_mut())?;
            compared_all = events::compare(&heads, &mut reading, target.as_mut(), compared, tell);
            if compared_all.is_ok() {
                break;
            }
            // Most likely something was erased in the meantime.
        }
        compared_all
    }

    /// Copies and compares everything that is left, and hands over. No server may use the source; other writers to it
    /// have to wait.
    pub fn finish(&mut self, tell: Tell<'_>) -> Result<(), StoreError> {
        let Self { source, target, compared, moved_to } = self;
        source.write(&mut |tx| {
            tx.keep_others_from_writing(tables::lock())?;
            let heads = heads(tx)?;
            // Everything is read in the transaction that locks out other writers.
            let mut reading = |work: &mut Work<'_>| work(tx);
            for table in [&tables::ACCOUNTS, &tables::ROOMS] {
                rows::copy(table, &mut reading, target.as_mut())?;
            }
            events::copy(&heads, &mut reading, target.as_mut(), tell)?;
            events::copy_erased(&mut reading, target.as_mut())?;
            events::compare(&heads, &mut reading, target.as_mut(), compared, tell)?;
            target.write(&mut |tx| {
                let clear = |table: &tables::Table| tx.execute(table.statements().clear, &[]).map(drop);
                tables::REPLACED.iter().rev().try_for_each(clear)
            })?;
            for table in tables::REPLACED {
                rows::copy(table, &mut reading, target.as_mut())?;
            }
            for table in tables::all() {
                let count = rows::compare(table, &mut reading, target.as_mut())?;
                tell(Progress::Table(table.name, count));
            }
            let moved = [Param::Text(MOVED), Param::Text(moved_to)];
            tx.execute(
                "INSERT INTO settings (key, value) VALUES ($1, $2)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                &moved,
            )?;
            Ok(())
        })?;
        // From here on the source is not served, and the target not yet: if the process ends here, the next run finds
        // both in that state and repeats this step.
        target.write(&mut |tx| {
            tx.number_on()?;
            tx.execute("DELETE FROM settings WHERE key = $1", &[Param::Text(COPYING)]).map(drop)
        })
    }
}

fn setting(tx: &mut dyn Tx, key: &str) -> Result<Option<String>, StoreError> {
    tx.first("SELECT value FROM settings WHERE key = $1", &[Param::Text(key)], |row| row.text(0))
}

/// Refuses to serve an installation that was moved away or is an unfinished copy.
pub(super) fn check(tx: &mut dyn Tx) -> Result<(), StoreError> {
    if let Some(to) = setting(tx, MOVED)? {
        return Err(StoreError::Other(format!("this installation was moved to {to}; use that database")));
    }
    if setting(tx, COPYING)?.is_some() {
        let words = "this is an unfinished copy; run `chinwag migrate` again to continue it";
        return Err(StoreError::Other(words.into()));
    }
    Ok(())
}

/// Runs work in a transaction on one side.
type Reading<'a> = &'a mut dyn FnMut(&mut Work<'_>) -> Result<(), StoreError>;

/// Returns the error for a difference between the two sides.
fn differs(what: &str, here: impl std::fmt::Debug, there: impl std::fmt::Debug) -> StoreError {
    StoreError::Other(format!("{what} differs between the databases: {here:?} and {there:?}"))
}
