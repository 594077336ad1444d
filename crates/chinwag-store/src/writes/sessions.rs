//! Persistent MQTT sessions: the part that survives a restart.

use crate::batch::{Applied, Batch};
use crate::error::StoreError;
use crate::model::{AccountId, SessionChange, SessionWrite};
use crate::sql::{Param, Tx};
use crate::write::Write;

/// Changes of MQTT sessions to store, all or none.
#[derive(Debug, Clone)]
pub struct Sessions(pub Vec<SessionWrite>);

impl Write for Sessions {
    type Done = ();

    fn kind(&self) -> &'static str {
        "MQTT sessions"
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<()> {
        for SessionWrite { account, client_id, change } in &self.0 {
            let key = [Param::Int(account.0), Param::Text(client_id)];
            match change {
                Some(change) => save(batch.tx, *account, client_id, change)?,
                None => {
                    batch.tx.execute("DELETE FROM sessions WHERE account = $1 AND client_id = $2", &key)?;
                }
            }
        }
        // For a room or session that was deleted in the meantime, nothing is inserted.
        let moved = self.0.iter().filter_map(|write| Some((write, write.change.as_ref()?)));
        let rows = moved.flat_map(|(SessionWrite { account, client_id, .. }, change)| {
            change.cursors.iter().map(|(room, seq)| {
                vec![Param::seq(*seq), Param::Int(account.0), Param::Text(client_id), Param::Int(room.0)]
            })
        });
        batch.tx.execute_each(
            "INSERT INTO session_cursors (account, client_id, room, seq)
             SELECT s.account, s.client_id, r.id, $1 FROM sessions s, rooms r
             WHERE s.account = $2 AND s.client_id = $3 AND r.id = $4
             ON CONFLICT (account, client_id, room) DO UPDATE SET seq = excluded.seq",
            &rows.collect::<Vec<_>>(),
        )?;
        Ok(Ok(()))
    }
}

/// Stores the row, and deletes the cursors that are to be replaced.
fn save(
    tx: &mut dyn Tx,
    account: AccountId,
    client_id: &str,
    change: &SessionChange,
) -> Result<(), StoreError> {
    let (account, client_id) = (Param::Int(account.0), Param::Text(client_id));
    if let Some(row) = &change.row {
        let left_at = row.left_at.map_or(Param::Null, Param::Int);
        tx.execute(
            "INSERT INTO sessions (account, client_id, state, expiry, left_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (account, client_id) DO UPDATE SET state = excluded.state,
             expiry = excluded.expiry, left_at = excluded.left_at",
            &[account, client_id, Param::Text(&row.state), Param::Int(row.expiry.into()), left_at],
        )?;
    }
    if change.all_cursors {
        let delete = "DELETE FROM session_cursors WHERE account = $1 AND client_id = $2";
        tx.execute(delete, &[account, client_id])?;
    }
    Ok(())
}

/// Marks all sessions as disconnected whose client still appears connected: the process with their connections is gone.
#[derive(Debug, Clone, Copy)]
pub struct AllSessionsLeft;

impl Write for AllSessionsLeft {
    type Done = ();

    fn kind(&self) -> &'static str {
        "ends of MQTT sessions"
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<()> {
        let now = [Param::Int(batch.now / 1_000)];
        batch.tx.execute("UPDATE sessions SET left_at = $1 WHERE left_at IS NULL", &now)?;
        Ok(Ok(()))
    }
}

/// Deletes expired sessions.
#[derive(Debug, Clone, Copy)]
pub struct EndSessions;

impl Write for EndSessions {
    type Done = ();

    fn kind(&self) -> &'static str {
        "ends of MQTT sessions"
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<()> {
        let now = [Param::Int(batch.now / 1_000)];
        batch.tx.execute("DELETE FROM sessions WHERE left_at + expiry < $1", &now)?;
        Ok(Ok(()))
    }
}
