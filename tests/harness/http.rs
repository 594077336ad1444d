//! An HTTP client that returns the status and JSON.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

/// An HTTP client, with or without an access token.
#[derive(Debug, Clone)]
pub struct Http {
    base: String,
    token: Option<String>,
    client: Client,
}

impl Http {
    /// Creates a client for `address`.
    pub fn new(address: SocketAddr, token: Option<&str>) -> Self {
        Self { base: format!("http://{address}"), token: token.map(str::to_owned), client: Client::new() }
    }

    /// Returns a request that the caller can change before sending it.
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

    /// Sends a GET.
    pub async fn get(&self, path: &str) -> Result<(u16, Value)> {
        self.answer(self.request(Method::GET, path)).await
    }

    /// Sends a POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Result<(u16, Value)> {
        self.answer(self.request(Method::POST, path).json(&body)).await
    }

    /// Sends a POST with a file as its body.
    pub async fn upload(&self, path: &str, bytes: Vec<u8>) -> Result<(u16, Value)> {
        self.answer(self.request(Method::POST, path).body(bytes)).await
    }

    /// Downloads a file.
    pub async fn download(&self, path: &str) -> Result<Vec<u8>> {
        Ok(self.request(Method::GET, path).send().await?.error_for_status()?.bytes().await?.to_vec())
    }

    /// Sends a DELETE.
    pub async fn delete(&self, path: &str) -> Result<(u16, Value)> {
        self.answer(self.request(Method::DELETE, path)).await
    }

    /// Posts a message; returns it as stored.
    pub async fn say(&self, topic: &str, text: &str) -> Result<Value> {
        let (status, event) = self.post("/message", json!({"topic": topic, "text": text})).await?;
        ensure!(status == 201, "POST /message: {status} {event}");
        Ok(event)
    }

    /// Returns all events of a room after `after`, fetched page by page.
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

    /// Returns all messages of a room in their current state, oldest first, paged backwards from the newest.
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
