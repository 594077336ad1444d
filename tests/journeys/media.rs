//! Processing of uploaded files.

use chinwag_journeys::Server;
use serde_json::json;

/// Returns a photo taken with an upright phone: stored sideways, with an orientation and a location in its EXIF.
fn photograph() -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    exif.extend(b"52.5200 N 13.4050 E");
    let segment = |marker: u8, content: &[u8]| {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker][..], &length, content].concat()
    };
    // 1,200 wide and 800 high, after more metadata than the server buffers of the beginning of a file.
    let frame = [&[8][..], &800_u16.to_be_bytes(), &1200_u16.to_be_bytes(), &[1, 1, 0x11, 0]].concat();
    let padding = segment(0xe2, &[7; 60_000]).repeat(5);
    let coded = [&segment(0xda, &[1, 1, 0, 0, 63, 0])[..], &[1, 2, 3, 0xff, 0xd9]].concat();
    [&[0xff, 0xd8][..], &segment(0xe1, &exif), &padding, &segment(0xc0, &frame), &coded].concat()
}

#[tokio::test]
async fn a_photograph_stands_upright_and_does_not_tell_where_it_was_taken() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let ana = server.as_person(&ana);
    let photograph = photograph();
    let (_, media) = ana.upload("/media?name=walk.jpg", photograph.clone()).await.unwrap();
    let shown = json!({"type": media["type"], "width": media["width"], "height": media["height"]});
    assert_eq!(shown, json!({"type": "image/jpeg", "width": 800, "height": 1200}));
    let path = format!("/media/{}", media["id"].as_str().unwrap());
    let file = ana.download(&path).await.unwrap();
    assert_eq!(file.len(), photograph.len());
    assert!(!file.windows(7).any(|window| window == b"13.4050"), "the place is still there");
    let orientation = file.windows(12).any(|window| window == b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0");
    assert!(orientation, "a browser must still know how to turn it");
}

#[tokio::test]
async fn all_uploads_together_have_a_limit() {
    let mut server = Server::start_with(&["--media-quota", "1KiB"]).await.unwrap();
    let (ana, bo) = (server.person("ana").await.unwrap(), server.person("bo").await.unwrap());
    let upload = async |server: &Server, person, bytes| {
        server.as_person(person).upload("/media?name=a.txt", vec![b'a'; bytes]).await.unwrap()
    };
    assert_eq!(upload(&server, &ana, 600).await.0, 201);
    let (status, refused) = upload(&server, &bo, 600).await;
    assert_eq!((status, refused["code"].as_str()), (507, Some("storage_full")), "{refused}");
    assert_eq!(refused["params"], json!({"reason": "all_uploads"}));
    // A refused upload does not count toward the quota.
    assert_eq!(upload(&server, &bo, 424).await.0, 201);
    assert_eq!(upload(&server, &ana, 1).await.0, 507);
    server.kill().await.unwrap();
    server.start_again().await.unwrap();
    assert_eq!(upload(&server, &ana, 1).await.0, 507);
}
