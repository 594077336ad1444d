//! PNG (W3C PNG, third edition, 5.3): text, times and EXIF except the orientation are erased, and anything after the
//! end. An erased chunk gets a private name that decoders skip.

use super::{Learnt, Step, exif};

/// The first bytes of a PNG file.
pub const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The name of an erased chunk: ancillary, private, safe to copy (5.4).
const ERASED: &[u8; 4] = b"juNk";
/// A larger EXIF chunk is erased without looking for the orientation.
const EXIF_BYTES: usize = 64 * 1024;
const HEAD: usize = 8;
const CHECKSUM: usize = 4;

#[derive(Default)]
pub struct Png {
    at: At,
}

#[derive(Default, Clone, Copy)]
enum At {
    #[default]
    Signature,
    Chunk,
    /// A complete EXIF chunk.
    Exif,
    /// The content of an erased chunk of this length; its checksum follows.
    Erased(u32),
    /// The checksum of an erased chunk of this length.
    Checksum(u32),
    /// The last chunk's content and checksum.
    End,
}

impl Png {
    pub fn held(&mut self, held: &mut [u8], learnt: &mut Learnt) -> Step {
        match self.at {
            At::Chunk => self.chunk(held),
            At::Exif => {
                let end = held.len() - CHECKSUM;
                learnt.orientation = exif::reduce(&mut held[HEAD..end]).or(learnt.orientation);
                if learnt.orientation.is_none() {
                    held[4..HEAD].copy_from_slice(ERASED);
                }
                let checksum = crc32fast::hash(&held[4..end]);
                held[end..].copy_from_slice(&checksum.to_be_bytes());
                self.next()
            }
            At::Checksum(length) => {
                held.copy_from_slice(&checksum_of_zeros(length).to_be_bytes());
                self.next()
            }
            At::Signature | At::Erased(_) | At::End => self.next(),
        }
    }

    pub fn gone_by(&mut self) -> Step {
        match self.at {
            At::Erased(length) => {
                self.at = At::Checksum(length);
                Step::Hold(CHECKSUM)
            }
            At::End => Step::EraseRest,
            _ => self.next(),
        }
    }

    fn next(&mut self) -> Step {
        self.at = At::Chunk;
        Step::Hold(HEAD)
    }

    fn chunk(&mut self, head: &mut [u8]) -> Step {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
        match &head[4..] {
            b"eXIf" if length as usize <= EXIF_BYTES => {
                self.at = At::Exif;
                Step::HoldUpTo(HEAD + length as usize + CHECKSUM)
            }
            b"eXIf" | b"tEXt" | b"zTXt" | b"iTXt" | b"tIME" => {
                head[4..].copy_from_slice(ERASED);
                self.at = At::Erased(length);
                Step::Erase(length.into())
            }
            b"IEND" => {
                self.at = At::End;
                Step::Pass(u64::from(length) + CHECKSUM as u64)
            }
            _ => Step::Pass(u64::from(length) + CHECKSUM as u64),
        }
    }
}

/// Returns the checksum of an erased chunk of this length (5.3: over its name and content).
fn checksum_of_zeros(length: u32) -> u32 {
    const ZEROS: [u8; 4096] = [0; 4096];
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(ERASED);
    let mut left = length as usize;
    while left > 0 {
        let now = left.min(ZEROS.len());
        hasher.update(&ZEROS[..now]);
        left -= now;
    }
    hasher.finalize()
}
