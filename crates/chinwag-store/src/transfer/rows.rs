//! Copying and comparing tables row by row.

use aws_lc_rs::digest::{Context, SHA256};

use super::tables::{Kind, Table};
use super::{Reading, differs};
use crate::error::StoreError;
use crate::sql::{Connection, Param, Row, got};

/// Number of rows per page.
const PAGE: i64 = 1_000;

/// A value of a column.
#[derive(Debug, Clone)]
enum Value {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl Value {
    fn read(row: &dyn Row, column: usize, kind: Kind) -> Result<Self, StoreError> {
        Ok(match kind {
            Kind::Int => row.maybe_int(column)?.map_or(Self::Null, Self::Int),
            Kind::Text => row.maybe_text(column)?.map_or(Self::Null, Self::Text),
            Kind::Blob => Self::Blob(row.blob(column)?),
        })
    }

    fn param(&self) -> Param<'_> {
        match self {
            Self::Null => Param::Null,
            Self::Int(value) => Param::Int(*value),
            Self::Text(text) => Param::Text(text),
            Self::Blob(bytes) => Param::Blob(bytes),
        }
    }

    fn hash(&self, into: &mut Context) {
        match self {
            Self::Null => into.update(b"n"),
            Self::Int(value) => {
                into.update(b"i");
                into.update(&value.to_be_bytes());
            }
            Self::Text(text) => hash_bytes(text.as_bytes(), into),
            Self::Blob(bytes) => hash_bytes(bytes, into),
        }
    }
}

/// Hashes bytes with a length prefix, so that different rows never have the same encoding.
pub fn hash_bytes(bytes: &[u8], into: &mut Context) {
    into.update(b"b");
    into.update(&(bytes.len() as u64).to_be_bytes());
    into.update(bytes);
}

/// Passes all rows to `each`, page by page in the order of the key.
fn walk(
    table: &Table,
    reading: Reading<'_>,
    each: &mut dyn FnMut(Vec<Vec<Value>>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let first = |kind: &(_, Kind)| match kind.1 {
        Kind::Int => Value::Int(i64::MIN),
        Kind::Text => Value::Text(String::new()),
        Kind::Blob => Value::Blob(Vec::new()),
    };
    let mut after: Vec<Value> = table.key.iter().map(first).collect();
    loop {
        let params: Vec<_> = after.iter().map(Value::param).chain([Param::Int(PAGE)]).collect();
        let rows = got(reading, &mut |tx| {
            tx.all(table.statements().page, &params, |row| {
                let columns = table.columns().enumerate();
                columns.map(|(place, (_, kind))| Value::read(row, place, kind)).collect::<Result<Vec<_>, _>>()
            })
        })?;
        let (count, last) = (rows.len(), rows.last().map(|row| row[..table.key.len()].to_vec()));
        let Some(last) = last else { return Ok(()) };
        each(rows)?;
        if (count as i64) < PAGE {
            return Ok(());
        }
        after = last;
    }
}

/// Copies all rows of a table from the source to the target.
pub fn copy(table: &Table, reading: Reading<'_>, target: &mut dyn Connection) -> Result<(), StoreError> {
    walk(table, reading, &mut |rows| {
        let params: Vec<Vec<Param<'_>>> =
            rows.iter().map(|row| row.iter().map(Value::param).collect()).collect();
        target.write(&mut |tx| tx.execute_each(table.statements().put, &params))
    })
}

/// Compares a table on both sides by its number of rows and a hash of them; returns the number.
pub fn compare(table: &Table, reading: Reading<'_>, target: &mut dyn Connection) -> Result<u64, StoreError> {
    let here = fingerprint(table, reading)?;
    let there = fingerprint(table, &mut |work| target.read(work))?;
    if here != there {
        return Err(differs(table.name, here, there));
    }
    Ok(here.0)
}

/// Returns the number of rows, and a hash of them that does not depend on their order, as the two sides may sort text
/// differently.
fn fingerprint(table: &Table, reading: Reading<'_>) -> Result<(u64, [u8; 32]), StoreError> {
    let (mut count, mut all) = (0, [0; 32]);
    walk(table, reading, &mut |rows| {
        for row in rows {
            let mut hash = Context::new(&SHA256);
            row.iter().for_each(|value| value.hash(&mut hash));
            all.iter_mut().zip(hash.finish().as_ref()).for_each(|(all, byte)| *all ^= byte);
            count += 1;
        }
        Ok(())
    })?;
    Ok((count, all))
}
