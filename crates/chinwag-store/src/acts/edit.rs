//! Editing the text of a message. The message's own event stays unchanged; its current text is in the last edit.

use chinwag_protocol::verb::Edit;
use chinwag_protocol::{EventBody, Reason, text};

use super::target::no_message;
use crate::act::{Act, Acted};
use crate::batch::{Applied, Batch, NewEntry, refuse};
use crate::right::Right;
use crate::sql::Param;

impl Act for Edit {
    const KIND: &'static str = "edit";

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
        let attached =
            matches!(&target.event.body, EventBody::Message { attachments, .. } if !attachments.is_empty());
        if text::is_blank(&self.text) && !attached {
            refuse!(Reason::EmptyEdit);
        }
        if target.text() == self.text {
            return Ok(Ok(Acted::NOTHING));
        }
        let (msg_id, text) = (self.msg_id.clone(), self.text.clone());
        let event = batch.append(NewEntry {
            room,
            sender,
            msg_id: self.msg_id.as_deref(),
            target: Some(self.target),
            body: EventBody::Edit { target: self.target, text, msg_id },
        })?;
        batch.altered(room, self.target, event.seq)?;
        batch.tx.execute(
            "UPDATE altered SET shown = $1 WHERE room = $2 AND seq = $3",
            &[Param::seq(event.seq), Param::Int(room.0), Param::seq(self.target)],
        )?;
        Ok(Ok(Acted::now(event)))
    }
}
