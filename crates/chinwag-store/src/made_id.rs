//! Generated ids: the `msg_id` that the server generates for a message whose sender gave it none. It contains the time
//! of generation and, for a message that came with a packet id, an eight-byte digest of what was sent. So a message
//! that is sent again after a lost acknowledgement can be recognized by the stored ids alone.
//!
//! The id is a UUID of version 8: 48 bits of milliseconds since 1970 (so newer ids sort after older ones), a 12-bit
//! counter, and two digests of 31 bits each.

use std::sync::atomic::{AtomicU16, Ordering};

use aws_lc_rs::digest::{SHA256, digest};
use uuid::{Builder, Uuid, Variant, Version};

/// The parts of a generated id, by which a PUBLISH without a `msg_id` is recognized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// Milliseconds since 1970.
    pub at: i64,
    /// A digest of the client id and packet id.
    packet: u32,
    /// A digest of the room and payload.
    content: u32,
}

/// A PUBLISH as it was received.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// The id of its client.
    pub client: &'a str,
    /// Its packet id.
    pub packet: u16,
    /// The room.
    pub room: &'a str,
    /// Its payload.
    pub payload: &'a [u8],
}

/// Distinguishes ids that are generated within one millisecond.
static COUNT: AtomicU16 = AtomicU16::new(0);

/// Generates an id for this message at `now` (milliseconds since 1970).
pub fn make(sent: &Sent<'_>, now: i64) -> String {
    let packet = half(&[sent.client.as_bytes(), &sent.packet.to_be_bytes()]);
    let content = half(&[sent.room.as_bytes(), sent.payload]);
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&now.to_be_bytes()[2..]);
    bytes[6..8].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    bytes[8..].copy_from_slice(&((u64::from(packet) << 31) | u64::from(content)).to_be_bytes());
    let uuid = Builder::from_bytes(bytes).with_variant(Variant::RFC4122).with_version(Version::Custom);
    uuid.into_uuid().to_string()
}

/// Returns 31 bits of a digest. The length prefix keeps the parts distinct.
fn half(parts: &[&[u8]; 2]) -> u32 {
    let mut bytes = (parts[0].len() as u64).to_be_bytes().to_vec();
    bytes.extend_from_slice(parts[0]);
    bytes.extend_from_slice(parts[1]);
    let hash = digest(&SHA256, &bytes);
    hash.as_ref().iter().take(4).fold(0, |sum: u32, byte| (sum << 8) | u32::from(*byte)) >> 1
}

impl Made {
    /// Parses an id; `None` if it is not a generated one.
    pub fn read(msg_id: &str) -> Option<Self> {
        let uuid = Uuid::parse_str(msg_id).ok()?;
        let (high, low) = uuid.as_u64_pair();
        let halves = low & (u64::MAX >> 2);
        (uuid.get_version() == Some(Version::Custom)).then_some(Self {
            at: (high >> 16) as i64,
            packet: (halves >> 31) as u32,
            content: (halves & u64::from(u32::MAX >> 1)) as u32,
        })
    }

    /// Returns whether both have the same client id and packet id.
    pub fn same_packet(&self, other: &Self) -> bool {
        self.packet == other.packet
    }

    /// Returns whether both have the same room and payload.
    pub fn same_content(&self, other: &Self) -> bool {
        self.content == other.content
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_what_was_sent_and_when() {
        let sent = |packet, payload| Sent { client: "kettle", packet, room: "kitchen", payload };
        let now = 1_795_000_000_123;
        let first = make(&sent(7, b"on"), now);
        let ids = [make(&sent(7, b"on"), now), make(&sent(7, b"off"), now), make(&sent(8, b"on"), now + 1)];
        let [again, other, later] = ids.each_ref().map(|id| Made::read(id).unwrap());
        let made = Made::read(&first).unwrap();
        assert_eq!(made.at, now);
        assert!(made.same_packet(&again) && made.same_content(&again) && first != ids[0]);
        assert!(made.same_packet(&other) && !made.same_content(&other));
        assert!(!made.same_packet(&later) && made.same_content(&later) && first < ids[2]);
        assert_eq!(Made::read(&Uuid::now_v7().to_string()), None);
        assert_eq!(Made::read("m-1"), None);
    }
}
