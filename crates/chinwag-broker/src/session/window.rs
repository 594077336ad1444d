//! The in-flight window: messages sent to a client and not yet acknowledged.
//!
//! Slots are in the order of sending, and packet ids are assigned in that order, so the slot of an id is found by
//! subtraction and an acknowledgement needs no search. A slot leaves only when every slot before it has left. The
//! offset of the last slot to leave is therefore a cursor that is never ahead of what is acknowledged.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::Qos;
use crate::encode::Published;

/// The content of a slot, for a retransmission.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// A log entry, which can be read again.
    Log { topic: u32, offset: u64 },
    /// A message of a topic without a log.
    Message { published: Arc<Published>, retain: bool, identifiers: Vec<u32> },
    /// A message whose content is no longer needed.
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// PUBLISH sent.
    Sent,
    /// QoS 2: PUBREC received, PUBREL sent.
    Released,
    /// Acknowledged; waits for the slots before it.
    Done,
}

#[derive(Debug)]
pub(crate) struct Slot {
    pub body: Body,
    pub qos: Qos,
    pub progress: Progress,
}

/// The in-flight window of one session, kept across reconnects.
#[derive(Debug)]
pub(crate) struct Window {
    slots: VecDeque<Slot>,
    /// Packet id of the first slot, or of the next one to be added if there is none.
    first: u16,
    /// Slots before this index have been sent on the current connection.
    resent: usize,
}

impl Default for Window {
    fn default() -> Self {
        Self { slots: VecDeque::new(), first: 1, resent: 0 }
    }
}

/// Returns `id + by` in the ring 1..=65535.
fn ahead(id: u16, by: usize) -> u16 {
    ((usize::from(id) - 1 + by) % 65_535 + 1) as u16
}

impl Window {
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Appends a slot; returns its packet id.
    pub(crate) fn push(&mut self, body: Body, qos: Qos) -> u16 {
        let id = ahead(self.first, self.slots.len());
        self.slots.push_back(Slot { body, qos, progress: Progress::Sent });
        self.resent = self.slots.len();
        id
    }

    /// Appends a slot for an entry that will not be sent, so that the cursor passes the entry in its turn.
    pub(crate) fn push_done(&mut self, body: Body, left: impl FnMut(Body)) {
        self.slots.push_back(Slot { body, qos: Qos::AtMostOnce, progress: Progress::Done });
        self.resent = self.slots.len();
        self.leave(left);
    }

    fn index(&self, id: u16) -> Option<usize> {
        if id == 0 {
            return None;
        }
        let index = (usize::from(id) + 65_535 - usize::from(self.first)) % 65_535;
        (index < self.slots.len()).then_some(index)
    }

    /// Marks slot `id` as done if its progress is `from`; calls `left` with each body that leaves. Returns false if
    /// there is no such slot.
    pub(crate) fn finish(&mut self, id: u16, qos: Qos, from: Progress, left: impl FnMut(Body)) -> bool {
        let Some(slot) = self.index(id).and_then(|index| self.slots.get_mut(index)) else { return false };
        if slot.qos != qos || slot.progress != from {
            return false;
        }
        slot.progress = Progress::Done;
        self.leave(left);
        true
    }

    /// Handles a PUBREC (QoS 2). Returns false if there is no such packet (the PUBREL then carries 0x92).
    pub(crate) fn release(&mut self, id: u16) -> bool {
        let Some(slot) = self.index(id).and_then(|index| self.slots.get_mut(index)) else { return false };
        if slot.qos != Qos::ExactlyOnce || slot.progress == Progress::Done {
            return false;
        }
        slot.progress = Progress::Released;
        if matches!(slot.body, Body::Message { .. }) {
            slot.body = Body::Nothing;
        }
        true
    }

    fn leave(&mut self, mut left: impl FnMut(Body)) {
        while self.slots.front().is_some_and(|slot| slot.progress == Progress::Done) {
            if let Some(slot) = self.slots.pop_front() {
                left(slot.body);
            }
            self.first = ahead(self.first, 1);
            self.resent = self.resent.saturating_sub(1);
        }
        if self.slots.is_empty() && self.slots.capacity() > 64 {
            self.slots = VecDeque::new();
        }
    }

    /// Marks everything as not sent yet, for a new connection.
    pub(crate) fn rewind(&mut self) {
        self.resent = 0;
    }

    /// Returns whether everything has been sent on this connection.
    pub(crate) fn is_current(&self) -> bool {
        self.resent >= self.slots.len()
    }

    /// Returns the next slot to retransmit and its packet id, if fewer than `maximum` are in flight.
    pub(crate) fn next_resend(&self, maximum: usize) -> Option<(u16, &Slot)> {
        if self.resent >= maximum {
            return None;
        }
        self.slots.get(self.resent).map(|slot| (ahead(self.first, self.resent), slot))
    }

    /// Marks the slot returned by [`Window::next_resend`] as sent.
    pub(crate) fn resent(&mut self) {
        self.resent += 1;
    }

    /// Marks the slot returned by [`Window::next_resend`] as done without sending it: expired, or no longer allowed.
    pub(crate) fn give_up(&mut self, left: impl FnMut(Body)) {
        if let Some(slot) = self.slots.get_mut(self.resent) {
            slot.progress = Progress::Done;
        }
        self.resent += 1;
        self.leave(left);
    }

    /// Returns the messages kept for retransmission.
    pub(crate) fn messages_mut(&mut self) -> impl Iterator<Item = &mut Arc<Published>> {
        self.slots.iter_mut().filter_map(|slot| match &mut slot.body {
            Body::Message { published, .. } => Some(published),
            Body::Log { .. } | Body::Nothing => None,
        })
    }

    /// Drops the content of one log's entries; those not yet sent on this connection are not retransmitted.
    pub(crate) fn forget_log(&mut self, topic: u32, left: impl FnMut(Body)) {
        let resent = self.resent;
        for (index, slot) in self.slots.iter_mut().enumerate() {
            if matches!(slot.body, Body::Log { topic: t, .. } if t == topic) {
                slot.body = Body::Nothing;
                if index >= resent {
                    slot.progress = Progress::Done;
                }
            }
        }
        self.leave(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(offset: u64) -> Body {
        Body::Log { topic: 1, offset }
    }

    fn offset(body: &Body) -> u64 {
        match body {
            Body::Log { offset, .. } => *offset,
            _ => 0,
        }
    }

    #[test]
    fn acknowledgements_out_of_order_leave_in_order() {
        let mut window = Window::default();
        let ids: Vec<u16> = (1..=4).map(|n| window.push(log(n), Qos::AtLeastOnce)).collect();
        assert_eq!(ids, [1, 2, 3, 4]);
        let mut left = Vec::new();
        for id in [2, 4, 1, 3] {
            assert!(window.finish(id, Qos::AtLeastOnce, Progress::Sent, |body| left.push(offset(&body))));
        }
        assert_eq!(left, [1, 2, 3, 4]);
        assert!(window.is_empty());
        assert!(!window.finish(1, Qos::AtLeastOnce, Progress::Sent, |_| ()));
        assert_eq!(window.push(log(5), Qos::AtLeastOnce), 5);
    }

    /// [MQTT-2.2.1-3] Packet ids are never 0 and wrap around.
    #[test]
    fn ids_wrap_without_zero() {
        let mut window = Window::default();
        for n in 0..200_000_u64 {
            let id = window.push(log(n), Qos::AtLeastOnce);
            assert_ne!(id, 0);
            let mut left = 0;
            assert!(window.finish(id, Qos::AtLeastOnce, Progress::Sent, |_| left += 1));
            assert_eq!(left, 1);
        }
    }

    /// [MQTT-4.4.0-1] Unacknowledged messages are sent again with their packet ids, released ones as PUBREL.
    #[test]
    fn resending_keeps_ids_and_respects_the_maximum() {
        let mut window = Window::default();
        for n in 1..=5 {
            window.push(log(n), Qos::ExactlyOnce);
        }
        assert!(window.release(2));
        window.rewind();
        let mut seen = Vec::new();
        while let Some((id, slot)) = window.next_resend(3) {
            seen.push((id, slot.progress));
            window.resent();
        }
        assert_eq!(seen, [(1, Progress::Sent), (2, Progress::Released), (3, Progress::Sent)]);
        assert!(!window.is_current());
        assert!(window.release(1));
        assert!(window.finish(1, Qos::ExactlyOnce, Progress::Released, |_| ()));
        assert_eq!(window.next_resend(3).map(|(id, _)| id), Some(4));
    }

    #[test]
    fn forgetting_a_log_frees_what_was_not_sent() {
        let mut window = Window::default();
        for n in 1..=3 {
            window.push(log(n), Qos::AtLeastOnce);
        }
        window.rewind();
        window.resent();
        window.forget_log(1, |_| ());
        assert_eq!(window.len(), 3);
        assert!(window.finish(1, Qos::AtLeastOnce, Progress::Sent, |_| ()));
        assert!(window.is_empty());
    }
}
