//! Draws the thumbnails of one picture, in memory whose size is known before it is used.

use std::io::Cursor;

use bytes::Bytes;
use chinwag_protocol::limits::PICTURE_PIXELS;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::imageops::FilterType;
use image::{
    DynamicImage, ImageDecoder, ImageEncoder, ImageError, ImageFormat, ImageReader, Limits, RgbaImage,
};

use super::Size;

/// Bytes in memory while a picture is decoded, beside the file itself.
pub const MEMORY: u64 = 256 * 1024 * 1024;
/// The quality of a JPEG thumbnail, of 100.
const QUALITY: u8 = 82;
/// A larger colour profile is left out.
const PROFILE_BYTES: usize = 16 * 1024;
/// Where a colour profile names the colours it is for (ICC.1, 7.2.8).
const PROFILE_COLOURS: std::ops::Range<usize> = 16..20;

/// The thumbnails of a picture, as files. A size is missing if the picture itself is not larger.
#[derive(Default)]
pub struct Drawn {
    small: Option<Bytes>,
    large: Option<Bytes>,
}

impl Drawn {
    /// Returns the thumbnail of this size.
    pub fn get(&self, size: Size) -> Option<Bytes> {
        match size {
            Size::Small => self.small.clone(),
            Size::Large => self.large.clone(),
        }
    }
}

/// Returns the format in which to read a picture of this type, if it can have thumbnails.
pub fn format(media_type: &str) -> Option<ImageFormat> {
    match media_type {
        "image/jpeg" => Some(ImageFormat::Jpeg),
        "image/png" => Some(ImageFormat::Png),
        "image/webp" => Some(ImageFormat::WebP),
        "image/gif" => Some(ImageFormat::Gif),
        _ => None,
    }
}

/// Whether pictures of this format may move. Their thumbnails never do, so each has them, however small it is.
pub fn may_move(format: ImageFormat) -> bool {
    matches!(format, ImageFormat::Gif | ImageFormat::WebP)
}

/// Draws the thumbnails of a file, its first frame if it has several. `None`: it cannot be decoded within the limits.
pub fn draw(file: Vec<u8>, format: ImageFormat) -> Option<Drawn> {
    let drawn = drawn(file, format);
    if let Err(error) = &drawn {
        tracing::debug!(%error, "a picture cannot be decoded");
    }
    drawn.ok()
}

fn drawn(file: Vec<u8>, format: ImageFormat) -> Result<Drawn, ImageError> {
    let progressive = format == ImageFormat::Jpeg && is_progressive(&file);
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    check(&decoder, format, progressive)?;
    let profile = decoder.icc_profile()?.filter(|profile| is_kept(profile));
    let orientation = decoder.orientation()?;
    let picture = Picture { picture: DynamicImage::from_decoder(decoder)?, profile };
    let longest = picture.picture.width().max(picture.picture.height());
    let wanted = |size: Size| longest > size.pixels() || may_move(format);
    let mut drawn = Drawn::default();
    // The decoded picture is gone before the first thumbnail is encoded.
    let mut large = picture.shrink(Size::Large);
    large.picture.apply_orientation(orientation);
    if wanted(Size::Large) {
        drawn.large = Some(large.encode()?);
    }
    if wanted(Size::Small) {
        drawn.small = Some(large.shrink(Size::Small).encode()?);
    }
    Ok(drawn)
}

/// Checks what a picture needs before anything is allocated for it.
fn check(decoder: &impl ImageDecoder, format: ImageFormat, progressive: bool) -> Result<(), ImageError> {
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    // Beside the decoded pixels: the coefficients of a progressive JPEG, two bytes for each of up to four components;
    // the planes of a WebP, or a copy of it with transparency; a GIF's frame that is smaller than the whole.
    let beside = match format {
        ImageFormat::Jpeg if progressive => 8,
        ImageFormat::WebP | ImageFormat::Gif => 4,
        _ => 0,
    };
    // Pictures with transparency are worked on with four bytes per pixel.
    let colour = decoder.color_type();
    let converted = if colour.has_alpha() && colour != image::ColorType::Rgba8 { 4 } else { 0 };
    let needed = decoder.total_bytes().saturating_add(pixels.saturating_mul(beside + converted));
    if pixels == 0 || pixels > PICTURE_PIXELS || needed > MEMORY {
        return Err(ImageError::Limits(image::error::LimitError::from_kind(
            image::error::LimitErrorKind::InsufficientMemory,
        )));
    }
    Ok(())
}

/// Whether a JPEG's first frame is progressive: all of its coefficients are kept until the end.
fn is_progressive(file: &[u8]) -> bool {
    let mut at = 2;
    loop {
        match file.get(at..at + 4) {
            Some([0xff, 0xff, ..]) => at += 1,
            Some([0xff, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf, ..]) => {
                return file[at + 1] & 0b11 == 2;
            }
            Some([0xff, 0xda, ..]) => return false,
            Some([0xff, _, high, low]) => at += 2 + usize::from(u16::from_be_bytes([*high, *low])).max(2),
            // Its structure is not understood, so the worst is assumed.
            _ => return true,
        }
    }
}

/// Whether a colour profile goes into the thumbnails: they are always RGB.
fn is_kept(profile: &[u8]) -> bool {
    profile.len() <= PROFILE_BYTES && profile.get(PROFILE_COLOURS) == Some(b"RGB ")
}

/// A decoded picture with its colour profile.
struct Picture {
    picture: DynamicImage,
    profile: Option<Vec<u8>>,
}

impl Picture {
    /// Returns it with the longest side at most `size`. It is never enlarged.
    fn shrink(self, size: Size) -> Self {
        let size = size.pixels();
        let small = self.picture.width().max(self.picture.height()) <= size;
        if small { self } else { Self { picture: shrunk(self.picture, size), ..self } }
    }

    /// Returns it as a file: PNG if something can be seen through it, otherwise JPEG.
    fn encode(&self) -> Result<Bytes, ImageError> {
        let mut file = Vec::new();
        let clear = self.picture.color().has_alpha()
            && self.picture.to_rgba8().pixels().any(|pixel| pixel.0[3] < u8::MAX);
        if clear {
            let encoder = self.with_profile(PngEncoder::new(&mut file));
            self.picture.to_rgba8().write_with_encoder(encoder)?;
        } else {
            let encoder = self.with_profile(JpegEncoder::new_with_quality(&mut file, QUALITY));
            self.picture.to_rgb8().write_with_encoder(encoder)?;
        }
        Ok(file.into())
    }

    fn with_profile<E: ImageEncoder>(&self, mut encoder: E) -> E {
        if let Some(profile) = &self.profile {
            // An encoder that does not support profiles leaves it out.
            let _ = encoder.set_icc_profile(profile.clone());
        }
        encoder
    }
}

/// Shrinks a picture. Pixels that cannot be seen do not colour it.
fn shrunk(picture: DynamicImage, size: u32) -> DynamicImage {
    if !picture.color().has_alpha() {
        return resized(picture, size);
    }
    let mut seen = picture.into_rgba8();
    premultiply(&mut seen);
    let mut small = resized(seen.into(), size).into_rgba8();
    for pixel in small.pixels_mut() {
        let [colours @ .., alpha] = &mut pixel.0;
        for colour in colours {
            *colour = (u32::from(*colour) * 255 / u32::from(*alpha).max(1)).min(255) as u8;
        }
    }
    small.into()
}

/// Averages down to twice the size, which needs no memory beside the result. The better filter, with 16 bytes for each
/// pixel, comes after that.
fn resized(mut picture: DynamicImage, size: u32) -> DynamicImage {
    if picture.width().max(picture.height()) > 2 * size {
        picture = picture.thumbnail(2 * size, 2 * size);
    }
    picture.resize(size, size, FilterType::CatmullRom)
}

fn premultiply(picture: &mut RgbaImage) {
    for pixel in picture.pixels_mut() {
        let [colours @ .., alpha] = &mut pixel.0;
        for colour in colours {
            *colour = (u32::from(*colour) * u32::from(*alpha) / 255) as u8;
        }
    }
}
