//! Applies a batch of writes, in one transaction and in order.

use std::collections::BTreeSet;

use super::act::Acted;
use super::acts::say;
use super::batch::{Batch, Outcome};
use super::error::StoreError;
use super::model::RoomKey;
use super::pending::Pending;
use super::write::Needs;

/// Applies writes in order; each stores its outcome. Consecutive messages are written together.
pub(super) fn apply_all(batch: &mut Batch<'_>, writes: &mut [Box<dyn Pending>]) -> Result<(), StoreError> {
    let last: Vec<bool> = lock(batch, writes)?;
    let mut next = 0;
    while next < writes.len() {
        let messages: Vec<_> = writes[next..].iter().map_while(|write| write.message()).collect();
        if messages.is_empty() {
            if !last[next] {
                writes[next].apply(batch)?;
            }
            next += 1;
            continue;
        }
        let outcomes: Vec<Outcome<Acted>> = say::messages(batch, &messages)?;
        for outcome in outcomes {
            writes[next].written(outcome);
            next += 1;
        }
    }
    for (write, last) in writes.iter_mut().zip(last) {
        if last {
            write.apply(batch)?;
        }
    }
    Ok(())
}

/// Acquires the locks that the batch needs, in the order that all servers use. Returns for each write whether it must
/// be applied last.
fn lock(batch: &mut Batch<'_>, writes: &[Box<dyn Pending>]) -> Result<Vec<bool>, StoreError> {
    let needs: Vec<Needs> = writes.iter().map(|write| write.needs()).collect();
    if *batch.follow_first || needs.iter().any(|needs| needs.changes) {
        batch.enter_changes()?;
    }
    // A batch of messages only locks its rooms itself, which saves a statement.
    if writes.iter().any(|write| write.message().is_none()) {
        let rooms: BTreeSet<RoomKey> = needs.iter().filter_map(|needs| needs.room).collect();
        if rooms.len() > 1 {
            batch.tx.lock_rooms(&rooms.into_iter().collect::<Vec<_>>())?;
        }
    }
    if needs.iter().any(|needs| needs.ends_memberships) {
        let members: BTreeSet<_> = needs.iter().flat_map(|needs| needs.members.iter().copied()).collect();
        batch.tx.lock_members(&members.into_iter().collect::<Vec<_>>())?;
    }
    Ok(needs.into_iter().map(|needs| needs.last).collect())
}
