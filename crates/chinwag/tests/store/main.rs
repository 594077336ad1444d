//! The store's promises, tested on every database it supports.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

/// Defines each test once per kind of database, with an empty one as its argument.
macro_rules! on_both {
    ($($test:ident)*) => {
        mod on_sqlite { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() { super::$test(crate::databases::sqlite()).await }
        )* }
        mod on_postgres { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                let server = chinwag_journeys::Postgres::shared().unwrap();
                super::$test(crate::databases::postgres(&server)).await;
            }
        )* }
    };
}

mod changes;
mod contract;
mod databases;
mod faults;
mod history;
mod migrating;
mod permits;
mod scene;
mod servers;
mod sessions;
mod tls;
mod transfer;
