//! JPEG (ITU-T T.81, annex B): application segments and comments are erased, except JFIF, the colour profile and
//! Adobe's colour transform; of EXIF the orientation stays. Further pictures in the same file (a gain map, a preview)
//! are treated like the first; anything else after the last one is erased.

use super::{Learnt, Step, exif};

const EXIF: &[u8] = b"Exif\0\0";
const FILL_BYTES: usize = 32;

#[derive(Default)]
pub struct Jpeg {
    at: At,
    pictures: u32,
}

#[derive(Default, Clone, Copy)]
enum At {
    /// A picture's first two bytes.
    #[default]
    Start,
    /// A marker and its segment's length.
    Segment,
    /// A complete EXIF segment; the offset of its content.
    Exif(usize),
    /// The start of a frame header; the offset of its content, and the content's length.
    Frame(usize, u64),
    /// The scan header, before coded data.
    Scan,
    /// A 0xFF within coded data.
    Data,
}

impl Jpeg {
    pub fn held(&mut self, held: &mut [u8], learnt: &mut Learnt) -> Step {
        match self.at {
            At::Start if held == [0xff, 0xd8] => {
                self.pictures += 1;
                self.segment()
            }
            At::Start if self.pictures == 0 => Step::PassRest,
            At::Start => {
                held.fill(0);
                Step::EraseRest
            }
            At::Segment => self.marker(held),
            At::Exif(content) => {
                let content = &mut held[content..];
                if content.starts_with(EXIF) {
                    let turned = exif::reduce(&mut content[EXIF.len()..]);
                    if self.pictures == 1 {
                        learnt.orientation = turned.or(learnt.orientation);
                    }
                } else {
                    content.fill(0);
                }
                self.segment()
            }
            At::Frame(content, length) => {
                let side =
                    |at: usize| u32::from(u16::from_be_bytes([held[content + at], held[content + at + 1]]));
                if self.pictures == 1 {
                    learnt.sides = Some((side(3), side(1)));
                }
                self.at = At::Segment;
                Step::Pass(length - 5)
            }
            At::Scan => Step::PassRest,
            At::Data => self.data(held),
        }
    }

    pub fn gone_by(&mut self) -> Step {
        match self.at {
            At::Scan => {
                self.at = At::Data;
                Step::Scan
            }
            _ => self.segment(),
        }
    }

    fn segment(&mut self) -> Step {
        self.at = At::Segment;
        Step::Hold(4)
    }

    /// Fill bytes, a marker, and the length of what follows.
    fn marker(&mut self, held: &mut [u8]) -> Step {
        if held[0] != 0xff || held.len() > FILL_BYTES {
            return Step::PassRest;
        }
        let Some(marker) = held.iter().position(|byte| *byte != 0xff) else {
            return Step::HoldUpTo(held.len() + 1);
        };
        let content = marker + 3;
        if held.len() < content {
            return Step::HoldUpTo(content);
        }
        let length = u16::from_be_bytes([held[marker + 1], held[marker + 2]]);
        let Some(length) = length.checked_sub(2).map(u64::from) else { return Step::PassRest };
        match held[marker] {
            // EXIF and XMP use the same marker.
            0xe1 if length > 0 => {
                self.at = At::Exif(content);
                Step::HoldUpTo(content + length as usize)
            }
            0xe0 | 0xe2 | 0xee => Step::Pass(length),
            0xe1..=0xef | 0xfe => Step::Erase(length),
            0xc0..=0xcf if !matches!(held[marker], 0xc4 | 0xc8 | 0xcc) && length >= 5 => {
                self.at = At::Frame(content, length);
                Step::HoldUpTo(content + 5)
            }
            0xda => {
                self.at = At::Scan;
                Step::Pass(length)
            }
            0x00 | 0x01 | 0xd0..=0xd9 => Step::PassRest,
            _ => Step::Pass(length),
        }
    }

    /// In coded data, 0xFF occurs only before a zero, a restart marker, or the next marker.
    fn data(&mut self, held: &mut [u8]) -> Step {
        match held[held.len() - 1] {
            0x00 | 0xd0..=0xd7 => Step::Scan,
            0xff if held.len() < FILL_BYTES => Step::HoldUpTo(held.len() + 1),
            0xff => Step::Scan,
            0xd9 => {
                self.at = At::Start;
                Step::Hold(2)
            }
            _ => {
                self.at = At::Segment;
                Step::HoldUpTo(held.len() + 2)
            }
        }
    }
}
