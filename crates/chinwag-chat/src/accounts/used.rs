//! Recent use of tokens, shown to their owners, and needed so that the sign-in that is revoked in favor of a new one is
//! really the least recently used.

use std::collections::{HashMap, HashSet};

use parking_lot::Mutex;

/// Every how many rounds tokens are recorded that are only in use by an open connection.
const ROUNDS: u32 = 10;

/// The tokens that were used since they were last recorded in the database, and those of open connections.
#[derive(Default)]
pub struct UsedTokens(Mutex<Used>);

#[derive(Default)]
struct Used {
    since: HashSet<i64>,
    connections: HashMap<i64, usize>,
    rounds: u32,
}

impl UsedTokens {
    /// Records that a token was presented.
    pub fn shown(&self, token: i64) {
        self.0.lock().since.insert(token);
    }

    /// Records that a connection was opened with a token.
    pub fn connected(&self, token: i64) {
        *self.0.lock().connections.entry(token).or_default() += 1;
    }

    /// Records that a connection opened with a token has ended.
    pub fn disconnected(&self, token: i64) {
        let mut used = self.0.lock();
        if let Some(count) = used.connections.get_mut(&token) {
            *count -= 1;
            if *count == 0 {
                used.connections.remove(&token);
            }
            used.since.insert(token);
        }
    }

    /// Takes the tokens to record; called once a minute.
    pub fn take(&self) -> Vec<i64> {
        let rounds = {
            let mut used = self.0.lock();
            used.rounds = (used.rounds + 1) % ROUNDS;
            used.rounds
        };
        if rounds == 0 { self.take_all() } else { self.0.lock().since.drain().collect() }
    }

    /// Takes the tokens to record, including those of all open connections.
    pub fn take_all(&self) -> Vec<i64> {
        let mut used = self.0.lock();
        let mut all = std::mem::take(&mut used.since);
        all.extend(used.connections.keys());
        all.into_iter().collect()
    }
}
