//! The part of HTTP/1.1 that the generator needs: a request encoded once, and parsing of responses.

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::fleet::Framing;
use crate::wire;

/// Maximum size of the head of a response in bytes.
const ANSWER_BYTES: usize = 64 * 1024;

/// The framing of a connection on which the server sends responses.
pub struct Http;

/// A response.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The status; 201 is expected.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
}

impl Framing for Http {
    type Frame<'a> = Answer<'a>;

    fn first<'a>(&self, bytes: &'a [u8]) -> Result<Option<(Answer<'a>, usize)>> {
        let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else {
            if bytes.len() > ANSWER_BYTES { bail!("a head that never ends") } else { return Ok(None) }
        };
        let head = std::str::from_utf8(&bytes[..end])?;
        let status = head.get(9..12).and_then(|status| status.parse().ok()).context("no status")?;
        let mut length = None;
        for line in head.split("\r\n") {
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = Some(value.trim().parse::<usize>()?);
            }
        }
        let length = length.context("an answer without a length")?;
        let body = bytes.get(end + 4..end + 4 + length);
        Ok(body.map(|body| (Answer { status, body }, end + 4 + length)))
    }
}

/// A `POST /message` encoded once; each send only patches its stamp and its `msg_id`.
pub struct Request {
    bytes: Vec<u8>,
    stamp_at: usize,
    msg_id_at: usize,
}

/// The placeholder for a `msg_id` that is patched later; as long as a UUID.
const MSG_ID: &str = "msg-id-of-this-message-in-36-letters";

impl Request {
    /// Encodes the messages of sender number `sender` to `room`, with an access token if the stack has accounts.
    pub fn new(room: &str, sender: u32, token: Option<&str>) -> Result<Self> {
        let text = String::from_utf8(wire::text(sender))?;
        let mut body = json!({"topic": room, "text": text, "msg_id": MSG_ID});
        let authorization = match token {
            Some(token) => format!("Authorization: Bearer {token}\r\n"),
            // Without accounts, the sender names itself in the body.
            None => {
                body["sender"] = format!("load{sender}").into();
                String::new()
            }
        };
        let body = body.to_string();
        let bytes = format!(
            "POST /message HTTP/1.1\r\nHost: localhost\r\n{authorization}Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes();
        let stamp_at = wire::find_stamp(&bytes).context("no stamp")?;
        let msg_id_at = memchr::memmem::find(&bytes, MSG_ID.as_bytes()).context("no msg_id")?;
        Ok(Self { bytes, stamp_at, msg_id_at })
    }

    /// Appends message `number`, sent at `nanos`, to `out`; `run` makes its msg_id unique across runs.
    pub fn write(&mut self, run: u64, sender: u32, number: u32, nanos: u64, out: &mut Vec<u8>) {
        wire::put_stamp(&mut self.bytes[self.stamp_at..], number, nanos);
        let msg_id = format!("{run:016x}-{sender:08x}-{number:010}");
        self.bytes[self.msg_id_at..self.msg_id_at + MSG_ID.len()].copy_from_slice(msg_id.as_bytes());
        out.extend_from_slice(&self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_or_not_yet_there() {
        let bytes = b"HTTP/1.1 201 Created\r\ncontent-LENGTH: 3\r\n\r\nabcHTTP";
        for end in 0..bytes.len() - 4 {
            assert_eq!(Http.first(&bytes[..end]).unwrap(), None);
        }
        let answer = Answer { status: 201, body: b"abc" };
        assert_eq!(Http.first(bytes).unwrap(), Some((answer, bytes.len() - 4)));
    }

    #[test]
    fn a_request_keeps_its_length() {
        let mut request = Request::new("bench/1", 7, Some("secret")).unwrap();
        let (mut one, mut two) = (Vec::new(), Vec::new());
        request.write(1, 7, 1, 1, &mut one);
        request.write(u64::MAX, 7, u32::MAX, u64::MAX, &mut two);
        assert_eq!(one.len(), two.len());
        let stamp = wire::stamp(&two).unwrap();
        assert_eq!((stamp.sender, stamp.number, stamp.nanos), (7, u32::MAX, u64::MAX));
        assert!(
            String::from_utf8(two).unwrap().contains("\"msg_id\":\"ffffffffffffffff-00000007-4294967295\"")
        );
    }
}
