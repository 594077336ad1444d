//! TLS to the database, verified as strictly as the URL asks.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use chinwag::store::Database;
use chinwag_journeys::{Postgres, eventually};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::databases::Store;

fn authority(folder: &Path, name: &str) -> (CertifiedIssuer<'static, KeyPair>, PathBuf) {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let path = folder.with_extension(name);
    std::fs::write(&path, issuer.pem()).unwrap();
    (issuer, path)
}

/// Starts a TLS-only server with a certificate for `localhost`; returns the CA that signed it, and another CA.
fn server() -> (Postgres, PathBuf, PathBuf) {
    let server = Postgres::start().unwrap();
    let (issuer, vouching) = authority(server.folder(), "vouching");
    let (_, other) = authority(server.folder(), "other");
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let owner = std::fs::metadata(server.folder()).unwrap();
    for (name, text) in [
        ("server.crt", certificate.pem()),
        ("server.key", key.serialize_pem()),
        ("pg_hba.conf", "hostssl all all all trust\n".into()),
    ] {
        let path = server.folder().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    server.sql("postgres", "ALTER SYSTEM SET ssl = on").unwrap();
    server.sql("postgres", "SELECT pg_reload_conf()").unwrap();
    (server, vouching, other)
}

async fn opens(url: &str) -> Result<(), String> {
    let database = Database::parse(url).map_err(|error| error.to_string())?;
    let opened = tokio::task::spawn_blocking(move || Store::open(database).map(|(store, _)| store));
    opened.await.unwrap().map_err(|error| error.to_string())?.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_trusted_as_far_as_the_url_says() {
    let (server, vouching, other) = server();
    eventually("the server speaks TLS", async || {
        let ssl = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        server.sql("postgres", ssl).is_ok_and(|ssl| ssl == "t")
    })
    .await;
    let named = server.database().unwrap().replace("127.0.0.1", "localhost");
    let (vouching, other) = (vouching.display(), other.display());
    for good in
        ["", "?sslmode=prefer", "?sslmode=require", &format!("?sslmode=verify-full&sslrootcert={vouching}")]
    {
        assert_eq!(opens(&format!("{named}{good}")).await, Ok(()), "{good}");
    }
    let numbered = named.replace("localhost", "127.0.0.1");
    let ca = format!("{numbered}?sslmode=verify-ca&sslrootcert={vouching}");
    assert_eq!(opens(&ca).await, Ok(()), "whatever its name is");
    for (url, why) in [
        (format!("{numbered}?sslmode=verify-full&sslrootcert={vouching}"), "not valid for name"),
        (format!("{named}?sslmode=verify-full&sslrootcert={other}"), "invalid peer certificate"),
        (format!("{named}?sslmode=verify-ca&sslrootcert={other}"), "invalid peer certificate"),
        (format!("{named}?sslmode=require&sslrootcert={other}"), "invalid peer certificate"),
        (format!("{named}?sslmode=disable"), "no encryption"),
    ] {
        let refused = opens(&url).await.unwrap_err();
        assert!(refused.contains(why), "{url}: {refused}");
    }
    for path in [vouching.to_string(), other.to_string()] {
        std::fs::remove_file(path).unwrap();
    }
}
