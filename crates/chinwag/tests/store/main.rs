//! What the store promises, held against every database it runs on.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

mod changes;
mod contract;
mod databases;
mod faults;
mod migrating;
mod servers;
mod tls;
mod transfer;
