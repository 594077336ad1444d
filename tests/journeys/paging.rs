//! Long lists, fetched page by page.

use chinwag_journeys::{Http, Server};
use reqwest::Method;
use serde_json::{Value, json};

/// The three lists: the path of each, the member of the response with its items, and the key of an item.
const PEOPLE: List = List { path: "/people?", items: "people", key: "name" };
const MEMBERS: List = List { path: "/members/general?", items: "members", key: "name" };
const JOINABLE: List = List { path: "/rooms?joinable=true&", items: "rooms", key: "topic" };

#[derive(Clone, Copy)]
struct List {
    path: &'static str,
    items: &'static str,
    key: &'static str,
}

impl List {
    /// Fetches a page; returns its items and the cursor for the next page.
    async fn page(self, http: &Http, limit: usize, cursor: Option<&str>) -> (Vec<Value>, Option<String>) {
        let cursor = cursor.map_or(String::new(), |cursor| format!("&cursor={cursor}"));
        let (status, mut page) = http.get(&format!("{}limit={limit}{cursor}", self.path)).await.unwrap();
        assert_eq!(status, 200, "{page}");
        let Value::Array(items) = page[self.items].take() else { panic!("no items: {page}") };
        (items, page.get("cursor").map(|cursor| cursor.as_str().unwrap().to_owned()))
    }

    /// Fetches all pages from `cursor` on; returns their items and the number of items on each.
    async fn rest(self, http: &Http, limit: usize, mut cursor: Option<String>) -> (Vec<Value>, Vec<usize>) {
        let (mut all, mut sizes) = (Vec::new(), Vec::new());
        loop {
            let (items, next) = self.page(http, limit, cursor.as_deref()).await;
            assert!(next.is_none() || next != cursor, "the cursor does not move");
            sizes.push(items.len());
            all.extend(items);
            match next {
                Some(_) => cursor = next,
                None => return (all, sizes),
            }
        }
    }

    fn keys(self, items: &[Value]) -> Vec<String> {
        items.iter().map(|item| item[self.key].as_str().unwrap().to_owned()).collect()
    }
}

/// Creates an administrator, and accounts with these names; all are in `general`. Returns the administrator's client.
async fn crowd(server: &Server, names: &[&str]) -> Http {
    let ana = server.admin("ana").await.unwrap();
    let anas = server.as_person(&ana);
    for name in names {
        add(&anas, name).await;
    }
    anas
}

async fn add(anas: &Http, name: &str) {
    let account = json!({"username": name, "password": format!("the password of {name}")});
    let (status, answer) = anas.post("/accounts", account).await.unwrap();
    assert_eq!(status, 201, "{answer}");
}

async fn room(http: &Http, topic: &str) {
    let (status, answer) = http.post("/rooms", json!({"topic": topic})).await.unwrap();
    assert_eq!(status, 201, "{answer}");
}

#[tokio::test]
async fn every_item_is_on_one_page_in_order() {
    let server = Server::start().await.unwrap();
    let anas = crowd(&server, &["n3", "поль", "n1", "n10", "n2", "zoe"]).await;
    let bos = server.as_person(&server.person("bo").await.unwrap());
    let seq = bos.say("general", "hello").await.unwrap()["seq"].as_u64().unwrap();
    let mut topics: Vec<String> = (0..105).map(|number| format!("team/r{number}")).collect();
    for topic in &topics {
        room(&bos, topic).await;
    }
    // And two that are not joinable: one that Ana is already in, and a private one.
    room(&anas, "team/r5x").await;
    let private = json!({"topic": "team/r6x", "private": true});
    assert_eq!(bos.post("/rooms", private).await.unwrap().0, 201);
    topics.sort();

    let names = ["ana", "bo", "n1", "n10", "n2", "n3", "zoe", "поль"];
    for list in [PEOPLE, MEMBERS] {
        for (limit, sizes) in [(3, vec![3, 3, 2]), (4, vec![4, 4]), (1, vec![1; 8]), (8, vec![8])] {
            let (items, found) = list.rest(&anas, limit, None).await;
            assert_eq!((list.keys(&items), found), (names.map(str::to_owned).to_vec(), sizes));
        }
    }
    let (members, _) = MEMBERS.rest(&bos, 1, None).await;
    let read: Vec<_> = members.iter().map(|member| member["read_seq"].as_u64().unwrap() >= seq).collect();
    assert_eq!(read, names.map(|name| name == "bo"), "{members:?}");

    let (rooms, sizes) = JOINABLE.rest(&anas, 50, None).await;
    assert_eq!((JOINABLE.keys(&rooms), sizes), (topics.clone(), vec![50, 50, 5]));
    let (rooms, sizes) = JOINABLE.rest(&anas, 500, None).await;
    assert_eq!((rooms.len(), sizes), (105, vec![105]));
    let (_, page) = anas.get("/rooms?joinable=true").await.unwrap();
    assert_eq!(page["rooms"].as_array().unwrap().len(), 100, "unless asked otherwise");
    assert!(page["cursor"].is_string());
    let (_, mine) = anas.get("/rooms").await.unwrap();
    assert_eq!((mine["rooms"].as_array().unwrap().len(), mine.get("cursor")), (2, None));
}

#[tokio::test]
async fn comings_and_goings_between_pages_move_nobody_else() {
    let server = Server::start().await.unwrap();
    let anas = crowd(&server, &["n1", "n2", "n3", "n4", "n5", "n6", "n7"]).await;
    assert_eq!(anas.post("/direct", json!({"name": "n6"})).await.unwrap().0, 200);
    for list in [PEOPLE, MEMBERS] {
        let (first, cursor) = list.page(&anas, 3, None).await;
        assert_eq!(list.keys(&first), ["ana", "n1", "n2"]);
        let (again, _) = list.page(&anas, 3, None).await;
        assert_eq!(list.keys(&again), list.keys(&first));
        // The item named by the cursor, one before it and one after it are removed; others are added on both sides.
        for gone in ["n1", "n2", "n4"] {
            let path = format!("/members/general?name={gone}");
            assert_eq!(anas.delete(&path).await.unwrap().0, 204);
        }
        let (before, behind) = (format!("b-{}", list.items), format!("n5-{}", list.items));
        add(&anas, &before).await;
        add(&anas, &behind).await;
        let (rest, _) = list.rest(&anas, 2, cursor).await;
        let mut expected = vec!["n3", "n5", &behind, "n6", "n7"];
        // This account was added in the first iteration.
        if list.items == "members" {
            expected.insert(2, "n5-people");
            expected.sort_unstable();
        }
        assert_eq!(list.keys(&rest), expected);
        for back in ["n1", "n2", "n4"] {
            let (status, answer) = anas.post("/members/general", json!({"name": back})).await.unwrap();
            assert_eq!(status, 201, "{answer}");
        }
        anas.delete("/members/general?name=b-people").await.unwrap();
    }
}

#[tokio::test]
async fn who_is_renamed_between_pages_moves_alone() {
    let server = Server::start().await.unwrap();
    let anas = crowd(&server, &["n1", "n2", "n3", "n4"]).await;
    for name in ["n1", "n3"] {
        assert_eq!(anas.post("/direct", json!({"name": name})).await.unwrap().0, 200);
    }
    let bos = server.as_person(&server.person("bo").await.unwrap());
    for topic in ["r1", "r2", "r3", "r4"] {
        room(&bos, topic).await;
    }
    let (first, people) = PEOPLE.page(&anas, 3, None).await;
    assert_eq!(PEOPLE.keys(&first), ["ana", "bo", "n1"]);
    let (first, rooms) = JOINABLE.page(&anas, 2, None).await;
    assert_eq!(JOINABLE.keys(&first), ["r1", "r2"]);
    // Their names become `deleted-…`, which sorts before the cursor.
    for name in ["n1", "n3"] {
        server.cli(&["user", "delete", name], "").await.unwrap();
    }
    for topic in ["r1", "r3"] {
        let title = json!({"title": "A new one"});
        let request = bos.request(Method::PATCH, &format!("/rooms/{topic}")).json(&title);
        assert_eq!(request.send().await.unwrap().status().as_u16(), 200);
    }
    let (rest, _) = PEOPLE.rest(&anas, 1, people).await;
    assert_eq!(PEOPLE.keys(&rest), ["n2", "n4"]);
    let (all, _) = PEOPLE.rest(&anas, 2, None).await;
    assert_eq!(all.len(), 6, "those in direct conversations stay: {all:?}");
    let (rest, _) = JOINABLE.rest(&anas, 1, rooms).await;
    assert_eq!(JOINABLE.keys(&rest), ["r3", "r4"]);
    assert_eq!((&rest[0]["title"], &rest[1]["title"]), (&json!("A new one"), &json!("r4")));
}

#[tokio::test]
async fn hostile_cursors_and_limits_are_refused() {
    let server = Server::start().await.unwrap();
    let anas = crowd(&server, &["n1", "n2"]).await;
    let bos = server.as_person(&server.person("bo").await.unwrap());
    for topic in ["hers/a", "hers/b"] {
        room(&anas, topic).await;
        anas.post(&format!("/members/{topic}"), json!({"name": "n1"})).await.unwrap();
    }
    let good = async |list: List| list.page(&bos, 1, None).await.1.unwrap();
    let (of_people, of_members, of_rooms) = (good(PEOPLE).await, good(MEMBERS).await, good(JOINABLE).await);
    let (_, page) = anas.get("/members/hers/a?limit=1").await.unwrap();
    let elsewhere = page["cursor"].as_str().unwrap();
    let limits = ["0", "501", "-1", "x", "", "1.5", "4294967296", "99999999999999999999", "%00"];
    let limits = limits.map(|limit| (format!("limit={limit}"), "limit"));
    let long = "YWFh".repeat(1_000);
    for (list, foreign) in [
        (PEOPLE, [&*of_members, &*of_rooms, elsewhere]),
        (MEMBERS, [&*of_people, &*of_rooms, elsewhere]),
        (JOINABLE, [&*of_people, &*of_members, elsewhere]),
    ] {
        let cursors = ["", "x", "%00", "%FF", "..", "cGVvcGxl", "cGVvcGxlCg", "cGVvcGxlCgA", "____", &long];
        let cursors = cursors.into_iter().chain(foreign).map(|cursor| (format!("cursor={cursor}"), "cursor"));
        let twice = [(format!("cursor={foreign}&cursor={foreign}", foreign = foreign[0]), "cursor")];
        for (query, word) in limits.clone().into_iter().chain(cursors).chain(twice) {
            let (status, answer) = bos.get(&format!("{}{query}", list.path)).await.unwrap();
            assert_eq!((status, &answer["code"]), (400, &json!("bad_request")), "{query}: {answer}");
            assert!(answer["detail"].as_str().unwrap().contains(word), "{query}: {answer}");
        }
    }
    for query in ["limit=5", &format!("cursor={of_rooms}")] {
        let (status, answer) = bos.get(&format!("/rooms?{query}")).await.unwrap();
        assert!(status == 400 && answer["detail"].as_str().unwrap().contains("joinable"), "{answer}");
    }
    // A cursor does not give access to another room.
    let (status, _) = bos.get(&format!("/members/hers/nowhere?cursor={elsewhere}")).await.unwrap();
    assert_eq!(status, 404);
    let (status, answer) = bos.get(&format!("/members/hers/a?cursor={elsewhere}")).await.unwrap();
    assert!([403, 404].contains(&status), "{status} {answer}");
    let stranger = server.as_stranger().get(&format!("/people?cursor={of_people}")).await.unwrap();
    assert_eq!(stranger.0, 401);
}
