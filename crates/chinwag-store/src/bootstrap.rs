//! What exists from the first start: the room `general`, and the secret from which the servers' keys are derived.

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chinwag_protocol::RoomId;

use super::change::Change;
use super::clock;
use super::error::StoreError;
use super::model::{AccountId, NewRoomRow, RoomKey};
use super::sql::{Connection, Param, Tx};

/// Creates the room `general` if it is missing.
pub(super) fn ensure_general(connection: &mut dyn Connection) -> Result<(), StoreError> {
    let topic = RoomId::general();
    connection.write(&mut |tx| {
        // Two servers may start on the same empty database.
        tx.lock_changes()?;
        if tx.exists("SELECT 1 FROM rooms WHERE topic = $1", &[Param::Text(topic.as_str())])? {
            return Ok(());
        }
        let general = NewRoomRow {
            topic: topic.clone(),
            title: "General".into(),
            purpose: "Everybody is here".into(),
            private: false,
        };
        insert_room(tx, &general, None, clock::now()).map(drop)
    })
}

/// Creates the secret from which the accounts' keys for the broker and the key of signed addresses are derived, if it is
/// missing; returns it.
pub(super) fn ensure_broker_secret(connection: &mut dyn Connection) -> Result<String, StoreError> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| StoreError::Other("there is no randomness".into()))?;
    let fresh = URL_SAFE_NO_PAD.encode(bytes);
    let mut secret = String::new();
    connection.write(&mut |tx| {
        tx.execute(
            "INSERT INTO settings (key, value) VALUES ('broker_secret', $1) ON CONFLICT (key) DO NOTHING",
            &[Param::Text(&fresh)],
        )?;
        secret = tx.one("SELECT value FROM settings WHERE key = 'broker_secret'", &[], |row| row.text(0))?;
        Ok(())
    })?;
    Ok(secret)
}

fn new_epoch() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// Gives every room's log a new epoch; returns the number of rooms.
pub(super) fn renew_epochs(connection: &mut dyn Connection) -> Result<u64, StoreError> {
    let mut rooms = 0;
    connection.write(&mut |tx| {
        let keys = tx.all("SELECT id FROM rooms", &[], |row| row.int(0))?;
        let epochs: Vec<(i64, String)> = keys.into_iter().map(|key| (key, new_epoch())).collect();
        let rows: Vec<_> =
            epochs.iter().map(|(key, epoch)| vec![Param::Text(epoch), Param::Int(*key)]).collect();
        rooms = rows.len() as u64;
        tx.execute_each("UPDATE rooms SET epoch = $1 WHERE id = $2", &rows)
    })?;
    Ok(rooms)
}

/// Inserts a room with an empty log; returns its id and the change to record. The room counts toward the limit of
/// `maker`.
pub(super) fn insert_room(
    tx: &mut dyn Tx,
    new: &NewRoomRow,
    maker: Option<AccountId>,
    now: i64,
) -> Result<(RoomKey, Change), StoreError> {
    let epoch = new_epoch();
    let room = RoomKey(tx.one(
        "INSERT INTO rooms (topic, title, purpose, private, epoch, created_at, made_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
        &[
            Param::Text(new.topic.as_str()),
            Param::Text(&new.title),
            Param::Text(&new.purpose),
            Param::Int(new.private.into()),
            Param::Text(&epoch),
            Param::Int(now),
            maker.map_or(Param::Null, |maker| Param::Int(maker.0)),
        ],
        |row| row.int(0),
    )?);
    tx.execute(
        "INSERT INTO heads (room, last_seq, last_message_seq, messages) VALUES ($1, 0, 0, 0)",
        &[Param::Int(room.0)],
    )?;
    let change = Change::RoomAdded {
        room,
        topic: new.topic.clone(),
        title: new.title.clone(),
        purpose: new.purpose.clone(),
        private: new.private,
        epoch,
    };
    Ok((room, change))
}
