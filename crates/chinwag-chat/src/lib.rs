//! Chinwag's chat: who may do what, what people do in rooms, and what others are told of it. The same whichever broker
//! the clients are on; a broker's side asks [`meaning::of`] what a PUBLISH means, and speaks with [`messages`].
//!
//! It stands on the store, and knows neither HTTP nor any broker. Each part is given what it needs; nothing here knows
//! the server that they are put together in.

pub mod access;
pub mod accounts;
pub mod chat;
pub mod cursors;
pub mod directory;
pub mod meaning;
pub mod messages;
pub mod presence;
pub mod rates;

use chinwag_store::{self as store, clock};
