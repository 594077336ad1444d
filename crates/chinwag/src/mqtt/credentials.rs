//! Which live MQTT connections stand on which token, so that revoking one ends them at once.

use std::collections::HashMap;
use std::net::SocketAddr;

use parking_lot::Mutex;

use crate::store::AccountId;

/// Connections that may have signed in and not yet begun; beyond it the oldest knowledge goes.
const PENDING: usize = 10_000;

struct Standing {
    account: AccountId,
    token: i64,
    client_id: Option<String>,
}

/// Live connections by their peer's address, which no two of them share.
#[derive(Default)]
pub struct Credentials(Mutex<HashMap<SocketAddr, Standing>>);

impl Credentials {
    /// A connection signed in with a token.
    pub fn signed_in(&self, address: SocketAddr, account: AccountId, token: i64) {
        let mut standing = self.0.lock();
        if standing.len() >= PENDING {
            standing.retain(|_, standing| standing.client_id.is_some());
        }
        standing.insert(address, Standing { account, token, client_id: None });
    }

    /// Its session began.
    pub fn connected(&self, address: SocketAddr, client_id: &str) {
        if let Some(standing) = self.0.lock().get_mut(&address) {
            standing.client_id = Some(client_id.to_owned());
        }
    }

    /// It is gone.
    pub fn disconnected(&self, address: SocketAddr) {
        self.0.lock().remove(&address);
    }

    /// The client ids that stand on a token.
    pub fn standing_on(&self, account: AccountId, token: i64) -> Vec<String> {
        let standing = self.0.lock();
        let on_it =
            standing.values().filter(|standing| (standing.account, standing.token) == (account, token));
        on_it.filter_map(|standing| standing.client_id.clone()).collect()
    }
}
