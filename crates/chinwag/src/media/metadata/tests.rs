use super::*;

const SECRET: &[u8] = b"52.5200 N 13.4050 E";

/// Cleans a file that arrives in pieces of `size` bytes.
fn cleaned(file: &[u8], size: usize) -> (Vec<u8>, Learnt) {
    let mut cleaner = Cleaner::default();
    let mut clean: Vec<u8> = file.chunks(size).flat_map(|chunk| cleaner.feed(chunk)).collect();
    clean.extend(cleaner.finish());
    (clean, cleaner.learnt)
}

fn has_secret(file: &[u8]) -> bool {
    file.windows(SECRET.len()).any(|window| window == SECRET)
}

/// Checks that the result is the same for pieces of any size, as long as the file, and without the secret.
fn clean(file: &[u8]) -> (Vec<u8>, Learnt) {
    assert!(has_secret(file));
    let whole = cleaned(file, file.len());
    for size in [1, 2, 3, 7, 64, 1000] {
        assert_eq!(cleaned(file, size), whole, "in pieces of {size}");
    }
    assert_eq!(whole.0.len(), file.len());
    assert!(!has_secret(&whole.0));
    whole
}

fn tiff(orientation: u16) -> Vec<u8> {
    let mut tiff = b"II\x2a\0\x08\0\0\0\x02\0".to_vec();
    tiff.extend(b"\x0f\x01\x02\0\x04\0\0\0abc\0"); // the camera's maker
    tiff.extend(b"\x12\x01\x03\0\x01\0\0\0");
    tiff.extend(orientation.to_le_bytes());
    tiff.extend([0; 6]);
    tiff.extend(SECRET);
    tiff
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker][..], &length, content].concat()
}

fn jpeg(orientation: u16) -> Vec<u8> {
    let frame = [&[8][..], &800_u16.to_be_bytes(), &1200_u16.to_be_bytes(), &[1, 1, 0x11, 0]].concat();
    [
        vec![0xff, 0xd8],
        segment(0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"),
        segment(0xe1, &[b"Exif\0\0", &tiff(orientation)[..]].concat()),
        segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", SECRET].concat()),
        segment(0xe2, b"ICC_PROFILE\0\x01\x01colours"),
        segment(0xed, SECRET),
        segment(0xfe, SECRET),
        vec![0xff], // a fill byte
        segment(0xc2, &frame),
        segment(0xda, &[1, 1, 0, 0, 63, 0]),
        vec![1, 2, 0xff, 0, 3, 0xff, 0xd0, 4],
        segment(0xc4, &[0; 20]), // a progressive picture has tables between its scans
        segment(0xda, &[1, 1, 0, 0, 63, 0]),
        vec![5, 6, 7, 0xff, 0xd9],
    ]
    .concat()
}

#[test]
fn a_jpeg_keeps_its_orientation_its_colours_and_its_picture() {
    let file = [jpeg(6), jpeg(1), b"trailer ".to_vec(), SECRET.to_vec()].concat();
    let (clean, learnt) = clean(&file);
    assert_eq!(learnt, Learnt { orientation: Some(6), sides: Some((1200, 800)) });
    let (again, learnt) = cleaned(&clean, clean.len());
    assert_eq!((again, learnt.orientation), (clean.clone(), Some(6)), "what is clean stays as it is");
    assert!(clean.windows(7).any(|window| window == b"colours"));
    let data = file.iter().rposition(|byte| *byte == 0xd9).unwrap();
    assert_eq!(clean[data - 40..=data], file[data - 40..=data]);
    assert!(clean[data + 1..].iter().all(|byte| *byte == 0), "nothing is left behind the last picture");
}

fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let named = [kind, content].concat();
    [&length[..], &named, &crc32fast::hash(&named).to_be_bytes()].concat()
}

#[test]
fn a_png_stays_valid() {
    let file = [
        png::SIGNATURE.to_vec(),
        chunk(b"IHDR", &[0, 0, 0, 9, 0, 0, 0, 5, 8, 2, 0, 0, 0]),
        chunk(b"eXIf", &tiff(8)),
        chunk(b"iCCP", b"colours"),
        chunk(b"iTXt", &[b"XML:com.adobe.xmp\0", SECRET].concat()),
        chunk(b"tEXt", &SECRET.repeat(500)),
        chunk(b"IDAT", b"picture"),
        chunk(b"IEND", b""),
        SECRET.to_vec(),
    ]
    .concat();
    let (clean, learnt) = clean(&file);
    assert_eq!(learnt.orientation, Some(8));
    let (mut at, mut kinds) = (png::SIGNATURE.len(), Vec::new());
    while kinds.last().is_none_or(|kind| kind != "IEND") {
        let length = u32::from_be_bytes(clean[at..at + 4].try_into().unwrap()) as usize;
        let (named, rest) = clean[at + 4..].split_at(4 + length);
        assert_eq!(rest[..4], crc32fast::hash(named).to_be_bytes(), "a checksum");
        kinds.push(String::from_utf8(named[..4].to_vec()).unwrap());
        at += 12 + length;
    }
    assert_eq!(kinds, ["IHDR", "eXIf", "iCCP", "juNk", "juNk", "IDAT", "IEND"]);
}

/// A chunk of a WebP.
fn piece(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let padding = vec![0; content.len() % 2];
    [&kind[..], &u32::try_from(content.len()).unwrap().to_le_bytes(), content, &padding].concat()
}

fn webp() -> Vec<u8> {
    let body = [
        b"WEBP".to_vec(),
        piece(b"VP8X", &[0x08 | 0x04 | 0x20, 0, 0, 0, 1, 0, 0, 1, 0, 0]),
        piece(b"ICCP", b"colours"),
        piece(b"VP8 ", b"picture"),
        piece(b"EXIF", &tiff(1)),
        piece(b"XMP ", SECRET),
    ]
    .concat();
    [b"RIFF", &u32::try_from(body.len()).unwrap().to_le_bytes()[..], &body].concat()
}

#[test]
fn a_webp_no_longer_announces_what_it_has_lost() {
    let (clean, _) = clean(&webp());
    assert_eq!(clean[20], 0x20);
    assert!(clean.windows(7).any(|window| window == b"picture"));
    assert!(!clean.windows(4).any(|window| window == b"EXIF" || window == b"XMP "));
}

fn film_box(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&u32::try_from(content.len() + 8).unwrap().to_be_bytes()[..], kind, content].concat()
}

#[test]
fn a_film_keeps_every_offset() {
    let xmp: Vec<u8> =
        [0xbe, 0x7a, 0xcf, 0xcb, 0x97, 0xa9, 0x42, 0xe8, 0x9c, 0x71, 0x99, 0x94, 0x91, 0xe3, 0xaf, 0xac]
            .into();
    let track = [film_box(b"tkhd", b"track"), film_box(b"udta", SECRET)].concat();
    let film = [
        film_box(b"mvhd", b"film"),
        film_box(b"trak", &track),
        film_box(b"trak", &film_box(b"meta", SECRET)),
        film_box(b"udta", &film_box(b"\xa9xyz", SECRET)),
    ]
    .concat();
    let mut large = [&1_u32.to_be_bytes()[..], b"mdat"].concat();
    large.extend(21_u64.to_be_bytes());
    large.extend(b"frame");
    let file = [
        film_box(b"ftyp", b"isom\0\0\0\0"),
        large,
        film_box(b"uuid", &[&xmp[..], SECRET].concat()),
        film_box(b"uuid", b"0123456789abcdefother"),
        film_box(b"moov", &film),
        film_box(b"mdat", b"more frames"),
    ]
    .concat();
    let (clean, learnt) = clean(&file);
    assert_eq!(learnt, Learnt::default());
    for kept in [&b"frame"[..], b"other", b"film", b"track", b"more frames"] {
        let at = |file: &[u8]| file.windows(kept.len()).position(|window| window == kept);
        assert!(at(&clean).is_some() && at(&clean) == at(&file));
    }
    assert_eq!(clean.windows(4).filter(|window| window == b"free").count(), 4);
}

#[test]
fn what_is_no_picture_or_breaks_its_format_passes_unchanged() {
    let broken = [&jpeg(3)[..2], &[0, 1, 2, 3], SECRET].concat();
    let film_beyond_its_end =
        [film_box(b"ftyp", b"isom"), film_box(b"moov", &film_box(b"trak", b"x"))].concat();
    let heic = [film_box(b"ftyp", b"heic\0\0\0\0"), film_box(b"meta", SECRET)].concat();
    let all: [&[u8]; 6] = [b"", b"x", &SECRET.repeat(9), &broken, &film_beyond_its_end, &heic];
    for file in all {
        for size in [1, 5, 10_000] {
            assert_eq!(cleaned(file, size).0, file);
        }
    }
}

fn png() -> Vec<u8> {
    [
        png::SIGNATURE.to_vec(),
        chunk(b"IHDR", &[0, 0, 0, 9, 0, 0, 0, 5, 8, 2, 0, 0, 0]),
        chunk(b"eXIf", &tiff(8)),
        chunk(b"tEXt", SECRET),
        chunk(b"IDAT", b"picture"),
        chunk(b"IEND", b""),
    ]
    .concat()
}

#[test]
fn a_picture_cut_off_anywhere_tells_nothing() {
    for file in [jpeg(6), png(), webp()] {
        for end in 0..=file.len() {
            let (clean, _) = cleaned(&file[..end], 50);
            assert_eq!(clean.len(), end);
            assert!(!has_secret(&clean), "cut at {end} of {}", file.len());
        }
    }
}

/// Whatever lengths, offsets and names a file states: its length stays, the pieces in which it arrives make no
/// difference, and cleaning ends.
#[test]
fn a_picture_that_lies_changes_neither_its_length_nor_with_its_pieces() {
    let seed =
        std::env::var("METADATA_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    let mut random = fastrand::Rng::with_seed(seed);
    for round in 0..4_000 {
        let mut file = random.choice([jpeg(6), png(), webp()]).unwrap();
        for _ in 0..random.usize(1..6) {
            let at = random.usize(0..file.len());
            match random.u8(0..4) {
                0 => file[at] = random.u8(..),
                1 => file[at] = *random.choice(&[0, 1, 0x7f, 0x80, 0xff]).unwrap(),
                2 => file.truncate(at.max(1)),
                // A length of four bytes that no file has.
                _ => file.iter_mut().skip(at).take(4).for_each(|byte| *byte = 0xff),
            }
        }
        let whole = cleaned(&file, file.len());
        let about = format!("METADATA_SEED={seed}, round {round}");
        assert_eq!(whole.0.len(), file.len(), "{about}");
        assert_eq!(cleaned(&file, random.usize(1..40)), whole, "{about}");
    }
}
