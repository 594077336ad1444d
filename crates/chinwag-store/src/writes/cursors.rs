//! Read cursors.

use crate::batch::{Applied, Batch};
use crate::model::CursorMove;
use crate::write::{Needs, Write};

/// Moves read cursors of members; each only moves forward, and never beyond the end of the log. Returns those that
/// moved, with their new positions.
#[derive(Debug, Clone)]
pub struct MoveCursors(pub Vec<CursorMove>);

impl Write for MoveCursors {
    type Done = Vec<CursorMove>;

    fn kind(&self) -> &'static str {
        "read cursors"
    }

    fn needs(&self) -> Needs {
        let members = self.0.iter().map(|cursor| (cursor.room, cursor.account)).collect();
        Needs { members, last: true, ..Needs::default() }
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<Vec<CursorMove>> {
        let mut cursors = self.0.clone();
        cursors.sort_unstable();
        Ok(Ok(batch.tx.move_cursors(&cursors)?))
    }
}
