//! The installation under test: servers, broker, database, a disk, and proxies between them that can simulate faults.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use chinwag_journeys::{Beside, Disk, Mosquitto, Postgres, Proxy, Rmqtt, Server};

use crate::shape::Shape;

/// Size of the data disk in bytes, small enough to fill quickly.
const DISK: u64 = 256 << 20;
/// Number of servers with an external broker.
const SERVERS: usize = 3;
/// The secret that a broker sends to Chinwag's hooks.
const SECRET: &str = "a-secret-between-broker-and-servers";

/// The proxies through which a server connects.
pub struct Paths {
    /// To the broker.
    pub broker: Proxy,
    /// To the database.
    pub database: Proxy,
}

/// The broker.
pub enum Broker {
    /// The embedded broker of the server.
    Own,
    /// One Mosquitto.
    Mosquitto(Arc<Mosquitto>),
    /// An RMQTT cluster, and the proxy for its hook requests to Chinwag.
    Rmqtt(Box<Rmqtt>, Proxy),
}

/// The whole installation. Fields are dropped in order: dependents before what they depend on.
pub struct Installation {
    pub servers: Vec<Server>,
    pub paths: Vec<Paths>,
    pub broker: Broker,
    pub before_http: Vec<Proxy>,
    pub before_mqtt: Vec<Proxy>,
    pub database: Option<Postgres>,
    /// `None` if mounting is not permitted.
    pub disk: Option<Disk>,
}

impl Installation {
    /// Starts an installation.
    pub async fn start(shape: Shape) -> Result<Self> {
        match shape {
            Shape::Embedded => embedded().await,
            Shape::Mosquitto => {
                let mosquitto = Arc::new(Mosquitto::start().await?);
                let (disk, database) = database()?;
                let beside = mosquitto.beside();
                let nodes = [mosquitto.mqtt];
                Self::beside(Broker::Mosquitto(mosquitto), &nodes, &beside, &[], disk, database).await
            }
            Shape::Rmqtt => rmqtt_cluster().await,
        }
    }

    /// Starts servers that use an external broker with these nodes.
    async fn beside(
        broker: Broker,
        nodes: &[SocketAddr],
        beside: &Beside,
        extra: &[&str],
        disk: Option<Disk>,
        database: Postgres,
    ) -> Result<Self> {
        let database_url = database.database()?;
        let database_address = SocketAddr::from(([127, 0, 0, 1], database.port()));
        let (mut servers, mut paths) = (Vec::new(), Vec::new());
        let (mut before_http, mut before_mqtt) = (Vec::new(), Vec::new());
        for node in nodes {
            before_mqtt.push(Proxy::before(*node).await?);
        }
        for number in 0..SERVERS {
            let mut in_turn = nodes.to_vec();
            in_turn.rotate_left(number % nodes.len());
            let path = Paths {
                broker: Proxy::before_any(in_turn).await?,
                database: Proxy::before(database_address).await?,
            };
            let url = beside.url.replace(&nodes[0].to_string(), &path.broker.address.to_string());
            let database =
                database_url.replace(&database_address.to_string(), &path.database.address.to_string());
            let arguments = [&["--database", &database], extra].concat();
            let server = Server::start_beside(Beside { url, ..beside.clone() }, &arguments).await?;
            if let Broker::Rmqtt(_, hooks) = &broker {
                hooks.lead_to(servers.iter().chain([&server]).map(|server: &Server| server.http).collect());
            }
            before_http.push(Proxy::before(server.http).await?);
            servers.push(server);
            paths.push(path);
        }
        Ok(Self { servers, paths, broker, before_http, before_mqtt, database: Some(database), disk })
    }

    /// Kills the broker, or its second node, as a power cut would.
    pub async fn broker_down(&mut self) -> Result<()> {
        match &mut self.broker {
            Broker::Own => anyhow::bail!("it is the server's own"),
            Broker::Mosquitto(mosquitto) => mosquitto.down().await,
            Broker::Rmqtt(cluster, _) => cluster.kill(1).await,
        }
    }

    /// Restarts it.
    pub async fn broker_up(&mut self) -> Result<()> {
        match &mut self.broker {
            Broker::Own => anyhow::bail!("it is the server's own"),
            Broker::Mosquitto(mosquitto) => mosquitto.up().await,
            Broker::Rmqtt(cluster, _) => cluster.start_again(1).await,
        }
    }
}

async fn embedded() -> Result<Installation> {
    let folder = tempfile::Builder::new().prefix("chinwag-faults-").tempdir()?;
    let disk = Disk::mount(&folder.path().join("data"), DISK).ok();
    let server = Server::start_in(folder, &["--limits", "off"]).await?;
    Ok(Installation {
        before_http: vec![Proxy::before(server.http).await?],
        before_mqtt: vec![Proxy::before(server.mqtt).await?],
        servers: vec![server],
        paths: vec![],
        broker: Broker::Own,
        database: None,
        disk,
    })
}

/// Starts PostgreSQL with its data on a separate small disk.
fn database() -> Result<(Option<Disk>, Postgres)> {
    let folder = tempfile::Builder::new().prefix("chinwag-faults-").tempdir()?.keep();
    let disk = Disk::mount(&folder, DISK).ok();
    let small = ["max_wal_size=64MB", "min_wal_size=32MB", "shared_buffers=32MB"];
    let database = match &disk {
        Some(_) => Postgres::start_in(folder.join("data"), &small)?,
        None => Postgres::start_with(&small)?,
    };
    Ok((disk, database))
}

async fn rmqtt_cluster() -> Result<Installation> {
    let hooks = Proxy::before_any(vec![]).await?;
    let cluster = Rmqtt::start(3, hooks.address, SECRET).await?;
    let (disk, database) = database()?;
    let nodes: Vec<_> = cluster.nodes.iter().map(|node| node.mqtt).collect();
    let (beside, extra) = (cluster.beside(), cluster.arguments());
    let extra: Vec<_> = extra.iter().map(String::as_str).collect();
    let broker = Broker::Rmqtt(Box::new(cluster), hooks);
    Installation::beside(broker, &nodes, &beside, &extra, disk, database).await
}
