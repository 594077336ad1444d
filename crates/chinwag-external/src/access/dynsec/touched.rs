//! Determines whose rules are affected by changes.

use std::collections::BTreeSet;

use chinwag_protocol::{RoomId, limits};

use chinwag_chat::directory::{Directory, RoomEntry};
use chinwag_store::{AccountId, Change, RoomKey};

/// Which rules have to be computed again.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// The accounts with affected rules.
    pub accounts: BTreeSet<AccountId>,
    /// Whether the shared rules are affected.
    pub all: bool,
}

impl Touched {
    /// Returns what is affected by changes that the directory already contains.
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
                // Remains of deleted accounts and rooms are found by comparing everything.
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

    /// Returns all accounts and the shared rules.
    pub fn everything(directory: &Directory) -> Self {
        Self { accounts: directory.account_ids().into_iter().collect(), all: true }
    }

    /// Adds what is affected by a member joining or leaving, as one of `changes` changes. Others start or stop seeing
    /// their presence: by the shared rules if both are in `general` and it is small, otherwise by their own. And when a
    /// room becomes small or stops being so, all its members are affected.
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

    /// Accounts 1, 2 and 3 are in general and in a team; 4 is only in the team.
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
        // Members of general see each other anyway; only 4 needs a rule of its own.
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
        // The account that joins, and 4, which is not in general.
        assert_eq!((5..=18).map(&mut join).max(), Some(2));
        // At 19, 20 and 21 members: with several changes at once, each could be the one that crosses the limit.
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
