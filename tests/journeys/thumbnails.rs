//! Thumbnails of pictures.

use std::collections::BTreeMap;
use std::io::Cursor;

use chinwag_journeys::{Http, Person, Server, eventually};
use image::{DynamicImage, GenericImageView, ImageFormat, Rgb, RgbImage};
use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use reqwest::{Method, Response};
use serde_json::json;

const POLICY: &str = "cross-origin-resource-policy";

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, (x ^ y) as u8]));
    let mut file = Cursor::new(Vec::new());
    DynamicImage::from(picture).write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// Uploads a file as this person and posts it in general; returns its id and the message's seq.
async fn post(server: &Server, person: &Person, name: &str, bytes: Vec<u8>) -> (String, u64) {
    let http = server.as_person(person);
    let (status, media) = http.upload(&format!("/media?name={name}"), bytes).await.unwrap();
    assert_eq!(status, 201, "{media}");
    let message = json!({"topic": "general", "attachments": [media["id"]]});
    let (status, event) = http.post("/message", message).await.unwrap();
    assert_eq!(status, 201, "{event}");
    (media["id"].as_str().unwrap().to_owned(), event["seq"].as_u64().unwrap())
}

async fn fetch(http: &Http, path: &str) -> Response {
    http.request(Method::GET, path).send().await.unwrap()
}

/// Fetches a picture; returns its type and its sides.
async fn drawn(http: &Http, path: &str) -> (String, (u32, u32)) {
    let response = fetch(http, path).await;
    assert_eq!(response.status(), 200, "{path}");
    let media_type = response.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
    let file = response.bytes().await.unwrap();
    (media_type, image::load_from_memory(&file).unwrap().dimensions())
}

/// Returns the files of uploads with their sizes.
fn stored(server: &Server) -> BTreeMap<String, u64> {
    let shelves = std::fs::read_dir(server.data().join("media")).unwrap();
    let files = shelves.flat_map(|shelf| std::fs::read_dir(shelf.unwrap().path()).unwrap());
    files.map(|file| file.unwrap()).map(named).collect()
}

fn named(file: std::fs::DirEntry) -> (String, u64) {
    (file.file_name().into_string().unwrap(), file.metadata().unwrap().len())
}

async fn counted(server: &Server) -> u64 {
    let metrics = server.metrics().await.unwrap();
    let line = metrics.lines().find_map(|line| line.strip_prefix("chinwag_media_bytes "));
    line.unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_thumbnail_is_for_those_who_may_have_the_picture() {
    let server = Server::start().await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    server.room("walks", &["--private"], &[&ana]).await.unwrap();
    let (anas, bos, stranger) = (server.as_person(&ana), server.as_person(&bo), server.as_stranger());
    let (_, media) = anas.upload("/media?name=hill.png", picture(1300, 650, ImageFormat::Png)).await.unwrap();
    let id = media["id"].as_str().unwrap();
    let (small, large) = (format!("/media/{id}?size=480"), format!("/media/{id}?size=1200"));
    assert_eq!(drawn(&anas, &small).await, ("image/jpeg".into(), (480, 240)));
    assert_eq!(drawn(&anas, &large).await, ("image/jpeg".into(), (1200, 600)));
    assert_eq!(drawn(&anas, &format!("/media/{id}")).await, ("image/png".into(), (1300, 650)));
    assert_eq!(bos.get(&small).await.unwrap().0, 404, "bo may not see it");
    assert_eq!(stranger.get(&small).await.unwrap().0, 401);
    for size in ["500", "0", "", "480.0", "x"] {
        let (status, problem) = anas.get(&format!("/media/{id}?size={size}")).await.unwrap();
        assert_eq!((status, &problem["code"]), (400, &json!("bad_request")), "{size}");
    }

    let response = fetch(&anas, &small).await;
    let headers = response.headers();
    assert_eq!(headers[CACHE_CONTROL], "private, max-age=31536000, immutable");
    assert_eq!(headers[POLICY], "same-origin");
    assert_eq!(headers["content-security-policy"], "default-src 'none'; sandbox");
    let tag = headers[ETAG].clone();
    assert_ne!(tag, fetch(&anas, &large).await.headers()[ETAG]);
    let again = anas.request(Method::GET, &small).header(IF_NONE_MATCH, &tag).send().await.unwrap();
    assert_eq!(again.status(), 304);

    // A signed address serves all sizes.
    let (_, answer) = anas.post("/media/addresses", json!({"ids": [id]})).await.unwrap();
    let address = answer["addresses"][id].as_str().unwrap();
    assert_eq!(drawn(&stranger, &format!("{address}&size=480")).await, ("image/jpeg".into(), (480, 240)));
    let response = fetch(&stranger, &format!("{address}&size=1200")).await;
    assert_eq!(response.headers()[POLICY], "cross-origin");
    let caching = response.headers()[CACHE_CONTROL].to_str().unwrap();
    assert!(caching.starts_with("private, max-age=") && !caching.contains("31536000"), "{caching}");
    let (signed, _) = address.split_once("&signature").unwrap();
    assert_eq!(stranger.get(&format!("{signed}&signature=AAAA&size=480")).await.unwrap().0, 403);
}

#[tokio::test]
async fn thumbnails_count_and_are_deleted_with_their_picture() {
    let mut server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let file = picture(1000, 1500, ImageFormat::Jpeg);
    let size = file.len() as u64;
    let (id, seq) = post(&server, &ana, "hill.jpg", file).await;
    assert_eq!(
        (counted(&server).await, stored(&server).len()),
        (size, 1),
        "none is made before it is asked for"
    );
    let path = format!("/media/{id}?size=480");
    assert_eq!(drawn(&server.as_person(&ana), &path).await.1, (320, 480));
    let files = stored(&server);
    let names: Vec<_> = files.keys().cloned().collect();
    assert_eq!(names, [id.clone(), format!("{id}.1200"), format!("{id}.480")]);
    let all = files.values().sum::<u64>();
    assert!(all > size);
    assert_eq!(counted(&server).await, all);
    server.kill().await.unwrap();
    server.start_again().await.unwrap();
    let anas = server.as_person(&ana);
    eventually("they are counted after a restart", async || counted(&server).await == all).await;

    // What is lost, as in a backup of the uploads alone, is made again.
    let shelf = server.data().join("media").join(&id[..2]);
    std::fs::remove_file(shelf.join(format!("{id}.480"))).unwrap();
    assert_eq!(drawn(&anas, &path).await.1, (320, 480));
    assert_eq!(stored(&server), files);

    let (status, answer) = anas.delete(&format!("/messages/general?seq={seq}")).await.unwrap();
    assert_eq!(status, 200, "{answer}");
    eventually("no file is left", async || stored(&server).is_empty()).await;
    assert_eq!(anas.get(&path).await.unwrap().0, 404);
}

#[tokio::test]
async fn a_full_quota_leaves_the_picture_itself() {
    let server = Server::start_with(&["--media-quota", "1MiB"]).await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let mut file = picture(1000, 1500, ImageFormat::Jpeg);
    file.resize(1024 * 1024 - 100, 0);
    let (id, _) = post(&server, &ana, "hill.jpg", file).await;
    let anas = server.as_person(&ana);
    let (status, problem) = anas.get(&format!("/media/{id}?size=480")).await.unwrap();
    assert_eq!((status, &problem["code"]), (507, &json!("storage_full")));
    assert_eq!(drawn(&anas, &format!("/media/{id}")).await.1, (1000, 1500));
    assert_eq!(stored(&server).len(), 1);
}

#[tokio::test]
async fn what_is_small_is_its_own_thumbnail_and_what_is_no_picture_has_none() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let anas = server.as_person(&ana);
    let (small, _) = post(&server, &ana, "small.png", picture(480, 100, ImageFormat::Png)).await;
    for size in ["480", "1200"] {
        let itself = drawn(&anas, &format!("/media/{small}?size={size}")).await;
        assert_eq!(itself, ("image/png".into(), (480, 100)));
    }
    let (moving, _) = post(&server, &ana, "moving.gif", picture(60, 50, ImageFormat::Gif)).await;
    assert_eq!(drawn(&anas, &format!("/media/{moving}?size=480")).await, ("image/jpeg".into(), (60, 50)));

    let whole = picture(900, 900, ImageFormat::WebP);
    // Its header is all right, so the server takes it for a picture.
    let broken = [&whole[..60], &[0xff; 400][..]].concat();
    let text = b"a text".to_vec();
    for (name, file) in [("broken.webp", broken), ("a.txt", text)] {
        let (id, _) = post(&server, &ana, name, file.clone()).await;
        for _ in 0..2 {
            let (status, problem) = anas.get(&format!("/media/{id}?size=480")).await.unwrap();
            assert_eq!((status, &problem["params"]["reason"]), (404, &json!("no_file")), "{name}");
        }
        assert_eq!(anas.download(&format!("/media/{id}")).await.unwrap().len(), file.len());
    }
}

/// Many ask for the same thumbnail at once, of the largest picture of which there are thumbnails.
#[tokio::test]
async fn the_largest_picture_needs_no_more_memory_than_stated() {
    const STATED: u64 = 256 * 1024 * 1024;
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let file = picture(8_000, 6_250, ImageFormat::Jpeg);
    let allowed = STATED + 2 * file.len() as u64 + 16 * 1024 * 1024;
    let (id, _) = post(&server, &ana, "large.jpg", file).await;
    let before = server.resident().unwrap();
    let anas = server.as_person(&ana);
    let path = format!("/media/{id}?size=1200");
    let ask = || drawn(&anas, &path);
    let (one, other, third) = tokio::join!(ask(), ask(), ask());
    assert_eq!((one.1, &one, &one), ((1200, 938), &other, &third));
    let peak = server.peak_resident().unwrap();
    assert!(peak - before < allowed, "{} MB", (peak - before) / 1_000_000);
}

#[tokio::test]
async fn a_request_that_is_cancelled_does_not_stop_the_work() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let (id, _) = post(&server, &ana, "hill.png", picture(2_000, 2_000, ImageFormat::Png)).await;
    let anas = server.as_person(&ana);
    let path = format!("/media/{id}?size=480");
    let cancelled =
        anas.request(Method::GET, &path).timeout(std::time::Duration::from_millis(1)).send().await;
    drop(cancelled);
    assert_eq!(drawn(&anas, &path).await.1, (480, 480));
}
