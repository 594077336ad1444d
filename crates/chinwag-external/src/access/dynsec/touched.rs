//! Whose rules a change touches.

use std::collections::BTreeSet;

use chinwag_protocol::{RoomId, limits};

use chinwag_chat::directory::{Directory, RoomEntry};
use chinwag_store::{AccountId, Change, RoomKey};

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
                    touched.by_member(directory, *room, *account, changes.len());
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

    /// Somebody came or went, as one of so many `changes`. Others see or no longer see their presence: by the rules that
    /// all share where both are in `general` and that is small, by their own otherwise. And a room that becomes small, or
    /// no longer is, changes what all its members are told.
    fn by_member(&mut self, directory: &Directory, room: RoomKey, account: AccountId, changes: usize) {
        self.accounts.insert(account);
        let general = RoomId::general();
        let found = directory.with_room_key(room, |room| {
            let count = room.members.len();
            let crosses = |most: usize| count.abs_diff(most) <= changes;
            (room.topic == general, crosses(limits::PRESENCE_MEMBERS), crosses(limits::CURSOR_MEMBERS), count)
        });
        let Some((is_general, presence_crosses, cursors_cross, count)) = found else { return };
        if is_general {
            self.all = true;
            if presence_crosses {
                self.accounts.extend(directory.account_ids());
            }
            for members in directory.rooms_of(account, |room| {
                let small = room.topic != general && room.tells_presence();
                small.then(|| room.members.keys().copied().collect::<Vec<_>>())
            }) {
                self.accounts.extend(members);
            }
            return;
        }
        let by_general = directory.with_room(general.as_str(), RoomEntry::tells_presence) == Some(true);
        let inside = by_general && directory.is_member(general.as_str(), account);
        let all = presence_crosses || cursors_cross;
        let told = count <= limits::PRESENCE_MEMBERS;
        let concerned =
            |other: &AccountId| all || told && (!inside || !directory.is_member(general.as_str(), *other));
        let others = directory.with_room_key(room, |room| room.members.keys().copied().collect::<Vec<_>>());
        self.accounts.extend(others.unwrap_or_default().into_iter().filter(concerned));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chinwag_store::{Committed, MemberState, View};

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
    fn a_room_that_grows_out_of_being_small_touches_all_its_members() {
        let directory = directory();
        let mut join = |number: i64| {
            let name = format!("p{number}").parse().unwrap();
            let added =
                Change::AccountAdded { account: AccountId(number), name, admin: false, password: true };
            directory.apply(&Committed { changes: vec![added], ..Committed::default() });
            let general = vec![joined(GENERAL, number)];
            directory.apply(&Committed { changes: general, ..Committed::default() });
            touched(&directory, joined(TEAM, number)).0.len()
        };
        // The one who comes, and 4, who is not in general.
        assert_eq!((5..=18).map(&mut join).max(), Some(2));
        // 19, 20 and 21 members: with more changes at once, each could be the one that crosses.
        assert_eq!((19..=21).map(&mut join).collect::<Vec<_>>(), [19, 20, 21]);
        assert_eq!(join(22), 2);
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
        assert_eq!(directory.reach_of_all().outside.len(), 1);
        touched(&directory, joined(GENERAL, 4));
        assert_eq!((sees(1), sees(4)), ((true, vec![]), (true, vec![])));
    }
}
