//! MP4 and QuickTime (ISO/IEC 14496-12): user data and metadata of the film and its tracks, and XMP at the top level,
//! are turned into free space of the same size, so that all offsets stay valid. The frames are not examined.

use super::Step;

/// Brands of films (`ftyp` box). Pictures in the same container (HEIC, AVIF) and sound are not handled.
const FILMS: [&[u8; 4]; 12] = [
    b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"qt  ", b"M4V ",
    b"MSNV",
];
/// The identifier of a `uuid` box that contains XMP.
const XMP: [u8; 16] =
    [0xbe, 0x7a, 0xcf, 0xcb, 0x97, 0xa9, 0x42, 0xe8, 0x9c, 0x71, 0x99, 0x94, 0x91, 0xe3, 0xaf, 0xac];
/// The nesting depth to enter: `moov` and `trak`. Nothing deeper matters here.
const DEPTH: usize = 2;

/// Whether a file with this start is a film. Old QuickTime files begin without a brand.
pub fn is_film(start: &[u8]) -> bool {
    match start.get(4..8) {
        Some(b"ftyp") => start
            .get(8..12)
            .is_some_and(|brand| FILMS.iter().any(|film| brand == *film) || brand.starts_with(b"3gp")),
        Some(b"moov" | b"wide") => true,
        _ => false,
    }
}

#[derive(Default)]
pub struct Film {
    /// Bytes left in the enclosing boxes, the innermost last.
    inside: Vec<u64>,
}

impl Film {
    /// Handles a box header: size and type, and a 64-bit size if the size is 1.
    pub fn held(&mut self, held: &mut [u8]) -> Step {
        let kind = [held[4], held[5], held[6], held[7]];
        let (size, head) = match u32::from_be_bytes([held[0], held[1], held[2], held[3]]) {
            // The box extends to the end of the file.
            0 => return Step::PassRest,
            1 if held.len() < 16 => return Step::HoldUpTo(16),
            1 => (held[8..16].iter().fold(0, |size, byte| size << 8 | u64::from(*byte)), 16),
            size => (u64::from(size), 8),
        };
        let Some(content) = size.checked_sub(head as u64) else { return Step::PassRest };
        if self.inside.last().is_some_and(|left| *left < size) {
            return Step::PassRest;
        }
        let of_film = !self.inside.is_empty();
        match &kind {
            b"moov" | b"trak" if self.inside.len() < DEPTH && content >= 8 => {
                self.enter(size, content);
                Step::Hold(8)
            }
            b"udta" | b"meta" if of_film => self.erase(held, size, content),
            b"uuid" if held.len() < head + XMP.len() && content >= XMP.len() as u64 => {
                Step::HoldUpTo(head + XMP.len())
            }
            b"uuid" if held.get(head..head + XMP.len()) == Some(&XMP) => {
                held[head..].fill(0);
                self.erase(held, size, content - XMP.len() as u64)
            }
            b"uuid" => self.pass(size, content - (held.len() - head) as u64),
            _ => self.pass(size, content),
        }
    }

    pub fn gone_by(&mut self) -> Step {
        Step::Hold(8)
    }

    fn enter(&mut self, size: u64, content: u64) {
        self.leave(size);
        self.inside.push(content);
    }

    fn erase(&mut self, held: &mut [u8], size: u64, content: u64) -> Step {
        held[4..8].copy_from_slice(b"free");
        self.leave(size);
        Step::Erase(content)
    }

    fn pass(&mut self, size: u64, content: u64) -> Step {
        self.leave(size);
        Step::Pass(content)
    }

    /// Deducts a box of this size from the enclosing box, and leaves boxes that are used up.
    fn leave(&mut self, size: u64) {
        if let Some(left) = self.inside.last_mut() {
            *left -= size;
        }
        while self.inside.last() == Some(&0) {
            self.inside.pop();
        }
    }
}
