//! Whose rules a change touches.

use std::collections::BTreeSet;

use chinwag_protocol::RoomId;

use crate::directory::Directory;
use crate::store::{AccountId, Change, RoomKey};

/// Whose rules are to be looked at again.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// These accounts'.
    pub accounts: BTreeSet<AccountId>,
    /// Those that all accounts share.
    pub all: bool,
}

impl Touched {
    /// By changes that stand in the directory already.
    pub fn by(directory: &Directory, changes: &[Change]) -> Self {
        let mut touched = Self::default();
        for change in changes {
            match change {
                Change::AccountAdded { account, .. }
                | Change::PasswordChanged { account, .. }
                | Change::AccountState { account, .. }
                | Change::TokenRevoked { account, .. } => {
                    touched.accounts.insert(*account);
                }
                Change::Joined { room, account, .. } | Change::Left { room, account, .. } => {
                    touched.by_member(directory, *room, *account);
                }
                // What an account or a room leaves behind is found by comparing everything.
                Change::AccountDeleted { .. }
                | Change::RoomDeleted { .. }
                | Change::Asked { .. }
                | Change::RoomAdded { .. }
                | Change::RoomChanged { .. }
                | Change::Event { .. }
                | Change::TokenAdded { .. } => {}
            }
        }
        touched
    }

    /// Everybody.
    pub fn everything(directory: &Directory) -> Self {
        Self { accounts: directory.account_ids().into_iter().collect(), all: true }
    }

    /// Somebody came or went. Others see or no longer see their presence: by the rules that all share where both
    /// are in `general`, by their own where one of them is not.
    fn by_member(&mut self, directory: &Directory, room: RoomKey, account: AccountId) {
        self.accounts.insert(account);
        let general = RoomId::general();
        let is_general = directory.with_room_key(room, |room| room.topic == general).unwrap_or_default();
        if is_general {
            self.all = true;
            for members in directory.rooms_of(account, |room| {
                (room.topic != general).then(|| room.members.keys().copied().collect::<Vec<_>>())
            }) {
                self.accounts.extend(members);
            }
            return;
        }
        let inside = directory.is_member(general.as_str(), account);
        let others = directory.with_room_key(room, |room| room.members.keys().copied().collect::<Vec<_>>());
        let concerned = |other: &AccountId| !inside || !directory.is_member(general.as_str(), *other);
        self.accounts.extend(others.unwrap_or_default().into_iter().filter(concerned));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Committed, MemberState};

    const GENERAL: RoomKey = RoomKey(1);
    const TEAM: RoomKey = RoomKey(2);

    fn joined(room: RoomKey, account: i64) -> Change {
        let (account, by) = (AccountId(account), AccountId(account));
        Change::Joined { room, account, by, member: MemberState { owner: false, joined_seq: 1 } }
    }

    fn left(room: RoomKey, account: i64) -> Change {
        Change::Left { room, account: AccountId(account), by: AccountId(account) }
    }

    fn room(room: RoomKey, topic: &str) -> Change {
        let topic = topic.parse().unwrap();
        let (title, purpose, epoch) = Default::default();
        Change::RoomAdded { room, topic, title, purpose, private: false, epoch }
    }

    /// 1, 2 and 3 are in general and in a team; 4 is in the team only.
    fn directory() -> Directory {
        let mut changes = vec![room(GENERAL, "general"), room(TEAM, "team")];
        for account in 1..=4 {
            let name = format!("p{account}").parse().unwrap();
            changes.push(Change::AccountAdded {
                account: AccountId(account),
                name,
                admin: false,
                password: true,
            });
            changes.extend((account < 4).then(|| joined(GENERAL, account)));
            changes.push(joined(TEAM, account));
        }
        let directory = Directory::default();
        directory.apply(&Committed { changes, ..Committed::default() });
        directory
    }

    fn touched(directory: &Directory, change: Change) -> (Vec<i64>, bool) {
        directory.apply(&Committed { changes: vec![change.clone()], ..Committed::default() });
        let touched = Touched::by(directory, &[change]);
        (touched.accounts.into_iter().map(|account| account.0).collect(), touched.all)
    }

    #[test]
    fn who_comes_or_goes_touches_those_who_see_it() {
        let directory = directory();
        // In general, both see each other anyway; 4 is the one who learns it by a rule of their own.
        assert_eq!(touched(&directory, left(TEAM, 1)), (vec![1, 4], false));
        assert_eq!(touched(&directory, joined(TEAM, 1)), (vec![1, 4], false));
        assert_eq!(touched(&directory, left(TEAM, 4)), (vec![1, 2, 3, 4], false));
        assert_eq!(touched(&directory, joined(TEAM, 4)), (vec![1, 2, 3, 4], false));
        assert_eq!(touched(&directory, joined(GENERAL, 4)), (vec![1, 2, 3, 4], true));
        assert!(!touched(&directory, joined(TEAM, 4)).1);
        let revoked = Change::TokenRevoked { token: 1, account: AccountId(2), superfluous: false };
        assert_eq!(touched(&directory, revoked), (vec![2], false));
        assert_eq!(touched(&directory, Change::Event { room: TEAM, seq: 1 }), (vec![], false));
    }

    #[test]
    fn what_others_see_of_those_outside_general_is_named() {
        let directory = directory();
        let sees = |id| {
            let reach = directory.reaches([AccountId(id)]).pop().unwrap();
            (reach.in_general, reach.sees.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(sees(1), (true, vec!["p4".to_owned()]));
        assert_eq!(sees(4), (false, ["p1", "p2", "p3", "p4"].map(str::to_owned).to_vec()));
        assert_eq!(directory.outside_general().len(), 1);
        touched(&directory, joined(GENERAL, 4));
        assert_eq!((sees(1), sees(4)), ((true, vec![]), (true, vec![])));
    }
}
