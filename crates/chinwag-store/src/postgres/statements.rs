//! The statements of a transaction.

use std::pin::pin;

use futures_util::TryStreamExt;
use futures_util::future::try_join_all;
use tokio::time::timeout;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use super::address::no_answer;
use super::{ANSWER, Ahead, CHANGING, Postgres};
use crate::error::StoreError;
use crate::model::{AccountId, CursorMove, RoomKey, StoredEvent};
use crate::rows::{known, stored_event};
use crate::sql::{NewEvent, Param, Place, Row, Tx};

pub(super) struct Statements<'a> {
    pub(super) connection: &'a mut Postgres,
    pub(super) changing: bool,
}

impl Statements<'_> {
    fn prepare(&mut self, sql: &'static str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.connection.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.connection.wait(async |it| it.client.prepare(sql).await)?;
        self.connection.statements.insert(sql, statement.clone());
        Ok(statement)
    }

    fn query(
        &mut self,
        sql: &'static str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<tokio_postgres::Row>, StoreError> {
        let statement = self.prepare(sql)?;
        self.connection.wait(async |it| it.client.query(&statement, params).await)
    }
}

fn as_sql<'a>(params: &'a [Param<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    params.iter().map(|param| param as &(dyn ToSql + Sync)).collect()
}

impl Tx for Statements<'_> {
    fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, StoreError> {
        let statement = self.prepare(sql)?;
        self.connection.wait(async |it| it.client.execute(&statement, &as_sql(params)).await)
    }

    fn execute_each(&mut self, sql: &'static str, rows: &[Vec<Param<'_>>]) -> Result<(), StoreError> {
        let statement = self.prepare(sql)?;
        // Pipelined: sent one after the other without waiting for the answers.
        self.connection.wait(async |it| {
            let one = async |row: &Vec<Param<'_>>| it.client.execute(&statement, &as_sql(row)).await;
            try_join_all(rows.iter().map(one)).await.map(drop)
        })
    }

    fn each(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        read: &mut dyn FnMut(&dyn Row) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let statement = self.prepare(sql)?;
        let rows = self.connection.wait(async |it| it.client.query_raw(&statement, as_sql(params)).await)?;
        let reading = async {
            let mut rows = pin!(rows);
            // The timeout applies to each row: a long answer is not a late one.
            while let Some(row) = timeout(ANSWER, rows.try_next()).await.map_err(|_| no_answer(ANSWER))?? {
                if !read(&row)? {
                    break;
                }
            }
            Ok(())
        };
        let done = self.connection.runtime.block_on(reading);
        self.connection.broken |= matches!(done, Err(StoreError::Unavailable(_)));
        done
    }

    fn lengthen(&mut self, rooms: &[(RoomKey, u64)], messages: bool) -> Result<Vec<Place>, StoreError> {
        let keys: Vec<i64> = rooms.iter().map(|(room, _)| room.0).collect();
        let counts: Vec<i64> = rooms.iter().map(|(_, count)| *count as i64).collect();
        // Locked in the order of the room ids, so that two servers that append to the same rooms can't deadlock.
        let rows = self.query(
            "WITH locked AS (
                 SELECT h.room, k.count FROM heads h JOIN unnest($1::bigint[], $2::bigint[]) AS k (room, count)
                 ON k.room = h.room ORDER BY h.room FOR NO KEY UPDATE OF h)
             UPDATE heads SET last_seq = last_seq + locked.count,
                 last_message_seq = CASE WHEN $3 THEN last_seq + locked.count ELSE last_message_seq END,
                 messages = CASE WHEN $3 THEN messages + locked.count ELSE messages END
             FROM locked WHERE heads.room = locked.room
             RETURNING heads.room, last_seq, (SELECT topic FROM rooms WHERE id = heads.room), messages",
            &[&keys, &counts, &messages],
        )?;
        let read = |row: &tokio_postgres::Row| {
            let (last_seq, messages) = (row.int(1)? as u64, row.int(3)? as u64);
            Ok(Place { room: RoomKey(row.int(0)?), topic: known(row.text(2)?)?, last_seq, messages })
        };
        rows.iter().map(read).collect()
    }

    fn lock_rooms(&mut self, rooms: &[RoomKey]) -> Result<(), StoreError> {
        let keys: Vec<i64> = rooms.iter().map(|room| room.0).collect();
        let sql = "SELECT 1 FROM heads WHERE room = ANY($1) ORDER BY room FOR NO KEY UPDATE";
        self.query(sql, &[&keys]).map(drop)
    }

    fn lock_members(&mut self, members: &[(RoomKey, AccountId)]) -> Result<(), StoreError> {
        let rooms: Vec<i64> = members.iter().map(|(room, _)| room.0).collect();
        let accounts: Vec<i64> = members.iter().map(|(_, account)| account.0).collect();
        let sql = "SELECT 1 FROM members m JOIN unnest($1::bigint[], $2::bigint[]) AS k (room, account)
                   ON m.room = k.room AND m.account = k.account ORDER BY m.room, m.account FOR UPDATE OF m";
        self.query(sql, &[&rooms, &accounts]).map(drop)
    }

    fn sent_before(
        &mut self,
        keys: &[(AccountId, &str)],
    ) -> Result<Vec<(AccountId, String, StoredEvent)>, StoreError> {
        let senders: Vec<i64> = keys.iter().map(|(sender, _)| sender.0).collect();
        let msg_ids: Vec<&str> = keys.iter().map(|(_, msg_id)| *msg_id).collect();
        // Forces an index lookup for each key, whatever the statistics say: a plain join was planned while the table
        // was empty, and scanned the whole table for every batch until statistics were gathered.
        let rows = self.query(
            "SELECT e.room, r.topic, e.seq, e.kind, a.name, e.body, e.sender, e.msg_id
             FROM unnest($1::bigint[], $2::text[]) AS k (sender, msg_id)
             CROSS JOIN LATERAL (
                 SELECT * FROM events WHERE sender = k.sender AND msg_id = k.msg_id LIMIT 1) AS e
             JOIN rooms r ON r.id = e.room JOIN accounts a ON a.id = e.sender",
            &[&senders, &msg_ids],
        )?;
        let read = |row: &tokio_postgres::Row| Ok((AccountId(row.int(6)?), row.text(7)?, stored_event(row)?));
        rows.iter().map(read).collect()
    }

    fn read_cursors(
        &mut self,
        room: RoomKey,
        accounts: &[AccountId],
    ) -> Result<Vec<(AccountId, u64)>, StoreError> {
        let accounts: Vec<i64> = accounts.iter().map(|account| account.0).collect();
        // Looks up each account in the index, as in `sent_before`.
        let rows = self.query(
            "SELECT m.account, m.read_seq FROM unnest($2::bigint[]) AS k (account)
             CROSS JOIN LATERAL (
                 SELECT * FROM members WHERE room = $1 AND account = k.account LIMIT 1) AS m",
            &[&room.0, &accounts],
        )?;
        rows.iter().map(|row| Ok((AccountId(row.int(0)?), row.int(1)? as u64))).collect()
    }

    fn move_cursors(&mut self, cursors: &[CursorMove]) -> Result<Vec<CursorMove>, StoreError> {
        let rooms: Vec<i64> = cursors.iter().map(|cursor| cursor.room.0).collect();
        let accounts: Vec<i64> = cursors.iter().map(|cursor| cursor.account.0).collect();
        let seqs: Vec<i64> = cursors.iter().map(|c| i64::try_from(c.seq).unwrap_or(i64::MAX)).collect();
        // Locked in a fixed order, so that two servers that move the same cursors can't deadlock.
        let rows = self.query(
            "WITH wanted AS (
                 SELECT m.room, m.account, least(k.seq, h.last_seq) AS seq
                 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS k (room, account, seq)
                 JOIN members m ON m.room = k.room AND m.account = k.account JOIN heads h ON h.room = k.room
                 WHERE m.read_seq < least(k.seq, h.last_seq)
                 ORDER BY m.room, m.account FOR NO KEY UPDATE OF m)
             UPDATE members m SET read_seq = wanted.seq FROM wanted
             WHERE m.room = wanted.room AND m.account = wanted.account
             RETURNING m.room, m.account, m.read_seq",
            &[&rooms, &accounts, &seqs],
        )?;
        let read = |row: &tokio_postgres::Row| {
            let (room, account) = (RoomKey(row.int(0)?), AccountId(row.int(1)?));
            Ok(CursorMove { room, account, seq: row.int(2)? as u64 })
        };
        rows.iter().map(read).collect()
    }

    fn insert_events(&mut self, events: &[NewEvent<'_>]) -> Result<(), StoreError> {
        let statement = self.prepare(
            "INSERT INTO events (room, seq, kind, sender, msg_id, body, target, ordinal, at)
             SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[],
                 $7::bigint[], $8::bigint[], $9::bigint[])",
        )?;
        let rooms: Vec<i64> = events.iter().map(|event| event.room.0).collect();
        let seqs: Vec<i64> = events.iter().map(|event| event.seq as i64).collect();
        let kinds: Vec<String> = events.iter().map(|event| event.kind.to_owned()).collect();
        let senders: Vec<i64> = events.iter().map(|event| event.sender.0).collect();
        let msg_ids: Vec<Option<String>> =
            events.iter().map(|event| event.msg_id.map(str::to_owned)).collect();
        let bodies: Vec<String> = events.iter().map(|event| event.body.to_owned()).collect();
        let targets: Vec<Option<i64>> =
            events.iter().map(|event| event.target.map(u64::cast_signed)).collect();
        let ordinals: Vec<i64> = events.iter().map(|event| event.ordinal as i64).collect();
        let times: Vec<i64> = events.iter().map(|event| event.at).collect();
        self.connection.ahead.push(Ahead::Execute(
            statement,
            vec![
                Box::new(rooms),
                Box::new(seqs),
                Box::new(kinds),
                Box::new(senders),
                Box::new(msg_ids),
                Box::new(bodies),
                Box::new(targets),
                Box::new(ordinals),
                Box::new(times),
            ],
        ));
        Ok(())
    }

    fn keep_others_from_writing(&mut self, lock: &'static str) -> Result<(), StoreError> {
        // The transaction may take long and be idle meanwhile, as most of the work happens on another connection.
        self.execute("SET LOCAL idle_in_transaction_session_timeout = 0", &[])?;
        self.execute(lock, &[]).map(drop)
    }

    fn number_on(&mut self) -> Result<(), StoreError> {
        for sql in [
            "SELECT setval(pg_get_serial_sequence('accounts', 'id'), coalesce(max(id), 0) + 1, false) FROM accounts",
            "SELECT setval(pg_get_serial_sequence('tokens', 'id'), coalesce(max(id), 0) + 1, false) FROM tokens",
            "SELECT setval(pg_get_serial_sequence('rooms', 'id'), coalesce(max(id), 0) + 1, false) FROM rooms",
            "SELECT setval(pg_get_serial_sequence('changes', 'id'), coalesce(max(id), 0) + 1, false) FROM changes",
        ] {
            self.execute(sql, &[])?;
        }
        Ok(())
    }

    fn lock_changes(&mut self) -> Result<(), StoreError> {
        if !std::mem::replace(&mut self.changing, true) {
            self.execute("SELECT pg_advisory_xact_lock($1)", &[Param::Int(CHANGING)])?;
        }
        Ok(())
    }
}
