//! Followers: consumers that read the rooms' logs and must miss nothing. Their offset in each log is stored here. One
//! of them publishes on an external broker.

use crate::batch::{Applied, Batch};
use crate::model::RoomKey;
use crate::sql::Param;
use crate::write::Write;

/// The offsets of a follower in rooms' logs; they only move forward.
#[derive(Debug, Clone)]
pub struct Followed {
    /// Its name.
    pub follower: &'static str,
    /// Rooms, with the seq up to which the follower has processed everything.
    pub rooms: Vec<(RoomKey, u64)>,
}

impl Write for Followed {
    type Done = ();

    fn kind(&self) -> &'static str {
        "a follower's places"
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<()> {
        let mut rooms = self.rooms.clone();
        rooms.sort_unstable();
        let row = |&(room, seq): &(RoomKey, u64)| {
            vec![Param::Text(self.follower), Param::seq(seq), Param::Int(room.0)]
        };
        let rows: Vec<_> = rooms.iter().map(row).collect();
        // A room may have been deleted meanwhile.
        batch.tx.execute_each(
            "INSERT INTO followers (name, room, seq) SELECT $1, id, $2 FROM rooms WHERE id = $3
             ON CONFLICT (name, room) DO UPDATE SET seq = excluded.seq WHERE followers.seq < excluded.seq",
            &rows,
        )?;
        Ok(Ok(()))
    }
}

/// Makes a follower start with the events that are stored from now on.
#[derive(Debug, Clone, Copy)]
pub struct FollowFromHere {
    /// Its name.
    pub follower: &'static str,
}

impl Write for FollowFromHere {
    type Done = ();

    fn kind(&self) -> &'static str {
        "a follower's places"
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<()> {
        let name = [Param::Text(self.follower)];
        batch.tx.execute("DELETE FROM followers WHERE name = $1", &name)?;
        batch.tx.execute(
            "INSERT INTO followers (name, room, seq) SELECT CAST($1 AS TEXT), room, last_seq FROM heads",
            &name,
        )?;
        Ok(Ok(()))
    }
}
