//! PostgreSQL, 14 and later.

mod address;
pub(super) mod lease;
pub(super) mod neighbours;
mod statements;

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, WrongType, to_sql_checked};
use tokio_postgres::{Client, Statement};

pub use address::Address;
use address::{Session, no_answer};
use statements::Statements;

use super::error::StoreError;
use super::migrations::{announce, to_do};
use super::sql::{Connection, Param, Row, Work};

/// Keys of the advisory locks that all servers on one database share: for migrating, and for writing to `changes`.
const MIGRATING: i64 = 0x6368_696e_7761_6701;
const CHANGING: i64 = 0x6368_696e_7761_6702;
/// Timeout for an answer. A broken connection is indistinguishable from a slow one.
const ANSWER: Duration = Duration::from_secs(5);
/// Timeout for a migration, which may wait for another server's or change a lot of data.
const MIGRATION: Duration = Duration::from_secs(600);

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let words = error.as_db_error().map_or_else(|| with_causes(&error), ToString::to_string);
        match error.as_db_error().map(DbError::code) {
            // A retry would not change the result.
            None if is_ours(&error) => Self::Other(words),
            // The connection failed, not a statement: the server is stopped, stopping, or not ready yet.
            None => Self::Unavailable(words),
            Some(code) if *code == SqlState::DISK_FULL => Self::Full,
            Some(code)
                if *code == SqlState::UNIQUE_VIOLATION
                    || *code == SqlState::T_R_DEADLOCK_DETECTED
                    || *code == SqlState::T_R_SERIALIZATION_FAILURE =>
            {
                Self::Conflict(words)
            }
            // A former primary that became a standby rejects writes; its successor will accept them.
            Some(code) if *code == SqlState::READ_ONLY_SQL_TRANSACTION => Self::Unavailable(words),
            // Class 57: shutting down, starting up; 08: connection; 53: too many connections; 25P03: we were
            // idle for too long.
            Some(code) if ["57", "08", "53", "25P03"].iter().any(|class| code.code().starts_with(class)) => {
                Self::Unavailable(words)
            }
            Some(_) => Self::Other(words),
        }
    }
}

/// Returns whether an error comes from our settings or statements, not from the connection. The library tells them
/// apart only in the error message.
fn is_ours(error: &tokio_postgres::Error) -> bool {
    let of_a_value = std::error::Error::source(error).is_some_and(|source| source.is::<WrongType>());
    let words = error.to_string();
    of_a_value || words.starts_with("invalid configuration") || words.starts_with("authentication error")
}

/// Formats an error with its chain of causes, which its own message leaves out.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(now) = cause {
        words = format!("{words}: {now}");
        cause = now.source();
    }
    words
}

impl ToSql for Param<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) => value.to_sql(kind, out),
            Self::Text(text) => text.to_sql(kind, out),
            Self::Blob(bytes) => bytes.to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Binary
    }

    to_sql_checked!();
}

impl std::fmt::Display for Param<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Row for tokio_postgres::Row {
    fn maybe_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        Ok(self.try_get(column)?)
    }
    fn maybe_text(&self, column: usize) -> Result<Option<String>, StoreError> {
        Ok(self.try_get(column)?)
    }
    fn maybe_blob(&self, column: usize) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.try_get(column)?)
    }
}

/// A connection to the server. It has a runtime of its own, so it only makes progress during a call.
pub struct Postgres {
    /// Its unique `application_name` on the server.
    name: String,
    session: Session,
    statements: HashMap<&'static str, Statement>,
    /// Requests to be sent with the next statement, without a round trip of their own.
    ahead: Vec<Ahead>,
    broken: bool,
    runtime: OwnRuntime,
}

/// A request whose answer is awaited together with that of the next statement.
enum Ahead {
    /// The beginning of a transaction.
    Begin(&'static str),
    /// A statement whose answer only matters if it is an error.
    Execute(Statement, Vec<Box<dyn ToSql + Sync + Send>>),
}

impl Ahead {
    async fn send(&self, session: &Session) -> Result<(), tokio_postgres::Error> {
        match self {
            Self::Begin(sql) => session.client.batch_execute(sql).await,
            Self::Execute(statement, params) => {
                let params = params.iter().map(|param| &**param as &(dyn ToSql + Sync));
                session.client.execute_raw(statement, params).await.map(drop)
            }
        }
    }
}

/// A runtime that may be dropped anywhere, including async contexts.
struct OwnRuntime(Option<Runtime>);

impl OwnRuntime {
    fn new() -> Result<Self, StoreError> {
        let made = tokio::runtime::Builder::new_current_thread().enable_all().build();
        made.map(|runtime| Self(Some(runtime))).map_err(|error| StoreError::Other(error.to_string()))
    }

    fn block_on<T>(&self, future: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let runtime = self.0.as_ref();
        runtime.map_or_else(|| Err(StoreError::Other("no runtime".into())), |it| it.block_on(future))
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Postgres {
    /// Connects, and creates and migrates the tables.
    pub fn open(address: &Address) -> Result<Self, StoreError> {
        let mut connection = Self::connect(address)?;
        connection.migrate()?;
        Ok(connection)
    }

    /// Connects without migrating.
    pub fn connect(address: &Address) -> Result<Self, StoreError> {
        let runtime = OwnRuntime::new()?;
        let name = format!("chinwag {}", uuid::Uuid::new_v4().simple());
        let session = runtime.block_on(address.connect(&name, drop))?;
        Ok(Self { name, session, statements: HashMap::new(), ahead: Vec::new(), broken: false, runtime })
    }

    /// Migrates the tables; other servers wait meanwhile.
    fn migrate(&mut self) -> Result<(), StoreError> {
        const MIGRATIONS: &str = "CREATE TABLE IF NOT EXISTS migrations (
            step BIGINT PRIMARY KEY, oldest BIGINT NOT NULL)";
        const DONE: &str = "SELECT coalesce(max(step), 0), coalesce(max(oldest), 0) FROM migrations";
        let client = &self.session.client;
        let migrating = async {
            check(client).await?;
            client.batch_execute("BEGIN").await?;
            client.execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATING]).await?;
            client.batch_execute(MIGRATIONS).await?;
            let row = client.query_one(DONE, &[]).await?;
            let done = row.int(0)?;
            for (number, step) in to_do(done, row.int(1)?)? {
                announce(done, number);
                client.batch_execute(step.postgres).await?;
                client.execute("INSERT INTO migrations VALUES ($1, $2)", &[&number, &step.oldest]).await?;
            }
            Ok::<_, StoreError>(client.batch_execute("COMMIT").await?)
        };
        let patient = async { timeout(MIGRATION, migrating).await.map_err(|_| no_answer(MIGRATION))? };
        self.runtime.block_on(patient)
    }

    fn wait<T>(
        &mut self,
        answer: impl AsyncFnOnce(&Session) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, StoreError> {
        let (ahead, session) = (std::mem::take(&mut self.ahead), &self.session);
        let answer = self.runtime.block_on(async {
            let before = try_join_all(ahead.iter().map(|one| one.send(session)));
            let all = async { tokio::join!(biased; before, answer(session)) };
            let (before, answer) = timeout(ANSWER, all).await.map_err(|_| no_answer(ANSWER))?;
            // If one of those failed, so did everything after it.
            before?;
            Ok(answer?)
        });
        self.broken |= matches!(answer, Err(StoreError::Unavailable(_)));
        answer
    }

    /// Runs a transaction to its end.
    fn run(&mut self, begin: &'static str, work: &mut Work<'_>) -> Result<(), StoreError> {
        self.ahead = vec![Ahead::Begin(begin)];
        let worked = work(&mut Statements { connection: self, changing: false });
        let begun = !matches!(self.ahead.first(), Some(Ahead::Begin(_)));
        let asked = begun || self.ahead.len() > 1;
        if !asked || worked.is_err() {
            self.ahead.clear();
            if begun && !self.broken {
                self.wait(async |it| it.client.batch_execute("ROLLBACK").await)?;
            }
            return worked;
        }
        self.wait(async |it| it.client.batch_execute("COMMIT").await)
    }
}

/// Rejects a database that cannot store every text, and warns about a server that may lose commits in a power cut.
async fn check(client: &Client) -> Result<(), StoreError> {
    let setting = async |sql| Ok::<String, StoreError>(client.query_one(sql, &[]).await?.text(0)?);
    let encoding = setting("SELECT current_setting('server_encoding')").await?;
    if encoding != "UTF8" {
        return Err(StoreError::Other(format!(
            "its encoding is {encoding}, which cannot hold every text; make one with CREATE DATABASE name ENCODING 'UTF8' \
             TEMPLATE template0"
        )));
    }
    if setting("SELECT current_setting('fsync')").await? == "off" {
        tracing::warn!("PostgreSQL runs with fsync=off: a power failure may lose acknowledged messages");
    }
    Ok(())
}

impl Connection for Postgres {
    fn write(&mut self, work: &mut Work<'_>) -> Result<(), StoreError> {
        match self.run("BEGIN", work) {
            // If it broke before the COMMIT, the locks of its transaction may still have to be released.
            Err(StoreError::Unavailable(why)) => {
                Err(StoreError::InDoubt { connection: self.name.clone(), why })
            }
            committed => committed,
        }
    }

    fn read(&mut self, work: &mut Work<'_>) -> Result<(), StoreError> {
        self.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", work)
    }

    fn end_other(&mut self, connection: &str) -> Result<(), StoreError> {
        const END: &str =
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1";
        match self.wait(async |it| it.client.query(END, &[&connection]).await)?.len() {
            0 => Ok(()),
            _ => Err(StoreError::Unavailable("the broken connection's transaction has not ended yet".into())),
        }
    }

    fn takes_writes(&mut self) -> Result<(), StoreError> {
        // Changes nothing, but fails if nothing may be changed.
        let nothing = "UPDATE heads SET last_seq = last_seq WHERE room = -1";
        self.run("BEGIN", &mut |tx| tx.execute(nothing, &[]).map(drop))
    }

    fn others_may_have_written(&mut self) -> Result<bool, StoreError> {
        Ok(true)
    }

    fn is_broken(&self) -> bool {
        self.broken || self.session.client.is_closed()
    }

    fn forget_erased(&mut self) -> Result<bool, StoreError> {
        // The remains in dead rows and in the server's log are up to VACUUM and the operator.
        Ok(true)
    }
}
