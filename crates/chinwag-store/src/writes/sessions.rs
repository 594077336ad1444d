//! Persistent MQTT sessions: the part that survives a restart.

use crate::batch::{Applied, Batch};
use crate::model::SessionWrite;
use crate::sql::Param;
use crate::write::Write;

/// MQTT session states to store, all or none.
#[derive(Debug, Clone)]
pub struct Sessions(pub Vec<SessionWrite>);

impl Write for Sessions {
    type Done = ();

    fn kind(&self) -> &'static str {
        "MQTT sessions"
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<()> {
        for SessionWrite { account, client_id, state } in &self.0 {
            let key = [Param::Int(account.0), Param::Text(client_id)];
            match state {
                Some(session) => batch.tx.execute(
                    "INSERT INTO sessions (account, client_id, state, expiry, left_at) VALUES ($1, $2, $3, $4, $5)
                     ON CONFLICT (account, client_id) DO UPDATE SET state = excluded.state,
                     expiry = excluded.expiry, left_at = excluded.left_at",
                    &[
                        key[0],
                        key[1],
                        Param::Text(&session.state),
                        Param::Int(session.expiry.into()),
                        session.left_at.map_or(Param::Null, Param::Int),
                    ],
                )?,
                None => {
                    batch.tx.execute("DELETE FROM sessions WHERE account = $1 AND client_id = $2", &key)?
                }
            };
        }
        Ok(Ok(()))
    }
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
