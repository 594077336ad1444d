//! A connection that sends Chinwag one HTTP request after the other and waits for each response.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::fleet::Framing;
use crate::stack::http::Http;

/// How long a response may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The connection, signed in with an access token.
pub struct Client {
    stream: TcpStream,
    token: String,
    received: Vec<u8>,
}

impl Client {
    /// Connects to a server.
    pub fn new(server: SocketAddr, token: &str) -> Result<Self> {
        let stream = TcpStream::connect(server).with_context(|| format!("connecting to {server}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, token: token.to_owned(), received: Vec::new() })
    }

    /// The body of the response to a request; an error if the status is not 2xx.
    pub fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<&[u8]> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.stream.write_all(request.as_bytes())?;
        self.received.clear();
        let mut chunk = [0; 64 * 1024];
        let (status, length) = loop {
            match self.stream.read(&mut chunk).with_context(|| format!("{method} {path}"))? {
                0 => bail!("{method} {path}: the server closed the connection"),
                count => self.received.extend_from_slice(&chunk[..count]),
            }
            if let Some((answer, _)) = Http.first(&self.received)? {
                break (answer.status, answer.body.len());
            }
        };
        let body = &self.received[self.received.len() - length..];
        ensure!((200..300).contains(&status), "{method} {path}: {status} {}", String::from_utf8_lossy(body));
        Ok(body)
    }
}
