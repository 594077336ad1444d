//! The ways in which an action of a user arrives.

use chinwag_protocol::Refused;

use super::Chat;
use crate::store::{AccountId, made_id};

/// The way in which an action arrived.
#[derive(Debug, Clone, Copy)]
pub enum Way<'a> {
    /// In a PUBLISH of a client of the embedded broker. The client's next packets are not read until this one is
    /// processed, so one that exceeds the rate limit waits.
    Packet {
        /// The PUBLISH as received; packet id 0 if it has none.
        sent: made_id::Sent<'a>,
        /// Whether the client may have sent it before.
        resent: bool,
    },
    /// Over HTTP, or as a will: one that exceeds the rate limit is refused.
    Once,
    /// From an external broker. Making it wait would delay those of all other accounts behind it.
    Broker {
        /// The `msg_id` that we gave it when it arrived before, if it did.
        again: Option<&'a str>,
    },
}

impl Way<'_> {
    /// Applies the rate limit of messages: waits or refuses, depending on the way.
    pub async fn pace(self, chat: &Chat, account: AccountId) -> Result<(), Refused> {
        match self {
            Self::Packet { .. } => {
                chat.rates.wait_to_send(account).await;
                Ok(())
            }
            Self::Once | Self::Broker { .. } => chat.rates.send(account),
        }
    }
}
