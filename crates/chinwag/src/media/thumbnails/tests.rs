use std::io::Cursor;
use std::time::Duration;

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{
    DynamicImage, Frame, GenericImageView, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, Rgba,
    RgbaImage,
};

use super::draw::draw;
use super::*;

const FORMATS: [ImageFormat; 4] = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif];
const RED: [u8; 4] = [200, 20, 20, 255];
const BLUE: [u8; 4] = [20, 20, 200, 255];

/// A picture whose left half is red and whose right half is blue.
fn halves(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, _| Rgba(if x < width / 2 { RED } else { BLUE }))
}

/// EXIF with nothing but this orientation.
fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    exif
}

/// Encodes a picture with an orientation, if the format has one, and a colour profile.
fn encoded(picture: &RgbaImage, format: ImageFormat, orientation: u8, profile: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let prepared = |mut encoder: Box<dyn Prepared + '_>| encoder.prepare(exif(orientation), profile.to_vec());
    match format {
        ImageFormat::Jpeg => {
            let mut encoder = JpegEncoder::new(&mut file);
            prepared(Box::new(&mut encoder));
            DynamicImage::from(picture.clone()).to_rgb8().write_with_encoder(encoder).unwrap();
        }
        ImageFormat::Png => {
            let mut encoder = PngEncoder::new(&mut file);
            prepared(Box::new(&mut encoder));
            picture.write_with_encoder(encoder).unwrap();
        }
        ImageFormat::WebP => {
            let mut encoder = WebPEncoder::new_lossless(&mut file);
            prepared(Box::new(&mut encoder));
            picture.write_with_encoder(encoder).unwrap();
        }
        _ => {
            let mut encoder = GifEncoder::new(&mut file);
            encoder.encode_frame(Frame::new(picture.clone())).unwrap();
            let second = RgbaImage::from_pixel(picture.width(), picture.height(), Rgba([0, 255, 0, 255]));
            encoder.encode_frame(Frame::new(second)).unwrap();
        }
    }
    file
}

trait Prepared {
    fn prepare(&mut self, exif: Vec<u8>, profile: Vec<u8>);
}

impl<E: ImageEncoder> Prepared for &mut E {
    fn prepare(&mut self, exif: Vec<u8>, profile: Vec<u8>) {
        self.set_exif_metadata(exif).unwrap();
        if !profile.is_empty() {
            self.set_icc_profile(profile).unwrap();
        }
    }
}

fn plain(picture: &RgbaImage, format: ImageFormat) -> Vec<u8> {
    encoded(picture, format, 1, &[])
}

fn decoded(file: &Bytes) -> DynamicImage {
    image::load_from_memory(file).unwrap()
}

fn sides(file: Option<Bytes>) -> Option<(u32, u32)> {
    file.map(|file| decoded(&file).dimensions())
}

fn is_like(pixel: Rgba<u8>, wanted: [u8; 4]) -> bool {
    pixel.0.iter().zip(wanted).all(|(one, other)| one.abs_diff(other) < 12)
}

#[test]
fn each_format_has_both_sizes_and_shows_its_first_frame() {
    for format in FORMATS {
        let drawn = draw(plain(&halves(1500, 1000), format), format).unwrap();
        for (size, wanted) in [(Size::Small, (480, 320)), (Size::Large, (1200, 800))] {
            let file = drawn.get(size).unwrap();
            assert!(file.starts_with(&[0xff, 0xd8]), "{format:?} is opaque, so it becomes a JPEG");
            let picture = decoded(&file);
            assert_eq!(picture.dimensions(), wanted, "{format:?}");
            let (left, right) = (wanted.0 / 4, wanted.0 * 3 / 4);
            assert!(is_like(picture.get_pixel(left, 10), RED), "{format:?}");
            assert!(is_like(picture.get_pixel(right, 10), BLUE), "{format:?}");
        }
    }
}

#[test]
fn nothing_is_enlarged() {
    for format in FORMATS {
        let drawn = |width, height| draw(plain(&halves(width, height), format), format).unwrap();
        // What may move has a still picture of its own size.
        let moves = draw::may_move(format);
        let itself = |sides| moves.then_some(sides);
        let small = drawn(480, 30);
        assert_eq!(sides(small.get(Size::Small)), itself((480, 30)));
        assert_eq!(sides(small.get(Size::Large)), itself((480, 30)));
        let middle = drawn(600, 1200);
        assert_eq!(sides(middle.get(Size::Small)), Some((240, 480)));
        assert_eq!(sides(middle.get(Size::Large)), itself((600, 1200)));
        assert_eq!(sides(drawn(1, 2000).get(Size::Small)), Some((1, 480)));
    }
}

#[test]
fn a_picture_that_lies_on_its_side_is_turned() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        // 6: the left side of what is stored is the top of what is shown.
        let drawn = draw(encoded(&halves(1300, 650), format, 6, &[]), format).unwrap();
        for (size, wanted) in [(Size::Small, (240, 480)), (Size::Large, (600, 1200))] {
            let picture = decoded(&drawn.get(size).unwrap());
            assert_eq!(picture.dimensions(), wanted, "{format:?}");
            assert!(is_like(picture.get_pixel(10, wanted.1 / 4), RED), "{format:?}");
            assert!(is_like(picture.get_pixel(10, wanted.1 * 3 / 4), BLUE), "{format:?}");
        }
    }
}

#[test]
fn transparency_stays_and_what_is_invisible_colours_nothing() {
    // Green, of which nothing is seen, in every other column of a red picture; and nothing at all on the right.
    let hidden = |x: u32| x >= 600 || x.is_multiple_of(2);
    let picture =
        RgbaImage::from_fn(1200, 600, |x, _| Rgba(if hidden(x) { [0, 255, 0, 0] } else { [255, 0, 0, 255] }));
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let file = draw(plain(&picture, format), format).unwrap().get(Size::Small).unwrap();
        assert!(file.starts_with(b"\x89PNG"), "{format:?}");
        let drawn = decoded(&file);
        let [red, green, blue, alpha] = drawn.get_pixel(100, 100).0;
        assert!(red > 250 && green < 5 && blue < 5, "{format:?}: {:?}", drawn.get_pixel(100, 100));
        assert!((100..156).contains(&alpha), "{format:?}: {alpha}");
        assert_eq!(drawn.get_pixel(400, 100).0[3], 0);
    }
}

#[test]
fn a_colour_profile_for_rgb_stays() {
    let profile = |colours: &[u8], length| {
        let mut profile = vec![0; length];
        profile[16..20].copy_from_slice(colours);
        profile
    };
    let found = |file: Bytes| {
        let reader = ImageReader::new(Cursor::new(file)).with_guessed_format().unwrap();
        reader.into_decoder().unwrap().icc_profile().unwrap()
    };
    for (given, kept) in [
        (profile(b"RGB ", 500), true),
        // For printers, of which nothing is left after decoding; and too large to be sent with each thumbnail.
        (profile(b"CMYK", 500), false),
        (profile(b"RGB ", 60_000), false),
    ] {
        let file = encoded(&halves(900, 600), ImageFormat::Jpeg, 1, &given);
        let drawn = draw(file, ImageFormat::Jpeg).unwrap();
        assert_eq!(found(drawn.get(Size::Small).unwrap()), kept.then_some(given));
    }
}

fn png_chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let named = [kind, content].concat();
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[..], &named, &crc32fast::hash(&named).to_be_bytes()].concat()
}

/// A PNG whose header announces these sides, with hardly any content.
fn announced_png(width: u32, height: u32, depth: u8) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, 6, 0, 0, 0]].concat();
    let data = png_chunk(b"IDAT", &[0x78, 1, 3, 0, 0, 0, 0, 1]);
    [&b"\x89PNG\r\n\x1a\n"[..], &png_chunk(b"IHDR", &header), &data, &png_chunk(b"IEND", b"")].concat()
}

/// A JPEG whose frame header announces these sides, with this marker for its kind.
fn announced_jpeg(width: u16, height: u16, marker: u8) -> Vec<u8> {
    let mut file = encoded(&halves(16, 16), ImageFormat::Jpeg, 1, &[]);
    let frame = file.windows(2).position(|window| window == [0xff, 0xc0]).unwrap();
    file[frame + 1] = marker;
    file[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    file[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    file
}

#[test]
fn what_would_need_too_much_memory_is_not_decoded() {
    let needs_too_much = |file: Vec<u8>, format| {
        let before = std::time::Instant::now();
        let drawn = draw(file, format);
        assert!(before.elapsed() < Duration::from_secs(5), "it was decoded");
        drawn.is_none()
    };
    assert!(needs_too_much(announced_png(60_000, 60_000, 8), ImageFormat::Png));
    assert!(needs_too_much(announced_png(7_500, 7_500, 8), ImageFormat::Png), "more than 50 million pixels");
    assert!(needs_too_much(announced_png(6_000, 6_000, 16), ImageFormat::Png), "8 bytes each are 288 MB");
    assert!(needs_too_much(announced_jpeg(65_000, 65_000, 0xc0), ImageFormat::Jpeg));
    assert!(needs_too_much(announced_jpeg(6_000, 6_000, 0xc2), ImageFormat::Jpeg), "coefficients of 288 MB");
}

/// Numbers that look random, the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

#[test]
fn broken_files_are_refused_or_drawn_but_stop_nothing() {
    let mut numbers = Numbers(9);
    for format in FORMATS {
        let file = encoded(&halves(90, 60), format, 6, &[]);
        for end in (0..file.len()).step_by(file.len() / 30 + 1) {
            let _ = draw(file[..end].to_vec(), format);
        }
        for _ in 0..60 {
            let mut broken = file.clone();
            for _ in 0..=numbers.below(4) {
                let at = numbers.below(broken.len());
                broken[at] = numbers.below(256) as u8;
            }
            let _ = draw(broken, format);
        }
        for other in FORMATS.into_iter().filter(|other| *other != format) {
            assert!(draw(file.clone(), other).is_none(), "{format:?} as {other:?}");
        }
        assert!(draw(Vec::new(), format).is_none());
    }
}
