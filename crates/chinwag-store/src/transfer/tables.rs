//! The tables and their columns, in an order that satisfies their foreign keys.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Int,
    /// Text.
    Text,
    /// Bytes.
    Blob,
}
use Kind::{Blob, Int, Text};

type Columns = &'static [(&'static str, Kind)];

/// A table that is copied row by row.
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns of its key.
    pub key: Columns,
    /// The other columns.
    pub rest: Columns,
    /// A condition for the rows to copy: all except those that concern one side only.
    which: &'static str,
}

const fn table(name: &'static str, key: Columns, rest: Columns) -> Table {
    Table { name, key, rest, which: "true" }
}

/// Accounts, which events refer to.
pub const ACCOUNTS: Table = table(
    "accounts",
    &[("id", Int)],
    &[
        ("name", Text),
        ("password", Text),
        ("admin", Int),
        ("created_at", Int),
        ("last_seen", Int),
        ("key_generation", Int),
        ("state", Text),
    ],
);

/// Rooms, which events refer to.
pub const ROOMS: Table = table(
    "rooms",
    &[("id", Int)],
    &[
        ("topic", Text),
        ("title", Text),
        ("purpose", Text),
        ("private", Int),
        ("epoch", Text),
        ("created_at", Int),
        ("made_by", Int),
    ],
);

/// The tables that are copied as a whole at the end.
pub const REPLACED: &[Table] = &[
    table("heads", &[("room", Int)], &[("last_seq", Int), ("last_message_seq", Int), ("messages", Int)]),
    table(
        "tokens",
        &[("id", Int)],
        &[
            ("hash", Blob),
            ("account", Int),
            ("label", Text),
            ("created_at", Int),
            ("used_at", Int),
            ("device", Int),
        ],
    ),
    table(
        "members",
        &[("room", Int), ("account", Int)],
        &[("owner", Int), ("joined_seq", Int), ("read_seq", Int), ("added", Int)],
    ),
    table("changes", &[("id", Int)], &[("body", Text)]),
    table(
        "media",
        &[("id", Text)],
        &[
            ("account", Int),
            ("name", Text),
            ("type", Text),
            ("size", Int),
            ("width", Int),
            ("height", Int),
            ("created_at", Int),
            ("thumbnails", Int),
        ],
    ),
    table("uses", &[("media", Text), ("room", Int), ("seq", Int)], &[]),
    table("altered", &[("room", Int), ("seq", Int)], &[("changed", Int), ("shown", Int), ("deleted", Int)]),
    table("reactions", &[("room", Int), ("target", Int), ("emoji", Text), ("account", Int)], &[("seq", Int)]),
    table("erasing", &[("room", Int), ("target", Int)], &[("after", Int)]),
    table(
        "sessions",
        &[("account", Int), ("client_id", Text)],
        &[("state", Text), ("expiry", Int), ("left_at", Int)],
    ),
    table("session_cursors", &[("account", Int), ("client_id", Text), ("room", Int)], &[("seq", Int)]),
    table("followers", &[("name", Text), ("room", Int)], &[("seq", Int)]),
    Table {
        which: "key NOT IN ('copying_from', 'moved_to')",
        ..table("settings", &[("key", Text)], &[("value", Text)])
    },
];

/// The statements for a table.
pub struct Statements {
    /// Counts the rows.
    pub count: &'static str,
    /// Reads the next page of rows after a key.
    pub page: &'static str,
    /// Inserts a row, or updates the row with the same key.
    pub put: &'static str,
    /// Deletes all rows.
    pub clear: &'static str,
}

/// The statements are built once and leaked, as prepared statements are cached by their static text.
static STATEMENTS: LazyLock<HashMap<&'static str, Statements>> =
    LazyLock::new(|| all().map(|table| (table.name, table.write())).collect());

/// Returns the statement that locks all tables against other writers.
pub fn lock() -> &'static str {
    static LOCK: LazyLock<&'static str> = LazyLock::new(|| {
        let tables: Vec<_> = all().map(|table| table.name).collect();
        format!("LOCK TABLE events, {} IN SHARE MODE", tables.join(", ")).leak()
    });
    *LOCK
}

fn names(columns: Columns) -> Vec<&'static str> {
    columns.iter().map(|(name, _)| *name).collect()
}

/// Returns all tables except the logs and the list of live servers.
pub fn all() -> impl Iterator<Item = &'static Table> {
    [&ACCOUNTS, &ROOMS].into_iter().chain(REPLACED)
}

impl Table {
    /// Returns all columns, those of the key first.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, Kind)> {
        self.key.iter().chain(self.rest).copied()
    }

    /// Returns its statements.
    pub fn statements(&self) -> &'static Statements {
        &STATEMENTS[self.name]
    }

    fn write(&self) -> Statements {
        let places = |count: usize| (1..=count).map(|place| format!("${place}")).collect::<Vec<_>>();
        let all: Vec<_> = self.columns().map(|(name, _)| name).collect();
        let (columns, values) = (all.join(", "), places(all.len()).join(", "));
        let (key, after) = (names(self.key).join(", "), places(self.key.len()).join(", "));
        let (name, which, limit) = (self.name, self.which, self.key.len() + 1);
        let set: Vec<_> = names(self.rest).iter().map(|name| format!("{name} = excluded.{name}")).collect();
        let update = if set.is_empty() { "NOTHING".into() } else { format!("UPDATE SET {}", set.join(", ")) };
        Statements {
            count: format!("SELECT count(*) FROM {name} WHERE {which}").leak(),
            page: format!(
                "SELECT {columns} FROM {name} WHERE {which} AND ({key}) > ({after})
                 ORDER BY {key} LIMIT ${limit}"
            )
            .leak(),
            put: format!("INSERT INTO {name} ({columns}) VALUES ({values}) ON CONFLICT ({key}) DO {update}")
                .leak(),
            clear: format!("DELETE FROM {name} WHERE {which}").leak(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::database::Database;

    /// A migration that adds a table or a column must be reflected in this module.
    #[test]
    fn no_table_and_no_column_is_left_behind() {
        let path = std::env::temp_dir().join(format!("chinwag-tables-{}.db", std::process::id()));
        let database = Database::parse(&format!("sqlite:{}", path.display())).unwrap();
        let mut found = BTreeSet::new();
        let sql = "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT IN ('servers', 'migrations')";
        let mut connection = database.open().unwrap();
        connection
            .read(&mut |tx| {
                found.extend(tx.all(sql, &[], |row| Ok(format!("{}.{}", row.text(0)?, row.text(1)?)))?);
                Ok(())
            })
            .unwrap();
        std::fs::remove_file(path).unwrap();
        let columns = |table: &Table| {
            let name = table.name;
            table.columns().map(move |(column, _)| format!("{name}.{column}")).collect::<Vec<_>>()
        };
        let mut known: BTreeSet<String> = all().flat_map(columns).collect();
        known.extend(
            ["id", "room", "seq", "kind", "sender", "msg_id", "target", "ordinal", "at", "digest", "body"]
                .map(|name| format!("events.{name}")),
        );
        assert_eq!(known, found);
    }
}
