//! Which tokens are in use, for their owner to see, and so that the sign-in that ends for a new one is really the one
//! used longest ago.

use std::collections::{HashMap, HashSet};

use parking_lot::Mutex;

/// How many rounds of noting go by before tokens are noted that only have a connection.
const ROUNDS: u32 = 10;

/// Tokens that were used since it was last noted in the database, and those that live connections were opened with.
#[derive(Default)]
pub struct UsedTokens(Mutex<Used>);

#[derive(Default)]
struct Used {
    since: HashSet<i64>,
    connections: HashMap<i64, usize>,
    rounds: u32,
}

impl UsedTokens {
    /// A token was shown.
    pub fn shown(&self, token: i64) {
        self.0.lock().since.insert(token);
    }

    /// A connection was opened with it.
    pub fn connected(&self, token: i64) {
        *self.0.lock().connections.entry(token).or_default() += 1;
    }

    /// That connection is gone.
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

    /// What is to be noted once a minute.
    pub fn take(&self) -> Vec<i64> {
        let rounds = {
            let mut used = self.0.lock();
            used.rounds = (used.rounds + 1) % ROUNDS;
            used.rounds
        };
        if rounds == 0 { self.take_all() } else { self.0.lock().since.drain().collect() }
    }

    /// All that are in use now.
    pub fn take_all(&self) -> Vec<i64> {
        let mut used = self.0.lock();
        let mut all = std::mem::take(&mut used.since);
        all.extend(used.connections.keys());
        all.into_iter().collect()
    }
}
