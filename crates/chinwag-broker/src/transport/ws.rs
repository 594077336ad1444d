//! WebSocket frames, without a buffer: bytes are unmasked in place and passed on.
//!
//! MQTT ignores frame boundaries [MQTT-6.0.0-2], so only control frames, of at most 125 bytes, are buffered.

use std::io::Cursor;
use std::ops::Range;

use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// Size of the longest header of an unmasked frame, in bytes.
pub(crate) const HEADER_ROOM: usize = 10;
/// Size of the longest header, in bytes.
const LONGEST_HEADER: usize = 14;

/// The close code with which a WebSocket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WsFault {
    pub close: u16,
}

/// The receiving side of a server's WebSocket.
#[derive(Debug, Default)]
pub(crate) struct Ws {
    /// The beginning of a header that isn't complete yet.
    header: Vec<u8>,
    /// Bytes of the current frame still to come.
    left: u64,
    mask: [u8; 4],
    /// The type and the payload so far, if the current frame is a control frame.
    control: Option<(Control, Vec<u8>)>,
    /// Whether a fragmented message is in progress.
    continued: bool,
    /// The answer to the latest ping, at most 127 bytes.
    pub replies: Vec<u8>,
}

impl Ws {
    /// Unmasks bytes just read, and appends the ranges that contain MQTT data to `data`.
    pub(crate) fn feed(&mut self, bytes: &mut [u8], data: &mut Vec<Range<usize>>) -> Result<(), WsFault> {
        let mut at = 0;
        while at < bytes.len() {
            if self.left == 0 && self.control.is_none() {
                let Some(used) = self.begin(&bytes[at..])? else { return Ok(()) };
                at += used;
            }
            let take = (bytes.len() - at).min(usize::try_from(self.left).unwrap_or(usize::MAX));
            let part = &mut bytes[at..at + take];
            unmask(part, self.mask);
            self.mask.rotate_left(take % 4);
            self.left -= take as u64;
            match &mut self.control {
                Some((_, payload)) => payload.extend_from_slice(part),
                None if take > 0 => data.push(at..at + take),
                None => {}
            }
            at += take;
            if self.left == 0
                && let Some((control, payload)) = self.control.take()
            {
                self.control(control, &payload)?;
            }
        }
        Ok(())
    }

    /// Reads a header; returns how many of `bytes` it used, or `None` if it isn't complete yet.
    fn begin(&mut self, bytes: &[u8]) -> Result<Option<usize>, WsFault> {
        let kept = self.header.len();
        let take = bytes.len().min(LONGEST_HEADER - kept);
        self.header.extend_from_slice(&bytes[..take]);
        let mut cursor = Cursor::new(&self.header[..]);
        let Some((header, length)) = FrameHeader::parse(&mut cursor).map_err(|_| WsFault { close: 1002 })?
        else {
            return Ok(None);
        };
        let used = cursor.position() as usize - kept;
        self.header = Vec::new();
        self.open(&header, length)?;
        Ok(Some(used))
    }

    fn open(&mut self, header: &FrameHeader, length: u64) -> Result<(), WsFault> {
        const PROTOCOL: WsFault = WsFault { close: 1002 };
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(PROTOCOL);
        }
        self.mask = header.mask.ok_or(PROTOCOL)?;
        self.left = length;
        match header.opcode {
            OpCode::Data(Data::Binary) if !self.continued => self.continued = !header.is_final,
            OpCode::Data(Data::Continue) if self.continued => self.continued = !header.is_final,
            // [MQTT-6.0.0-1]
            OpCode::Data(Data::Text) => return Err(WsFault { close: 1003 }),
            OpCode::Control(control) if header.is_final && length <= 125 => {
                self.control = Some((control, Vec::new()));
            }
            _ => return Err(PROTOCOL),
        }
        Ok(())
    }

    fn control(&mut self, control: Control, payload: &[u8]) -> Result<(), WsFault> {
        match control {
            Control::Ping => {
                // Only the latest ping needs an answer (RFC 6455, 5.5.3), so pings cannot fill memory.
                self.replies.clear();
                put_header(&mut self.replies, OpCode::Control(Control::Pong), payload.len());
                self.replies.extend_from_slice(payload);
                Ok(())
            }
            Control::Pong => Ok(()),
            Control::Close | Control::Reserved(_) => Err(WsFault { close: 1000 }),
        }
    }
}

/// XORs the bytes with the mask, eight at a time.
fn unmask(bytes: &mut [u8], mask: [u8; 4]) {
    let wide = u64::from_ne_bytes([mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3]]);
    let mut chunks = bytes.chunks_exact_mut(8);
    for chunk in &mut chunks {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        chunk.copy_from_slice(&(u64::from_ne_bytes(word) ^ wide).to_ne_bytes());
    }
    for (byte, mask) in chunks.into_remainder().iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

/// Appends the header of an unmasked, unfragmented frame.
pub(crate) fn put_header(out: &mut Vec<u8>, opcode: OpCode, length: usize) {
    let header = FrameHeader { opcode, ..FrameHeader::default() };
    // Writing to a vector can't fail.
    let _ = header.format(length as u64, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_frame(opcode: OpCode, is_final: bool, payload: &[u8]) -> Vec<u8> {
        let mask = [1, 2, 3, 4];
        let header = FrameHeader { opcode, is_final, mask: Some(mask), ..FrameHeader::default() };
        let mut out = Vec::new();
        header.format(payload.len() as u64, &mut out).unwrap();
        out.extend(payload.iter().zip(mask.iter().cycle()).map(|(a, b)| a ^ b));
        out
    }

    fn read(ws: &mut Ws, bytes: &[u8], step: usize) -> Result<Vec<u8>, WsFault> {
        let mut data = Vec::new();
        for part in bytes.chunks(step) {
            let (mut part, mut ranges) = (part.to_vec(), Vec::new());
            ws.feed(&mut part, &mut ranges)?;
            ranges.into_iter().for_each(|range| data.extend_from_slice(&part[range]));
        }
        Ok(data)
    }

    /// [MQTT-6.0.0-2] The MQTT data is the same wherever the bytes are split; pings in between are answered.
    #[test]
    fn frames_may_be_cut_anywhere() {
        let payload: Vec<u8> = (0..70_000_u32).map(|n| n as u8).collect();
        let mut bytes = client_frame(OpCode::Data(Data::Binary), false, &payload[..10]);
        bytes.extend(client_frame(OpCode::Control(Control::Ping), true, b"hi"));
        bytes.extend(client_frame(OpCode::Data(Data::Continue), true, &payload[10..300]));
        bytes.extend(client_frame(OpCode::Data(Data::Binary), true, &[]));
        bytes.extend(client_frame(OpCode::Control(Control::Pong), true, &[]));
        bytes.extend(client_frame(OpCode::Data(Data::Binary), true, &payload[300..]));
        for step in [1, 2, 3, 7, 13, 1000, 100_000] {
            let mut ws = Ws::default();
            assert_eq!(read(&mut ws, &bytes, step), Ok(payload.clone()), "{step}");
            assert_eq!(ws.replies, [0x8a, 2, b'h', b'i']);
        }
    }

    /// RFC 6455, 5.5.3: only the latest of many pings is answered.
    #[test]
    fn pings_do_not_pile_up() {
        let mut ws = Ws::default();
        for n in 0..10_000_u32 {
            let ping = client_frame(OpCode::Control(Control::Ping), true, &n.to_be_bytes());
            assert_eq!(read(&mut ws, &ping, 100), Ok(Vec::new()));
        }
        assert_eq!(ws.replies, [&[0x8a, 4][..], &9_999_u32.to_be_bytes()].concat());
    }

    /// [MQTT-6.0.0-1] and the rules of RFC 6455, section 5.
    #[test]
    fn what_is_refused() {
        let refused = |bytes: Vec<u8>| read(&mut Ws::default(), &bytes, 100).unwrap_err().close;
        assert_eq!(refused(client_frame(OpCode::Data(Data::Text), true, b"x")), 1003);
        assert_eq!(refused(client_frame(OpCode::Data(Data::Continue), true, b"x")), 1002);
        assert_eq!(refused(client_frame(OpCode::Control(Control::Ping), false, b"x")), 1002);
        assert_eq!(refused(client_frame(OpCode::Control(Control::Ping), true, &[0; 126])), 1002);
        assert_eq!(refused(client_frame(OpCode::Control(Control::Close), true, b"")), 1000);
        assert_eq!(refused(vec![0x82, 1, b'x']), 1002, "not masked");
        assert_eq!(refused(vec![0xc2, 0x80, 0, 0, 0, 0]), 1002, "a reserved bit");
        assert_eq!(refused(vec![0x83, 0x80, 0, 0, 0, 0]), 1002, "a reserved opcode");
        let mut two = client_frame(OpCode::Data(Data::Binary), false, b"x");
        two.extend(client_frame(OpCode::Data(Data::Binary), true, b"y"));
        assert_eq!(refused(two), 1002, "a message within a message");
    }
}
