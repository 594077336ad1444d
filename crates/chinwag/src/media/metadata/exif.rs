//! Reduces EXIF to the one tag that is kept, the picture's orientation (EXIF 2.32, tag 0x0112).

/// A TIFF structure with nothing but the orientation.
const MINIMAL: [u8; 26] = [
    b'M', b'M', 0, 42, 0, 0, 0, 8, // big-endian, the first directory at 8
    0, 1, // one entry:
    0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, // orientation, a SHORT, one of it, its value
    0, 0, 0, 0, // no further directory
];
/// The offset of the orientation's value in it.
const VALUE: usize = 19;
const ORIENTATION: u16 = 0x0112;

/// Overwrites a TIFF structure, leaving only the orientation if it has one and there is space for it; returns that.
pub fn reduce(tiff: &mut [u8]) -> Option<u8> {
    let orientation = orientation(tiff);
    tiff.fill(0);
    let orientation = orientation?;
    let minimal = tiff.get_mut(..MINIMAL.len())?;
    minimal.copy_from_slice(&MINIMAL);
    minimal[VALUE] = orientation;
    Some(orientation)
}

fn orientation(tiff: &[u8]) -> Option<u8> {
    let little = match tiff.get(..4)? {
        [b'I', b'I', 42, 0] => true,
        [b'M', b'M', 0, 42] => false,
        _ => return None,
    };
    let u16_at = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let u32_at = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let directory = u32_at(4)? as usize;
    let entries = usize::from(u16_at(directory)?);
    let entry = (0..entries)
        .map_while(|index| directory.checked_add(2 + 12 * index))
        .find(|entry| u16_at(*entry) == Some(ORIENTATION))?;
    let value = u16_at(entry.checked_add(8)?)?;
    u8::try_from(value).ok().filter(|value| (1..=8).contains(value))
}
