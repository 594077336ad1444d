//! Persistent MQTT sessions: what outlives the process.

use super::{Applied, Scribe, SessionWrite, Written};
use crate::store::sql::Param;

impl Scribe<'_> {
    pub(super) fn sessions(&mut self, sessions: &[SessionWrite]) -> Applied {
        for SessionWrite { account, client_id, state } in sessions {
            let key = [Param::Int(account.0), Param::Text(client_id)];
            match state {
                Some(session) => self.tx.execute(
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
                    self.tx.execute("DELETE FROM sessions WHERE account = $1 AND client_id = $2", &key)?
                }
            };
        }
        Ok(Ok(Written::Done))
    }

    pub(super) fn all_sessions_left(&mut self) -> Applied {
        let now = [Param::Int(self.now / 1_000)];
        self.tx.execute("UPDATE sessions SET left_at = $1 WHERE left_at IS NULL", &now)?;
        Ok(Ok(Written::Done))
    }

    pub(super) fn end_sessions(&mut self) -> Applied {
        let now = [Param::Int(self.now / 1_000)];
        self.tx.execute("DELETE FROM sessions WHERE left_at + expiry < $1", &now)?;
        Ok(Ok(Written::Done))
    }
}
