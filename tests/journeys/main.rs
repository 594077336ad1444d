//! The end-to-end tests ("journeys"). Each starts its own server on free ports. Run them with `make test`, or
//! `cargo build -p chinwag && cargo nextest run -p chinwag-journeys`.

#![expect(
    clippy::unwrap_used,
    reason = "a journey ends where something is not as it must be, helpers included"
)]

/// Defines for each journey, a function that takes a server, one test per supported broker.
macro_rules! on_every_broker {
    ($($journey:ident),* $(,)?) => {
        mod embedded {
            $(#[tokio::test]
            async fn $journey() {
                super::$journey(chinwag_journeys::Server::start().await.unwrap()).await;
            })*
        }
        on_every_other_broker!($($journey),*);
    };
}

/// Like `on_every_broker`, for external brokers only.
macro_rules! on_every_other_broker {
    ($($journey:ident),* $(,)?) => {
        mod mosquitto {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $journey() {
                super::$journey(chinwag_journeys::Server::start_beside_mosquitto().await.unwrap()).await;
            })*
        }
        mod rmqtt {
            $(#[tokio::test(flavor = "multi_thread")]
            #[ignore = "needs RMQTT, which takes long to compile: make test-brokers"]
            async fn $journey() {
                super::$journey(chinwag_journeys::Server::start_beside_rmqtt().await.unwrap()).await;
            })*
        }
    };
}

mod addresses;
mod assets;
mod beside;
mod bridge;
mod bursts;
mod command_line;
mod crash;
mod doctor;
mod documents;
mod dynsec;
mod garbage;
mod hooks;
mod hostile_http;
mod http_rules;
mod input;
mod listeners;
mod media;
mod metrics;
mod operator;
mod origins;
mod paging;
mod people;
mod postgres;
mod prefix;
mod reasons;
mod refusals;
mod resent;
mod revoked;
mod servers;
mod sessions;
mod settings;
mod sign_in;
mod start;
mod stock;
mod thumbnails;
mod told;
mod verbs;
mod websocket;
