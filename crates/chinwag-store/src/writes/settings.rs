//! Settings shared by all servers on one database.

use crate::batch::{Applied, Batch};
use crate::error::StoreError;
use crate::sql::{Param, Tx};
use crate::write::Write;

/// Sets a setting, or deletes it if the value is `None`.
#[derive(Debug, Clone)]
pub struct Set {
    /// Its key.
    pub key: &'static str,
    /// Its value.
    pub value: Option<String>,
}

impl Write for Set {
    type Done = ();

    fn kind(&self) -> &'static str {
        "setting"
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<()> {
        let Self { key, value } = self;
        match value {
            Some(value) => batch.tx.execute(
                "INSERT INTO settings (key, value) VALUES ($1, $2)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                &[Param::Text(key), Param::Text(value)],
            )?,
            None => batch.tx.execute("DELETE FROM settings WHERE key = $1", &[Param::Text(key)])?,
        };
        Ok(Ok(()))
    }
}

/// Sets a setting unless it already has a value.
#[derive(Debug, Clone)]
pub struct SetOnce {
    /// Its key.
    pub key: &'static str,
    /// Its value.
    pub value: String,
}

impl Write for SetOnce {
    type Done = ();

    fn kind(&self) -> &'static str {
        "setting"
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<()> {
        set_once(batch.tx, self.key, &self.value)?;
        Ok(Ok(()))
    }
}

/// Sets a setting that has no value yet.
pub(super) fn set_once(tx: &mut dyn Tx, key: &str, value: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING",
        &[Param::Text(key), Param::Text(value)],
    )
    .map(drop)
}
