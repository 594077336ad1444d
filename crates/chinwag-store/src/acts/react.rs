//! Reactions: each emoji at most once per account and message.

use chinwag_protocol::verb::React;
use chinwag_protocol::{EventBody, Reason, limits};

use super::target::no_message;
use crate::act::{Act, Acted};
use crate::batch::{Applied, Batch, NewEntry, refuse};
use crate::right::Right;
use crate::sql::Param;

impl Act for React {
    const KIND: &'static str = "reaction";

    fn msg_id(&self) -> Option<&str> {
        self.msg_id.as_deref()
    }

    fn apply(&self, batch: &mut Batch<'_>, right: &dyn Right) -> Applied<Acted> {
        let (room, sender) = (right.room(), right.account());
        let said = Self { msg_id: None, ..self.clone() };
        let target = match batch.target(right, self.target, self.msg_id.as_deref(), &said)? {
            Ok(target) => target,
            Err(ended) => return Ok(ended),
        };
        if target.deleted {
            return Ok(Err(no_message(self.target)));
        }
        let reaction =
            [Param::Int(room.0), Param::seq(self.target), Param::Text(&self.emoji), Param::Int(sender.0)];
        let there = "SELECT 1 FROM reactions WHERE room = $1 AND target = $2 AND emoji = $3 AND account = $4";
        if batch.tx.exists(there, &reaction)? == self.on {
            return Ok(Ok(Acted::NOTHING));
        }
        if self.on {
            let count =
                "SELECT count(DISTINCT emoji) FROM reactions WHERE room = $1 AND target = $2 AND emoji <> $3";
            let others = batch.tx.one(count, &reaction[..3], |row| row.int(0))?;
            if others as usize >= limits::EMOJI_PER_MESSAGE {
                refuse!(Reason::Emoji { limit: limits::EMOJI_PER_MESSAGE });
            }
        }
        let (msg_id, emoji) = (self.msg_id.clone(), self.emoji.clone());
        let event = batch.append(NewEntry {
            room,
            sender,
            msg_id: self.msg_id.as_deref(),
            target: Some(self.target),
            body: EventBody::React { target: self.target, emoji, on: self.on, msg_id },
        })?;
        if self.on {
            let [room, target, emoji, account] = reaction;
            batch.tx.execute(
                "INSERT INTO reactions (room, target, emoji, account, seq) VALUES ($1, $2, $3, $4, $5)",
                &[room, target, emoji, account, Param::seq(event.seq)],
            )?;
        } else {
            let gone =
                "DELETE FROM reactions WHERE room = $1 AND target = $2 AND emoji = $3 AND account = $4";
            batch.tx.execute(gone, &reaction)?;
        }
        batch.altered(room, self.target, event.seq)?;
        Ok(Ok(Acted::now(event)))
    }
}
