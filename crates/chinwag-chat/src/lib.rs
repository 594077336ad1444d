//! Chinwag's chat logic: access control, the actions of users in rooms, and the notifications that result from them. It
//! is the same for every broker that clients may connect to. The code for a broker calls [`meaning::of`] to interpret a
//! PUBLISH, and builds its messages with [`messages`].
//!
//! It builds on the store, and knows neither HTTP nor any broker. Each part receives its dependencies; nothing here
//! knows the server that combines them.

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
