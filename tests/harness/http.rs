//! HTTP as a client sees it: a status and JSON.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

/// A client of somebody's, or of nobody's.
#[derive(Debug, Clone)]
pub struct Http {
    base: String,
    token: Option<String>,
    client: Client,
}

impl Http {
    /// Talks to `address` with an access token.
    pub fn new(address: SocketAddr, token: Option<&str>) -> Self {
        Self { base: format!("http://{address}"), token: token.map(str::to_owned), client: Client::new() }
    }

    /// A request to send as it is.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn answer(&self, request: RequestBuilder) -> Result<(u16, Value)> {
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await?;
        if bytes.is_empty() {
            return Ok((status, Value::Null));
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok((status, serde_json::from_slice(&bytes).unwrap_or(Value::String(text))))
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Result<(u16, Value)> {
        self.answer(self.request(Method::GET, path)).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Result<(u16, Value)> {
        self.answer(self.request(Method::POST, path).json(&body)).await
    }

    /// POST of a file.
    pub async fn upload(&self, path: &str, bytes: Vec<u8>) -> Result<(u16, Value)> {
        self.answer(self.request(Method::POST, path).body(bytes)).await
    }

    /// GET of a file.
    pub async fn download(&self, path: &str) -> Result<Vec<u8>> {
        Ok(self.request(Method::GET, path).send().await?.error_for_status()?.bytes().await?.to_vec())
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Result<(u16, Value)> {
        self.answer(self.request(Method::DELETE, path)).await
    }

    /// Says something; gives the message as stored.
    pub async fn say(&self, topic: &str, text: &str) -> Result<Value> {
        let (status, event) = self.post("/message", json!({"topic": topic, "text": text})).await?;
        ensure!(status == 201, "POST /message: {status} {event}");
        Ok(event)
    }

    /// The whole log of a room after `after`, page by page.
    pub async fn events_after(&self, topic: &str, mut after: u64) -> Result<Vec<Value>> {
        let mut all = Vec::new();
        loop {
            let (status, mut page) = self.get(&format!("/events/{topic}?after={after}&limit=500")).await?;
            ensure!(status == 200, "GET /events: {status} {page}");
            ensure!(page["reset"] != true, "GET /events: reset after {after}");
            let last_seq = page["last_seq"].as_u64().context("last_seq")?;
            let events = match page["events"].take() {
                Value::Array(events) => events,
                other => anyhow::bail!("events: {other}"),
            };
            let Some(last) = events.last() else { return Ok(all) };
            after = last["seq"].as_u64().context("seq")?;
            all.extend(events);
            if after >= last_seq {
                return Ok(all);
            }
        }
    }

    /// Every message of a room as it stands now, oldest first, paged from the newest backwards.
    pub async fn messages(&self, topic: &str) -> Result<Vec<Value>> {
        let mut pages: Vec<Vec<Value>> = Vec::new();
        let mut before = String::new();
        loop {
            let (status, mut page) = self.get(&format!("/messages/{topic}?limit=100{before}")).await?;
            ensure!(status == 200, "GET /messages: {status} {page}");
            let Value::Array(messages) = page["messages"].take() else {
                anyhow::bail!("no messages: {page}")
            };
            let Some(first) = messages.first() else { break };
            before = format!("&before={}", first["seq"]);
            pages.push(messages);
        }
        Ok(pages.into_iter().rev().flatten().collect())
    }
}
