//! An in-memory broker open to any client and any topic, for external test suites and benchmarks.
//!
//! `cargo run -p chinwag-broker --release --example open_broker -- 127.0.0.1:1883 [WS-ADDRESS]`

use std::sync::Arc;

use chinwag_broker::{
    Broker, Client, Config, Connect, Disposition, Handler, Identity, Limits, Message, Origin, Outcome,
    Refusal,
};
use tokio::net::TcpListener;

/// Allows everything except one topic that the Paho interoperability suite expects to be refused.
struct Open;

impl Handler for Open {
    async fn connect(&self, connect: Connect) -> Result<Identity, Refusal> {
        let name = connect.username.unwrap_or_default().into();
        Ok(Identity { account: 1, name, credential: Default::default() })
    }

    async fn subscribe(&self, _client: &Client, filter: &str) -> Result<(), Refusal> {
        if filter == "test/nosubscribe" {
            return Err(Refusal::new(0x80, "nobody may subscribe to this"));
        }
        Ok(())
    }

    async fn publish(&self, _client: &Client, message: Message, _origin: Origin) -> Outcome {
        Outcome::Now(Ok(Disposition::Route(Box::new(message))))
    }

    fn may_read(&self, _account: u64, _topic: &str) -> bool {
        true
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:1883".into());
    let config = Config {
        limits: Limits::default().rates_off(),
        server_keep_alive: Some(60),
        retain_from_clients: true,
        response_information: Some("responses".into()),
        ..Config::default()
    };
    let broker = Broker::new(Arc::new(Open), config);
    if let Some(address) = arguments.next() {
        let (broker, listener) = (broker.clone(), TcpListener::bind(&address).await?);
        tokio::spawn(async move { broker.serve_ws(listener).await });
    }
    let listener = TcpListener::bind(&address).await?;
    eprintln!("listening on {}", listener.local_addr()?);
    broker.serve_tcp(listener).await;
    Ok(())
}
