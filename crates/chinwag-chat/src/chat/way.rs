//! How something that a person does came here.

use chinwag_protocol::Refused;

use super::Chat;
use crate::store::{AccountId, made_id};

/// How it came.
#[derive(Debug, Clone, Copy)]
pub enum Way<'a> {
    /// In a PUBLISH of a client of the embedded broker, which is read no further until it is understood: one that comes
    /// too fast waits.
    Packet {
        /// As it came; packet id 0 where there is none.
        sent: made_id::Sent<'a>,
        /// The client may have sent it before.
        resent: bool,
    },
    /// By HTTP, or as a will: one that comes too fast is refused, and its sender told so.
    Once,
    /// From an external broker. One that waited would hold up those of everybody else behind it.
    Broker {
        /// The `msg_id` that it got from us when it came before.
        again: Option<&'a str>,
    },
}

impl Way<'_> {
    /// Keeps to the rate at which an account may write.
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
