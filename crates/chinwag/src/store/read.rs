//! Reading: a small pool of read-only connections, used off the async threads.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use chinwag_protocol::{Attachment, Name, RoomId};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::change::{AccountId, MemberState, RoomKey, TokenHash};
use super::database::Database;
use super::sql::{Connection, Param, Row, Tx};
use super::write::{SessionRow, known};
use super::{StoreError, StoredEvent};
use crate::directory::{AccountEntry, Contents};

/// Reads that run at a time; beyond it, readers wait.
const CONNECTIONS: usize = 4;
/// Of a room's last events, how many are looked at to count the unread messages: bounds what a room costs in which
/// somebody has not read a very long stretch, most of it their own.
const COUNTED: i64 = 1_000;

/// Reads the database.
#[derive(Clone)]
pub struct Reader {
    database: Database,
    idle: Arc<Mutex<Vec<Box<dyn Connection>>>>,
    permits: Arc<Semaphore>,
}

/// The end of a room's log.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// Changes when the log was rewound.
    pub epoch: String,
    /// The seq of the last event.
    pub last_seq: u64,
}

/// What a member sees of a room from outside.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// The seq of the room's last event.
    pub last_seq: u64,
    /// How far they have read.
    pub read_seq: u64,
    /// Messages of others after that, up to a limit.
    pub unread: u64,
    /// The last message, the JSON event.
    pub last_message: Option<String>,
}

/// A file that somebody uploaded.
#[derive(Debug, Clone)]
pub struct StoredMedia {
    /// What it is shown as.
    pub media: Attachment,
    /// Who uploaded it.
    pub account: AccountId,
    /// Where it was posted.
    pub rooms: Vec<RoomKey>,
}

impl Reader {
    pub(super) fn open(database: Database) -> Result<Self, StoreError> {
        let first = database.open_for_reading()?;
        Ok(Self {
            database,
            idle: Arc::new(Mutex::new(vec![first])),
            permits: Arc::new(Semaphore::new(CONNECTIONS)),
        })
    }

    /// Can other servers work on this database beside us?
    pub fn is_shared(&self) -> bool {
        matches!(self.database, Database::Postgres(_))
    }

    /// Reads in one snapshot.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        mut read: impl FnMut(&mut dyn Tx) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let gone = || StoreError::Unavailable("the server is stopping".into());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| gone())?;
        let (idle, database) = (Arc::clone(&self.idle), self.database.clone());
        tokio::task::spawn_blocking(move || {
            // Held until the work is done, also when nobody waits for it any more. So there are never more
            // connections than permits.
            let _permit = permit;
            let kept = idle.lock().pop();
            let may_be_stale = kept.is_some();
            let mut connection = kept.map_or_else(|| database.open_for_reading(), Ok)?;
            let mut result = connection.get(&mut read);
            if connection.is_broken() && may_be_stale {
                // The database went away while the connection was idle; it may be back.
                connection = database.open_for_reading()?;
                result = connection.get(&mut read);
            }
            if !connection.is_broken() {
                idle.lock().push(connection);
            }
            result
        })
        .await
        .map_err(|_| gone())?
    }

    /// The end of a room's log, and the events that `read` gives, in one snapshot.
    async fn stretch(
        &self,
        room: RoomKey,
        read: impl Fn(&mut dyn Tx, &Head) -> Result<Vec<StoredEvent>, StoreError> + Send + 'static,
    ) -> Result<(Head, Vec<StoredEvent>), StoreError> {
        self.run(move |tx| {
            let head =
                tx.one("SELECT epoch, last_seq FROM rooms WHERE id = $1", &[Param::Int(room.0)], |row| {
                    Ok(Head { epoch: row.text(0)?, last_seq: row.int(1)? as u64 })
                })?;
            let events = read(tx, &head)?;
            Ok((head, events))
        })
        .await
    }

    /// The log after `after`, if that is at most `behind` from its end and not beyond it; in order, at most
    /// `limit` events, about `max_bytes` of them (at least one).
    pub async fn events_within(
        &self,
        room: RoomKey,
        after: u64,
        behind: u64,
        limit: u32,
        max_bytes: usize,
    ) -> Result<(Head, Option<Vec<StoredEvent>>), StoreError> {
        let near = move |head: &Head| after <= head.last_seq && head.last_seq - after <= behind;
        let read = move |tx: &mut dyn Tx, head: &Head| {
            if near(head) { events_after(tx, room, after, limit, max_bytes) } else { Ok(Vec::new()) }
        };
        let (head, events) = self.stretch(room, read).await?;
        let events = near(&head).then_some(events);
        Ok((head, events))
    }

    /// Events of a room after `after`, in order, at most `limit`, and about `max_bytes` of them (at least one).
    pub async fn events(
        &self,
        room: RoomKey,
        after: u64,
        limit: u32,
        max_bytes: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.run(move |tx| events_after(tx, room, after, limit, max_bytes)).await
    }

    /// The `limit` messages of a room before `before`, oldest first.
    pub async fn messages_before(
        &self,
        room: RoomKey,
        before: u64,
        limit: u32,
    ) -> Result<(Head, Vec<StoredEvent>), StoreError> {
        self.stretch(room, move |tx, _| messages_before(tx, room, before, limit)).await
    }

    /// Messages of a room around `seq`: half of `limit` before it, the rest from it on; oldest first.
    pub async fn messages_around(
        &self,
        room: RoomKey,
        seq: u64,
        limit: u32,
    ) -> Result<(Head, Vec<StoredEvent>), StoreError> {
        self.stretch(room, move |tx, _| {
            let mut found = messages_before(tx, room, seq, limit / 2)?;
            found.extend(tx.all(
                "SELECT e.room, r.topic, e.seq, e.kind, a.name, e.body FROM events e
                 JOIN rooms r ON r.id = e.room JOIN accounts a ON a.id = e.sender
                 WHERE e.room = $1 AND e.seq >= $2 AND e.kind = 'message' ORDER BY e.seq LIMIT $3",
                &[Param::Int(room.0), Param::seq(seq), Param::Int((limit - limit / 2).into())],
                stored_event,
            )?);
            Ok(found)
        })
        .await
    }

    /// What `account` sees of its rooms, or of one of them; `most` is where counting the unread ends.
    pub async fn previews(
        &self,
        account: AccountId,
        room: Option<RoomKey>,
        most: u64,
    ) -> Result<HashMap<RoomKey, Preview>, StoreError> {
        self.run(move |tx| previews(tx, account, room, most)).await
    }

    /// How many messages of others there are after a read cursor, up to `most`.
    pub async fn unread(
        &self,
        cursors: Vec<(AccountId, RoomKey, u64)>,
        most: u64,
    ) -> Result<HashMap<(AccountId, RoomKey), u64>, StoreError> {
        if cursors.is_empty() {
            return Ok(HashMap::new());
        }
        self.run(move |tx| {
            let count = |&(account, room, after): &(AccountId, RoomKey, u64)| {
                Ok(((account, room), unread(tx, account, room, after, most)?))
            };
            cursors.iter().map(count).collect()
        })
        .await
    }

    /// How far each member of a room has read.
    pub async fn read_cursors(&self, room: RoomKey) -> Result<Vec<(AccountId, u64)>, StoreError> {
        self.run(move |tx| {
            tx.all("SELECT account, read_seq FROM members WHERE room = $1", &[Param::Int(room.0)], |row| {
                Ok((AccountId(row.int(0)?), row.int(1)? as u64))
            })
        })
        .await
    }

    /// Has a server that works on this database confirmed this question, and has one that was there within ten
    /// seconds not yet?
    pub(super) async fn confirmed(&self, question: i64) -> Result<(bool, bool), StoreError> {
        self.run(move |tx| {
            let question = [Param::Int(question)];
            let one = tx.exists("SELECT 1 FROM servers WHERE confirmed >= $1", &question)?;
            let others = tx.exists(
                "SELECT 1 FROM servers WHERE coalesce(confirmed, 0) < $1
                 AND seen_at > (SELECT max(seen_at) FROM servers) - 10000",
                &question,
            )?;
            Ok((one, others))
        })
        .await
    }

    /// The password hash of an account.
    pub async fn password(&self, account: AccountId) -> Result<Option<String>, StoreError> {
        self.run(move |tx| {
            Ok(tx
                .first("SELECT password FROM accounts WHERE id = $1", &[Param::Int(account.0)], |row| {
                    row.maybe_text(0)
                })?
                .flatten())
        })
        .await
    }

    /// Tokens of an account, newest first: id, label, made at, used at.
    pub async fn tokens(
        &self,
        account: AccountId,
    ) -> Result<Vec<(i64, String, i64, Option<i64>)>, StoreError> {
        self.run(move |tx| {
            tx.all(
                "SELECT id, label, created_at, used_at FROM tokens WHERE account = $1 ORDER BY id DESC",
                &[Param::Int(account.0)],
                |row| Ok((row.int(0)?, row.text(1)?, row.int(2)?, row.maybe_int(3)?)),
            )
        })
        .await
    }

    /// An upload, and where it was posted.
    pub async fn media(&self, id: String) -> Result<Option<StoredMedia>, StoreError> {
        self.run(move |tx| {
            let found = tx.first(
                "SELECT id, name, type, size, width, height, account FROM media WHERE id = $1 AND size > 0",
                &[Param::Text(&id)],
                |row| Ok((attachment(row)?, AccountId(row.int(6)?))),
            )?;
            let Some((media, account)) = found else { return Ok(None) };
            let rooms =
                tx.all("SELECT room FROM media_rooms WHERE media = $1", &[Param::Text(&id)], |row| {
                    Ok(RoomKey(row.int(0)?))
                })?;
            Ok(Some(StoredMedia { media, account, rooms }))
        })
        .await
    }

    /// Uploads from before `before` (milliseconds) that no message names, some of them at a time.
    pub async fn unused_media(&self, before: i64) -> Result<Vec<String>, StoreError> {
        self.run(move |tx| {
            tx.all(
                "SELECT id FROM media WHERE created_at < $1
                 AND NOT EXISTS (SELECT 1 FROM media_rooms WHERE media_rooms.media = media.id) LIMIT 100",
                &[Param::Int(before)],
                |row| row.text(0),
            )
        })
        .await
    }

    /// A persistent MQTT session, as it is stored.
    pub async fn session(
        &self,
        account: AccountId,
        client_id: String,
    ) -> Result<Option<SessionRow>, StoreError> {
        self.run(move |tx| {
            tx.first(
                "SELECT state, expiry, left_at FROM sessions WHERE account = $1 AND client_id = $2",
                &[Param::Int(account.0), Param::Text(&client_id)],
                |row| {
                    let expiry = u32::try_from(row.int(1)?).unwrap_or(u32::MAX);
                    Ok(SessionRow { state: row.text(0)?, expiry, left_at: row.maybe_int(2)? })
                },
            )
        })
        .await
    }

    /// How many persistent MQTT sessions of an account are stored.
    pub async fn sessions_of(&self, account: AccountId) -> Result<usize, StoreError> {
        self.run(move |tx| {
            let count = "SELECT count(*) FROM sessions WHERE account = $1";
            tx.one(count, &[Param::Int(account.0)], |row| Ok(row.int(0)? as usize))
        })
        .await
    }

    /// Ends the idle connections, off the async threads.
    pub(super) async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle.lock());
        let _ = tokio::task::spawn_blocking(move || drop(idle)).await;
    }
}

fn events_after(
    tx: &mut dyn Tx,
    room: RoomKey,
    after: u64,
    limit: u32,
    max_bytes: usize,
) -> Result<Vec<StoredEvent>, StoreError> {
    let mut bytes = 0;
    let mut events = Vec::new();
    tx.each(
        "SELECT e.room, r.topic, e.seq, e.kind, a.name, e.body FROM events e
         JOIN rooms r ON r.id = e.room JOIN accounts a ON a.id = e.sender
         WHERE e.room = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3",
        &[Param::Int(room.0), Param::seq(after), Param::Int(limit.into())],
        &mut |row| {
            let event = stored_event(row)?;
            bytes += event.body.len();
            events.push(event);
            Ok(bytes < max_bytes)
        },
    )?;
    Ok(events)
}

/// Messages of others in a room after `after`, up to `most`.
fn unread(
    tx: &mut dyn Tx,
    account: AccountId,
    room: RoomKey,
    after: u64,
    most: u64,
) -> Result<u64, StoreError> {
    tx.one(
        "SELECT count(*) FROM (SELECT 1 FROM events
         WHERE room = $1 AND seq > $2 AND kind = 'message' AND sender <> $3 LIMIT $4) AS unread",
        &[Param::Int(room.0), Param::seq(after), Param::Int(account.0), Param::seq(most)],
        |row| Ok(row.int(0)? as u64),
    )
}

/// What an account sees of its rooms, in one statement however many they are.
macro_rules! previews {
    ($which:literal) => {
        concat!(
            "SELECT r.id, r.last_seq, m.read_seq,
                 (SELECT count(*) FROM (SELECT 1 FROM events u WHERE u.room = r.id AND u.seq > CASE
                          WHEN m.read_seq > r.last_message_seq - $1 THEN m.read_seq
                          ELSE r.last_message_seq - $1 END
                      AND u.seq <= r.last_message_seq AND u.kind = 'message' AND u.sender <> m.account
                      LIMIT $2) AS unread),
                 (SELECT e.body FROM events e WHERE e.room = r.id AND e.seq = r.last_message_seq)
             FROM members m JOIN rooms r ON r.id = m.room WHERE m.account = $3",
            $which
        )
    };
}

fn previews(
    tx: &mut dyn Tx,
    account: AccountId,
    room: Option<RoomKey>,
    most: u64,
) -> Result<HashMap<RoomKey, Preview>, StoreError> {
    let read = |row: &dyn Row| {
        let (last_seq, read_seq, unread) = (row.int(1)? as u64, row.int(2)? as u64, row.int(3)? as u64);
        Ok((RoomKey(row.int(0)?), Preview { last_seq, read_seq, unread, last_message: row.maybe_text(4)? }))
    };
    let (counted, most, account) = (Param::Int(COUNTED), Param::seq(most), Param::Int(account.0));
    let found = match room {
        None => tx.all(previews!(""), &[counted, most, account], read),
        Some(room) => {
            let one = [counted, most, account, Param::Int(room.0)];
            tx.all(previews!(" AND m.room = $4"), &one, read)
        }
    };
    Ok(found?.into_iter().collect())
}

fn messages_before(
    tx: &mut dyn Tx,
    room: RoomKey,
    before: u64,
    limit: u32,
) -> Result<Vec<StoredEvent>, StoreError> {
    let mut found = tx.all(
        "SELECT e.room, r.topic, e.seq, e.kind, a.name, e.body FROM events e
         JOIN rooms r ON r.id = e.room JOIN accounts a ON a.id = e.sender
         WHERE e.room = $1 AND e.seq < $2 AND e.kind = 'message' ORDER BY e.seq DESC LIMIT $3",
        &[Param::Int(room.0), Param::seq(before), Param::Int(limit.into())],
        stored_event,
    )?;
    found.reverse();
    Ok(found)
}

/// `room, topic, seq, kind, sender's name, body`.
pub(super) fn stored_event(row: &dyn Row) -> Result<StoredEvent, StoreError> {
    Ok(StoredEvent {
        room: RoomKey(row.int(0)?),
        topic: row.text(1)?.into(),
        seq: row.int(2)? as u64,
        kind: row.text(3)?.into(),
        sender: row.text(4)?.into(),
        body: Bytes::from(row.text(5)?),
    })
}

/// `id, name, type, size, width, height`.
pub(super) fn attachment(row: &dyn Row) -> Result<Attachment, StoreError> {
    let pixels =
        |column| Ok::<_, StoreError>(row.maybe_int(column)?.and_then(|side| u32::try_from(side).ok()));
    Ok(Attachment {
        id: row.text(0)?,
        name: row.text(1)?,
        media_type: row.text(2)?,
        size: row.int(3)? as u64,
        width: pixels(4)?,
        height: pixels(5)?,
    })
}

/// The last row of `changes`.
pub(super) fn last_change(tx: &mut dyn Tx) -> Result<i64, StoreError> {
    tx.one("SELECT coalesce(max(id), 0) FROM changes", &[], |row| row.int(0))
}

/// How long each room's log is.
pub(super) fn heads(tx: &mut dyn Tx) -> Result<Vec<(RoomKey, u64)>, StoreError> {
    tx.all("SELECT id, last_seq FROM rooms", &[], |row| Ok((RoomKey(row.int(0)?), row.int(1)? as u64)))
}

/// Everything that the directory holds.
pub(super) fn directory(tx: &mut dyn Tx) -> Result<Contents, StoreError> {
    let accounts = tx.all(
        "SELECT id, name, admin, last_seen, key_generation, 
         CAST(CASE WHEN password IS NULL THEN 0 ELSE 1 END AS BIGINT), state FROM accounts",
        &[],
        |row| {
            Ok(AccountEntry {
                id: AccountId(row.int(0)?),
                name: known::<Name>(row.text(1)?)?,
                admin: row.flag(2)?,
                last_seen: row.maybe_int(3)?,
                rooms: Arc::default(),
                key_generation: row.int(4)?,
                password: row.flag(5)?,
                state: known(row.text(6)?)?,
                password_generation: 0,
            })
        },
    )?;
    let rooms =
        tx.all("SELECT id, topic, title, purpose, private, epoch, last_seq FROM rooms", &[], |row| {
            Ok((
                RoomKey(row.int(0)?),
                known::<RoomId>(row.text(1)?)?,
                row.text(2)?,
                row.text(3)?,
                row.flag(4)?,
                row.text(5)?,
                row.int(6)? as u64,
            ))
        })?;
    let members = tx.all("SELECT room, account, owner, joined_seq FROM members", &[], |row| {
        let state = MemberState { owner: row.flag(2)?, joined_seq: row.int(3)? as u64 };
        Ok((RoomKey(row.int(0)?), AccountId(row.int(1)?), state))
    })?;
    let tokens = tx.all("SELECT id, account, hash FROM tokens", &[], |row| {
        let hash =
            TokenHash::try_from(row.blob(2)?).map_err(|_| StoreError::Other("a token's hash".into()))?;
        Ok((row.int(0)?, AccountId(row.int(1)?), hash))
    })?;
    Ok(Contents { accounts, rooms, members, tokens })
}
