//! The web client's files as browsers and caches fetch them.

use chinwag_journeys::Server;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap,
    IF_NONE_MATCH, LOCATION, VARY,
};
use reqwest::{Client, Method, Response, redirect};

async fn ask(server: &Server, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let mut request = client.request(method, format!("http://{}{path}", server.http));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

async fn get(server: &Server, path: &str, coding: &str) -> (HeaderMap, Vec<u8>) {
    let response = ask(server, Method::GET, path, &[(ACCEPT_ENCODING.as_str(), coding)]).await;
    assert_eq!(response.status(), 200, "{path}");
    let headers = response.headers().clone();
    (headers, response.bytes().await.unwrap().to_vec())
}

/// Returns the path of the script that a page loads.
async fn script(server: &Server, page: &str) -> String {
    let (headers, html) = get(server, page, "br, gzip").await;
    assert_eq!(headers[CACHE_CONTROL], "no-cache");
    assert_eq!(headers[CONTENT_TYPE], "text/html; charset=utf-8");
    let html = String::from_utf8(html).unwrap();
    let found = regex_lite::Regex::new(r#"src="[./]*/(assets/[^"]+\.js)""#).unwrap();
    format!("/{}", &found.captures(&html).unwrap()[1])
}

#[tokio::test]
async fn files_come_compressed_as_they_were_built() {
    let server = Server::start().await.unwrap();
    for page in ["/", "/docs/"] {
        let script = script(&server, page).await;
        let (brotli, small) = get(&server, &script, "gzip, br").await;
        let (gzip, middle) = get(&server, &script, "gzip").await;
        let (plain, large) = get(&server, &script, "br;q=0, gzip;q=0").await;
        assert_eq!(
            (&brotli[CONTENT_ENCODING], &gzip[CONTENT_ENCODING]),
            (&"br".parse().unwrap(), &"gzip".parse().unwrap())
        );
        assert!(!plain.contains_key(CONTENT_ENCODING));
        assert!(small.len() < middle.len() && middle.len() * 2 < large.len());
        assert!(middle.starts_with(&[0x1f, 0x8b]) && String::from_utf8(large.clone()).is_ok());
        for (headers, body) in [(&brotli, &small), (&gzip, &middle), (&plain, &large)] {
            assert_eq!(headers[CONTENT_LENGTH], body.len().to_string().as_str());
            assert_eq!(headers[CONTENT_TYPE], "text/javascript; charset=utf-8");
            assert_eq!(headers[CACHE_CONTROL], "public, max-age=31536000, immutable");
            assert_eq!(headers[VARY], "accept-encoding");
        }
        let tags = [&brotli[ETAG], &gzip[ETAG], &plain[ETAG]];
        assert!(tags.iter().all(|tag| tag.to_str().unwrap().starts_with('"')), "strong ones: {tags:?}");
        assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2], "{tags:?}");
    }
}

#[tokio::test]
async fn what_a_browser_has_is_not_sent_again() {
    let server = Server::start().await.unwrap();
    for (path, coding) in [("/", "gzip"), (script(&server, "/").await.as_str(), "br")] {
        let accept = (ACCEPT_ENCODING.as_str(), coding);
        let whole = ask(&server, Method::GET, path, &[accept]).await;
        let tag = whole.headers()[ETAG].to_str().unwrap().to_owned();
        let known = [accept, (IF_NONE_MATCH.as_str(), &*tag)];
        let again = ask(&server, Method::GET, path, &known).await;
        assert_eq!(again.status(), 304);
        for name in [ETAG, CACHE_CONTROL, VARY] {
            assert_eq!(again.headers()[&name], whole.headers()[&name], "{name}");
        }
        assert!(again.bytes().await.unwrap().is_empty());
        let other = [accept, (IF_NONE_MATCH.as_str(), "\"another\"")];
        assert_eq!(ask(&server, Method::GET, path, &other).await.status(), 200);

        let head = ask(&server, Method::HEAD, path, &[accept]).await;
        assert_eq!(head.status(), 200);
        for name in [ETAG, CACHE_CONTROL, VARY, CONTENT_LENGTH, CONTENT_TYPE] {
            assert_eq!(head.headers()[&name], whole.headers()[&name], "{name}");
        }
        assert!(head.bytes().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn addresses_lead_where_they_should() {
    let server = Server::start().await.unwrap();
    let browser = [(ACCEPT.as_str(), "text/html,*/*;q=0.8")];
    for (path, status, to) in
        [("/docs", 308, "docs/"), ("/elsewhere", 303, "./"), ("/far/away/", 303, "../../")]
    {
        let answer = ask(&server, Method::GET, path, &browser).await;
        assert_eq!(
            (answer.status().as_u16(), answer.headers()[LOCATION].to_str().unwrap()),
            (status, to),
            "{path}"
        );
    }
    let page = ask(&server, Method::GET, "/setup", &browser).await;
    assert_eq!(page.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
    for path in ["/elsewhere", "/assets/", "/index.html.gz", "/assets/../index.html%00"] {
        assert_eq!(ask(&server, Method::GET, path, &[]).await.status(), 404, "{path}");
    }
    assert_eq!(ask(&server, Method::POST, "/elsewhere", &browser).await.status(), 404);
}

#[tokio::test]
async fn json_is_compressed_when_it_is_made() {
    let server = Server::start().await.unwrap();
    let (headers, body) = get(&server, "/openapi.json", "br, gzip").await;
    assert_eq!(headers[CONTENT_ENCODING], "gzip");
    assert!(body.starts_with(&[0x1f, 0x8b]));
    let (headers, body) = get(&server, "/openapi.json", "identity").await;
    assert!(!headers.contains_key(CONTENT_ENCODING));
    assert!(body.starts_with(b"{"));
}
