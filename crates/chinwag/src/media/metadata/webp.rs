//! WebP (RFC 9649): EXIF and XMP chunks are erased, and the header's flags for them are cleared.

use super::Step;

/// The flags for EXIF and XMP in the first byte of a VP8X chunk.
const ANNOUNCED: u8 = 0x08 | 0x04;
const HEAD: usize = 8;

pub struct Webp;

impl Webp {
    pub fn held(&mut self, held: &mut [u8]) -> Step {
        if held.starts_with(b"RIFF") {
            return Step::Hold(HEAD);
        }
        let size = u32::from_le_bytes([held[4], held[5], held[6], held[7]]);
        // A chunk of an odd size is followed by a byte of padding.
        let size = u64::from(size) + u64::from(size & 1);
        match &held[..4] {
            b"VP8X" if held.len() == HEAD && size > 0 => Step::HoldUpTo(HEAD + 1),
            b"VP8X" if size > 0 => {
                held[HEAD] &= !ANNOUNCED;
                Step::Pass(size - 1)
            }
            b"EXIF" | b"XMP " => {
                held[..4].copy_from_slice(b"JUNK");
                Step::Erase(size)
            }
            _ => Step::Pass(size),
        }
    }
}
