//! Commands and their settings: what makes no sense is refused, and what is not there yet is waited for.

use std::path::Path;
use std::process::{Output, Stdio};

use chinwag_journeys::{DEADLINE, Mosquitto, Postgres, Server, binary, eventually};
use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;
use tokio::process::Command;

/// Runs the command line in `folder`.
pub(super) async fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(binary());
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    command.envs(environment.iter().copied());
    tokio::time::timeout(DEADLINE, command.output()).await.expect("it does not end").unwrap()
}

pub(super) fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(super) fn exit(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub(super) fn empty() -> TempDir {
    tempfile::Builder::new().prefix("chinwag-operator-").tempdir().unwrap()
}

#[tokio::test]
async fn a_mistyped_place_is_refused_and_nothing_is_made() {
    let folder = empty();
    let commands: [&[&str]; 9] = [
        &["user", "add", "bo", "--data", "typo"],
        &["user", "list", "--data", "typo"],
        &["token", "bo", "--data", "typo"],
        &["room", "add", "plans", "--data", "typo"],
        &["backup", "copy", "--data", "typo"],
        &["restore", "--data", "typo"],
        &["restore", "nothing", "--data", "elsewhere"],
        &["user", "add", "bo", "--database", "sqlite:typo/chinwag.db"],
        &["migrate", "--from", "sqlite:typo/chinwag.db", "--to", "sqlite:target.db"],
    ];
    for arguments in commands {
        let output = run(folder.path(), arguments, &[]).await;
        let told = told(&output);
        assert_eq!(exit(&output), 1, "{arguments:?}: {told}");
        assert!(told.contains("typo") || told.contains("nothing"), "{arguments:?}: {told}");
        assert!(told.starts_with("chinwag: "), "a sentence, not a log line: {told}");
    }
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?}");

    let serve =
        ["serve", "--database", "sqlite:/nonexistent/x.db", "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0"];
    let output = run(folder.path(), &[&serve[..], &["--ws", "127.0.0.1:0"]].concat(), &[]).await;
    assert_eq!(exit(&output), 1);
    assert!(told(&output).contains("there is no folder /nonexistent"), "{}", told(&output));

    // Only `user add --create` may create a database.
    let create = ["user", "add", "ana", "--admin", "--create", "--data", "new"];
    let output = run(folder.path(), &create, &[]).await;
    assert!(output.status.success(), "{}", told(&output));
    assert!(
        told(&output).contains("new/chinwag.db") && told(&output).contains("no server"),
        "{}",
        told(&output)
    );
    let output = run(folder.path(), &["user", "list", "--data", "new"], &[]).await;
    assert!(String::from_utf8_lossy(&output.stdout).contains("ana"));
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused_in_a_sentence() {
    let folder = empty();
    let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    file("typo.toml", "databse = \"x\"\n");
    file("open.toml", "\ndatabase = \"postgres://u:secretpw@h/x\n");
    file("port.toml", "http = \"8080\"\n");
    file("https.toml", "https = \"127.0.0.1:0\"\n");
    let cases: [(&[&str], (&str, &str), &str); 18] = [
        (&["--https", "127.0.0.1:0"], ("", ""), "--tls-cert"),
        (&["--mqtts", "127.0.0.1:0"], ("", ""), "--tls-cert"),
        (&["--wss", "127.0.0.1:0"], ("", ""), "--tls-cert"),
        (&[], ("CHINWAG_HTTPS", "127.0.0.1:0"), "--tls-cert"),
        (&["--config", "https.toml"], ("", ""), "--tls-cert"),
        (&["--tls-cert", "x.pem"], ("", ""), "--tls-key"),
        (&["--broker-secret", "short"], ("", ""), "--broker "),
        (&["--broker-api", "emqx+http://k:s@h:1"], ("", ""), "--broker "),
        (&["--http", "8080"], ("", ""), "127.0.0.1:8080"),
        (&["--trusted-proxies", "127.0.0.1/99"], ("", ""), "10.0.0.0/8"),
        (&["--config", "none.toml"], ("", ""), "none.toml"),
        (&["--config", "typo.toml"], ("", ""), "there is no setting databse"),
        (&["--config", "open.toml"], ("", ""), "line 2"),
        (&["--config", "port.toml"], ("", ""), "port.toml"),
        (&["--database", "mysql://x"], ("", ""), "sqlite:FILE"),
        (&["--allow-origin", "*"], ("", ""), "list each origin"),
        (&["--allow-origin", "https://app.example/chat"], ("", ""), "without a path"),
        (&[], ("CHINWAG_ALLOW_ORIGIN", "https://app.example,null"), "https://HOST"),
    ];
    for (arguments, (name, value), word) in cases {
        let environment: &[(&str, &str)] = if name.is_empty() { &[] } else { &[(name, value)] };
        let output = run(folder.path(), &[&["serve"], arguments].concat(), environment).await;
        let told = told(&output);
        assert_eq!(exit(&output), 2, "{arguments:?} {name}: {told}");
        assert!(told.contains(word) && !told.contains("secretpw"), "{arguments:?} {name}: {told}");
    }
    // An error is printed at any log level.
    for (level, code, word) in
        [("verbose", 2, "trace"), ("chinwag=dbug", 2, "debug"), ("off", 1, "no Chinwag database")]
    {
        let output = run(folder.path(), &["user", "list"], &[("CHINWAG_LOG", level)]).await;
        assert_eq!(exit(&output), code, "{level}");
        assert!(told(&output).contains(word), "{level}: {}", told(&output));
    }
    // An empty environment variable counts as unset; systemd credentials are read; keys may use `-` or `_`.
    file(
        "good.toml",
        "broker_access = \"hooks\"\nbroker-secret = \"0123456789abcdef0123456789abcdef\"\nlimits = true\n",
    );
    let credentials = folder.path().join("credentials");
    std::fs::create_dir(&credentials).unwrap();
    std::fs::write(credentials.join("database"), "sqlite:from-the-credential/x.db\n").unwrap();
    let environment = [("CHINWAG_HTTP", ""), ("CREDENTIALS_DIRECTORY", credentials.to_str().unwrap())];
    let output = run(folder.path(), &["user", "list", "--config", "good.toml"], &environment).await;
    assert!(told(&output).contains("from-the-credential"), "{}", told(&output));
}

#[tokio::test]
async fn the_set_up_link_works_whatever_accounts_were_made_before() {
    let server = Server::start_anywhere().await.unwrap();
    eventually("the link is printed", async || server.printed().join("\n").contains("/setup#")).await;
    let printed = server.printed().join("\n");
    let link = regex_lite::Regex::new(r"http://\S+/setup#(\S+)").unwrap();
    let token = link.captures(&printed).unwrap()[1].to_owned();
    let stranger = server.as_stranger();
    let nobody = json!({"needed": true, "accounts": false});
    assert_eq!(stranger.get("/setup").await.unwrap().1, nobody);
    server.cli(&["user", "add", "kettle"], "").await.unwrap();
    server.cli(&["user", "add", "ana", "--admin"], "").await.unwrap();
    assert_eq!(
        stranger.get("/setup").await.unwrap().1["needed"],
        true,
        "nobody of these can sign in and administer"
    );
    let wrong = json!({"token": "another", "username": "zoe", "password": "a long first password"});
    assert_eq!(stranger.post("/setup", wrong).await.unwrap().0, 403);
    let setup = json!({"token": token, "username": "zoe", "password": "a long first password"});
    assert_eq!(stranger.post("/setup", setup.clone()).await.unwrap().0, 201);
    assert_eq!(stranger.get("/setup").await.unwrap().1["needed"], false);
    assert_eq!(stranger.post("/setup", setup).await.unwrap().0, 409);

    // An administrator with a token can sign in, so setup is not needed.
    let other = Server::start_anywhere().await.unwrap();
    other.cli(&["user", "add", "ana", "--admin"], "").await.unwrap();
    other.cli(&["token", "ana"], "").await.unwrap();
    assert_eq!(other.as_stranger().get("/setup").await.unwrap().1["needed"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_lets_anybody_in_is_not_served_on() {
    let open = Mosquitto::start_open().await.unwrap();
    let server = Server::start_beside_unready(open.beside(), &[]).await.unwrap();
    eventually("it says why", async || server.log().contains("lets anybody in")).await;
    assert_eq!(server.as_stranger().get("/readyz").await.unwrap().0, 503);
    assert!(!server.log().contains("rules="), "nothing is announced on it: {}", server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_at_the_start_is_waited_for() {
    let postgres = Postgres::start().unwrap();
    let database = postgres.database().unwrap();
    postgres.down().unwrap();
    let folder = empty();
    let serve = || {
        let mut command = Command::new(binary());
        command.args(["serve", "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--ws", "127.0.0.1:0"]);
        command.arg("--data").arg(folder.path().join("data")).args(["--database", &database]);
        let log =
            std::fs::OpenOptions::new().create(true).append(true).open(folder.path().join("log")).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true).spawn().unwrap()
    };
    let log = || std::fs::read_to_string(folder.path().join("log")).unwrap();
    let end = |child: &tokio::process::Child| {
        let pid = i32::try_from(child.id().unwrap()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
    };
    let mut waiting = serve();
    eventually("it says that it waits", async || log().contains("waiting for it")).await;
    end(&waiting);
    assert!(tokio::time::timeout(DEADLINE, waiting.wait()).await.unwrap().unwrap().success());

    let mut waiting = serve();
    eventually("it says so again", async || log().matches("waiting for it").count() == 2).await;
    postgres.up().unwrap();
    let mut lines =
        tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(waiting.stdout.take().unwrap()));
    let line = tokio::time::timeout(DEADLINE, lines.next_line()).await.unwrap().unwrap().unwrap();
    assert_eq!(line, "Chinwag is ready:");
    end(&waiting);
    assert!(tokio::time::timeout(DEADLINE, waiting.wait()).await.unwrap().unwrap().success());
}

#[tokio::test]
async fn it_takes_all_file_descriptors_and_ends_in_order_at_sighup() {
    let mut server = Server::start().await.unwrap();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.pid().unwrap())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let numbers: Vec<_> = line.split_whitespace().filter_map(|word| word.parse::<u64>().ok()).collect();
    assert_eq!(numbers[0], numbers[1].min(1_048_576), "{line}");
    assert!(server.log().contains("file descriptors for about"));
    server.signal(Signal::HUP).unwrap();
    let ended = tokio::time::timeout(DEADLINE, server.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn moving_waits_for_the_source_only_as_long_as_it_is_told() {
    let server = Server::start().await.unwrap();
    server.admin("ana").await.unwrap();
    let folder = empty();
    let from = format!("sqlite:{}", server.data().join("chinwag.db").display());
    let to = "sqlite:moved.db";
    let output =
        run(folder.path(), &["migrate", "--to", to, "--wait", "1"], &[("CHINWAG_FROM", &from)]).await;
    assert_eq!(exit(&output), 1);
    assert!(told(&output).contains("still runs"), "{}", told(&output));
    let output =
        run(folder.path(), &["migrate", "--from", "postgres://u:p@ss:w/rd@h/x", "--to", to], &[]).await;
    assert!(told(&output).contains("--from") && told(&output).contains("%40"), "{}", told(&output));
    let output =
        run(folder.path(), &["migrate", "--from", &from, "--to", "sqlite:/nonexistent/x"], &[]).await;
    assert!(told(&output).contains("--to"), "{}", told(&output));
}
