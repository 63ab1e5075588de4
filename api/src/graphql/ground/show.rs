//! Presentation of rows: the mapping from what views keep to the objects of the schema.

use async_graphql::OutputType;
use domain::Currency;
use projections::Table;
use sea_orm::EntityTrait;

use super::{failure::Failure, scalars::Money};

/// The table behind an object, its columns and its rows.
pub type TableOf<T> = <T as Shows>::Table;
pub type Column<T> = <TableOf<T> as EntityTrait>::Column;
pub type Row<T> = <TableOf<T> as EntityTrait>::Model;

/// An object that shows one row of a table.
pub trait Shows: OutputType + Sized + Send + 'static {
    type Table: Table<Model: 'static>;

    /// Fails only where a row holds what no fold writes.
    fn show(row: Row<Self>) -> Result<Self, Failure>;

    fn show_all(rows: Vec<Row<Self>>) -> Result<Vec<Self>, Failure> {
        rows.into_iter().map(Self::show).collect()
    }
}

/// An amount as rows keep it.
pub fn money(minor: i64, code: &str) -> Result<Money, Failure> {
    Ok(domain::Money::new(minor, currency(code)?).into())
}

pub fn currency(code: &str) -> Result<Currency, Failure> {
    Currency::from_code(code).ok_or_else(|| Failure::internal(&format!("{code} is no currency")))
}

/// A number that rows keep wider than it can be.
pub fn number(wide: i64) -> Result<u32, Failure> {
    u32::try_from(wide).map_err(|_| Failure::internal(&format!("{wide} is out of range")))
}

/// What a row keeps as JSON or as the word of a closed list.
pub fn read<T: serde::de::DeserializeOwned>(value: &serde_json::Value) -> Result<T, Failure> {
    T::deserialize(value).map_err(|error| Failure::internal(&error))
}

/// A member of a closed list by its word, as in `sector-mismatch`.
pub fn word<T: serde::de::DeserializeOwned>(word: &str) -> Result<T, Failure> {
    read(&serde_json::Value::String(word.to_owned()))
}

/// The word of a member of a closed list, as rows keep it.
pub fn named(value: &impl serde::Serialize) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}
