//! `chinwag doctor`: connects to a broker as the server and as its clients do, tries what must work and what must be
//! refused, and reports what is wrong. It leaves nothing behind: what it sends is refused by the server or has no
//! effect, and it creates no password or token.

mod probe;
mod refused;
mod works;

use anyhow::Context;
use chinwag_protocol::{Name, RoomId, limits};

use chinwag_chat::accounts::broker_access::AccessKind;
use chinwag_chat::accounts::broker_key::BrokerKeys;
use chinwag_chat::chat::Chat;
use chinwag_chat::directory::AccountEntry;
use probe::Probe;

use super::url::{BrokerConfig, BrokerUrl};

/// The result of one check.
#[derive(Debug)]
pub struct Finding {
    /// What was checked, as it should be.
    pub what: String,
    /// The verdict.
    pub verdict: Verdict,
}

/// The verdict of a check.
#[derive(Debug)]
pub enum Verdict {
    /// As it should be.
    Well,
    /// Acceptable, with a disadvantage that is explained.
    Worth(String),
    /// Wrong: the problem and what to do.
    Wrong(String),
}

/// The examination of one broker.
pub struct Doctor<'a> {
    chat: &'a Chat,
    keys: &'a BrokerKeys,
    config: &'a BrokerConfig,
    /// The account to test with.
    me: AccountEntry,
    /// Another account's name, or one that no account has.
    other: Name,
    /// A room of the tested account.
    room: RoomId,
    /// A unique text that marks messages of this examination.
    mark: String,
    tell: &'a mut (dyn FnMut(Finding) + Send),
}

impl<'a> Doctor<'a> {
    /// Prepares the examination. Fails if `me` is in no room.
    pub fn new(
        chat: &'a Chat,
        keys: &'a BrokerKeys,
        config: &'a BrokerConfig,
        me: AccountEntry,
        tell: &'a mut (dyn FnMut(Finding) + Send),
    ) -> anyhow::Result<Self> {
        let directory = &chat.directory;
        let mut rooms = directory.rooms_of(me.id, |room| Some(room.topic.clone()));
        rooms.sort_by_key(|room| *room != RoomId::general());
        let room = rooms.into_iter().next();
        let room = room.with_context(|| format!("{} is not in any room; use an account that is", me.name))?;
        let others = directory.account_ids().into_iter().filter(|id| *id != me.id);
        let other = others.filter_map(|id| directory.name_of(id)).next();
        let other = other.map_or_else(|| "nobody".parse(), Ok)?;
        let mark = uuid::Uuid::new_v4().simple().to_string();
        Ok(Self { chat, keys, config, me, other, room, mark, tell })
    }

    /// Performs all checks that are possible.
    pub async fn examine(&mut self) -> anyhow::Result<()> {
        let server = match Probe::open(self.config, &format!("chinwag-doctor-{}", self.mark)).await {
            Ok(server) => server,
            Err(error) => {
                self.wrong(
                    "the broker accepts Chinwag's own connection",
                    format!(
                        "{error:#}. Check the address, the user and the password in --broker. If the broker asks \
                         Chinwag, check also that `chinwag serve` is running and that the broker sends it the right secret (the server logs when a wrong one was sent)"
                    ),
                );
                return Ok(());
            }
        };
        self.well("the broker accepts Chinwag's own connection, with MQTT 5");
        self.offers(&server);
        self.rules().await?;
        self.strangers().await;
        if let Some(client) = self.client().await {
            let client_id = self.client_id();
            self.api(&client_id).await;
            if let Some((server, client)) = self.what_must_work(server, client).await? {
                self.what_must_be_refused(server, client).await?;
            }
        }
        self.browsers().await;
        Ok(())
    }

    fn well(&mut self, what: impl Into<String>) {
        (self.tell)(Finding { what: what.into(), verdict: Verdict::Well });
    }

    fn wrong(&mut self, what: impl Into<String>, why: impl Into<String>) {
        (self.tell)(Finding { what: what.into(), verdict: Verdict::Wrong(why.into()) });
    }

    fn found(&mut self, what: impl Into<String>, well: bool, why: impl Into<String>) {
        if well { self.well(what) } else { self.wrong(what, why) }
    }

    fn worth(&mut self, what: impl Into<String>, why: impl Into<String>) {
        (self.tell)(Finding { what: what.into(), verdict: Verdict::Worth(why.into()) });
    }

    /// Checks the broker's features. Those not mentioned in the CONNACK are available (MQTT 5.0, 3.2.2.3).
    fn offers(&mut self, server: &Probe) {
        let Some(offers) = server.offers().cloned() else { return };
        let has = |flag: Option<u8>| flag != Some(0);
        self.found(
            "it supports shared subscriptions",
            has(offers.shared_subscription_available),
            "messages reach the servers through one; enable them",
        );
        self.found(
            "it supports retained messages",
            has(offers.retain_available),
            "presence is published as retained messages; enable them",
        );
        self.found(
            "it has QoS 1",
            has(offers.max_qos),
            "everything that must not be lost is sent with it; allow it",
        );
        let most = offers.max_packet_size.map_or(usize::MAX, |bytes| bytes as usize);
        self.found(
            format!("it accepts packets of {} KiB", limits::PACKET_BYTES / 1024),
            most >= limits::PACKET_BYTES,
            format!(
                "it accepts {most} bytes; longer messages would never arrive. Raise its maximum packet size"
            ),
        );
    }

    /// Checks that a server has configured the broker's access control.
    async fn rules(&mut self) -> anyhow::Result<()> {
        let what = "a server has determined how the broker learns who may do what";
        match AccessKind::of(&self.chat.store).await? {
            Some(AccessKind::Dynsec) => self.well(format!("{what}: by its dynamic-security plugin")),
            Some(AccessKind::Hooks) => {
                self.well(format!("{what}: by asking Chinwag"));
                if self.config.api.is_none() {
                    self.worth(
                        "Chinwag can use the broker's own API",
                        "without --broker-api, a person who is removed from a room keeps their subscriptions until \
                         they connect again",
                    );
                }
            }
            None => self.wrong(what, "start `chinwag serve` with this --broker first; it does that"),
        }
        Ok(())
    }

    /// Connects with these credentials, or without any.
    async fn connect(&self, url: &BrokerUrl, credentials: Option<(&str, &str)>) -> anyhow::Result<Probe> {
        let credentials = credentials.map(|(user, password)| (user.to_owned(), password.to_owned()));
        let url = BrokerUrl { credentials, ..url.clone() };
        Probe::open(&BrokerConfig { url, ..self.config.clone() }, &self.client_id()).await
    }

    fn client_id(&self) -> String {
        format!("doctor-{}", self.mark)
    }

    /// Checks that wrong and missing credentials are refused.
    async fn strangers(&mut self) {
        let name = self.me.name.to_string();
        let url = self.config.url.clone();
        let wrong_password = self.connect(&url, Some((&name, "not the password"))).await.is_err();
        self.found(
            "a wrong password is refused",
            wrong_password,
            "the broker accepts anybody under any name. It must ask Chinwag, and refuse if there is no answer, or \
             have its dynamic-security plugin loaded",
        );
        let nobody = self.connect(&url, None).await.is_err();
        self.found(
            "a client without a user name is refused",
            nobody,
            "anonymous clients are accepted; disable that (allow_anonymous, allow_zero_user_name …)",
        );
    }

    /// Connects as a client, with the account's key.
    async fn client(&mut self) -> Option<Probe> {
        match self.connect_to(&self.config.url).await {
            Ok(client) => {
                self.well(format!("{} connects with the account's key", self.me.name));
                Some(client)
            }
            Err(error) => {
                self.wrong(
                    format!("{} connects with the account's key", self.me.name),
                    format!(
                        "{error:#}. Is `chinwag serve` running with this broker and this database, and does the \
                         broker reach it at /broker/authenticate with the right secret, if it has to ask?"
                    ),
                );
                None
            }
        }
    }

    async fn connect_to(&self, url: &BrokerUrl) -> anyhow::Result<Probe> {
        let key = self.keys.current(&self.chat.directory, self.me.id).unwrap_or_default();
        self.connect(url, Some((self.me.name.as_str(), &key))).await
    }

    /// Checks the connection over WebSocket that browsers use.
    async fn browsers(&mut self) {
        let url = match &self.config.websocket {
            Some(url) => BrokerUrl::parse(url),
            None if self.config.url.is_websocket() => Ok(self.config.url.clone()),
            None => {
                return self.worth(
                    "browsers know where the broker is",
                    "without --broker-websocket the web client cannot connect to it",
                );
            }
        };
        let tried = match url {
            Ok(url) => self.connect_to(&url).await.map(drop),
            Err(error) => Err(error),
        };
        let why = tried.as_ref().err().map(|error| format!("{error:#}. Check --broker-websocket"));
        self.found("browsers reach it over WebSocket", why.is_none(), why.unwrap_or_default());
    }

    /// Checks that the broker's HTTP API lists the connected client.
    async fn api(&mut self, client_id: &str) {
        let Some(api) = &self.config.api else { return };
        let listed = api.lists(self.me.name.as_str(), client_id).await;
        let why = match listed {
            Ok(true) => None,
            Ok(false) => {
                Some("it does not list a client that is connected. Name every node of the cluster".into())
            }
            Err(error) => Some(format!("{error:#}. Check --broker-api")),
        };
        self.found("the broker's API knows who is connected", why.is_none(), why.unwrap_or_default());
    }
}
