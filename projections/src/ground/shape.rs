//! The data definition of a table on each engine, made from its row, and how rows get into it in bulk.

use std::fmt::Write as _;

use chrono::{NaiveDate, NaiveTime, SubsecRound};
use sea_orm::sea_query::{ColumnType, IntoIden};
use sea_orm::{ColumnTrait, DbBackend, DbErr, Iterable, QueryResult, Value};

use super::table::Table;

/// A table's columns, key and indexes.
#[derive(Debug)]
pub(crate) struct Shape {
    pub table: String,
    pub columns: Vec<Column>,
    /// The name of the column that identifies a row.
    pub key: String,
    pub indexes: &'static [&'static str],
    /// The version of what fills it.
    pub fold: u32,
}

#[derive(Debug)]
pub(crate) struct Column {
    pub name: String,
    kind: ColumnKind,
    null: bool,
}

/// The types that rows are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum ColumnKind {
    Uuid,
    Text,
    /// A member of a closed list.
    Word,
    Integer,
    Boolean,
    Instant,
    Date,
    Json,
}

impl Shape {
    pub fn of<T: Table>() -> Self {
        let columns = T::Column::iter().map(|column| {
            let definition = column.def();
            Column {
                name: column.into_iden().to_string(),
                kind: ColumnKind::of(definition.get_column_type()),
                null: definition.is_null(),
            }
        });
        Self {
            table: T::default().table_name().to_owned(),
            columns: columns.collect(),
            key: T::KEY.into_iden().to_string(),
            indexes: T::INDEXES,
            fold: T::FOLD,
        }
    }

    /// The table without key and indexes, which are made when it is full.
    pub fn create(&self, backend: DbBackend) -> String {
        let mut sql = format!("CREATE TABLE {} (", self.table);
        for (nth, column) in self.columns.iter().enumerate() {
            let separator = if nth == 0 { "" } else { ", " };
            let null = if column.null { "" } else { " NOT NULL" };
            // SQLite keeps the rows of such a table in the order of this column, without an index.
            let key = if self.is_row_number(column, backend) { " PRIMARY KEY" } else { "" };
            let (name, kind) = (quoted(&column.name), column.kind.name(backend));
            let _ = write!(sql, "{separator}{name} {kind}{null}{key}");
        }
        sql + if backend == DbBackend::Sqlite { ") STRICT" } else { ")" }
    }

    /// The key and the indexes.
    pub fn index(&self, backend: DbBackend) -> Vec<String> {
        let (table, key) = (&self.table, &self.key);
        let mut statements = vec![];
        if backend == DbBackend::Postgres {
            statements.push(format!("ALTER TABLE {table} ADD PRIMARY KEY ({key})"));
        } else if !self.columns.iter().any(|column| self.is_row_number(column, backend)) {
            statements.push(format!("CREATE UNIQUE INDEX {table}_by_{key} ON {table} ({key})"));
        }
        for columns in self.indexes {
            let name = format!("{table}_by_{}", columns.replace(", ", "_"));
            statements.push(format!("CREATE INDEX {name} ON {table} ({columns})"));
        }
        statements
    }

    /// A statement that writes `rows` rows at once, over those with the same key where `replace` is set.
    pub fn insert(&self, backend: DbBackend, rows: usize, replace: bool) -> String {
        let mut sql = format!("INSERT INTO {} ({}) VALUES ", self.table, self.names());
        let mut nth = 0;
        for row in 0..rows {
            sql.push_str(if row == 0 { "(" } else { ", (" });
            for column in 0..self.columns.len() {
                sql.push_str(if column == 0 { "" } else { ", " });
                nth += 1;
                if backend == DbBackend::Postgres {
                    let _ = write!(sql, "${nth}");
                } else {
                    sql.push('?');
                }
            }
            sql.push(')');
        }
        if replace {
            let others = self.columns.iter().filter(|column| column.name != self.key);
            let names = others.map(|column| quoted(&column.name));
            let sets: Vec<String> = names.map(|name| format!("{name} = excluded.{name}")).collect();
            let _ = write!(sql, " ON CONFLICT ({}) DO UPDATE SET {}", self.key, sets.join(", "));
        }
        sql
    }

    pub fn copy(&self) -> String {
        format!("COPY {} ({}) FROM STDIN (FORMAT binary)", self.table, self.names())
    }

    /// Asks for all rows in the order of their keys.
    pub fn in_order(&self) -> String {
        format!("SELECT {} FROM {} ORDER BY {}", self.names(), self.table, self.key)
    }

    fn names(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| quoted(&column.name)).collect();
        names.join(", ")
    }

    fn is_row_number(&self, column: &Column, backend: DbBackend) -> bool {
        backend == DbBackend::Sqlite
            && column.kind == ColumnKind::Integer
            && column.name == self.key
    }
}

impl Column {
    /// Whether its values can be told to anybody: what people write in their own words, names and addresses above all,
    /// stands in texts and JSON.
    pub fn is_impersonal(&self) -> bool {
        match self.kind {
            ColumnKind::Uuid
            | ColumnKind::Word
            | ColumnKind::Integer
            | ColumnKind::Boolean
            | ColumnKind::Instant
            | ColumnKind::Date => true,
            ColumnKind::Text | ColumnKind::Json => false,
        }
    }

    /// The value of this column in a row.
    pub fn read(&self, row: &QueryResult) -> Result<Value, DbErr> {
        let name = &self.name;
        Ok(match self.kind {
            ColumnKind::Uuid => row.try_get::<Option<uuid::Uuid>>("", name)?.into(),
            ColumnKind::Text | ColumnKind::Word => row.try_get::<Option<String>>("", name)?.into(),
            ColumnKind::Integer => row.try_get::<Option<i64>>("", name)?.into(),
            ColumnKind::Boolean => row.try_get::<Option<bool>>("", name)?.into(),
            ColumnKind::Instant => {
                row.try_get::<Option<chrono::DateTime<chrono::Utc>>>("", name)?.into()
            }
            ColumnKind::Date => row.try_get::<Option<chrono::NaiveDate>>("", name)?.into(),
            ColumnKind::Json => row.try_get::<Option<serde_json::Value>>("", name)?.into(),
        })
    }
}

/// `trigger` and the like are words of SQL.
fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

impl ColumnKind {
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "a row made of another type must fail its first test"
    )]
    fn of(kind: &ColumnType) -> Self {
        match kind {
            ColumnType::Uuid => Self::Uuid,
            ColumnType::String(_) => Self::Text,
            ColumnType::Text => Self::Word,
            ColumnType::BigInteger => Self::Integer,
            ColumnType::Boolean => Self::Boolean,
            ColumnType::TimestampWithTimeZone => Self::Instant,
            ColumnType::Date => Self::Date,
            ColumnType::Json | ColumnType::JsonBinary => Self::Json,
            other => panic!("no row is made of {other:?}"),
        }
    }

    fn name(self, backend: DbBackend) -> &'static str {
        let sqlite = backend == DbBackend::Sqlite;
        match self {
            Self::Uuid if sqlite => "blob",
            Self::Uuid => "uuid",
            Self::Text | Self::Word if sqlite => "text",
            Self::Text | Self::Word => "text COLLATE \"C\"", // In the order of SQLite, whatever the database's is.
            Self::Integer if sqlite => "integer",
            Self::Integer => "bigint",
            Self::Boolean if sqlite => "integer",
            Self::Boolean => "boolean",
            Self::Instant | Self::Date | Self::Json if sqlite => "text",
            Self::Instant => "timestamptz",
            Self::Date => "date",
            Self::Json => "jsonb",
        }
    }
}

/// Both engines keep microseconds; one that could keep more must not.
pub(crate) fn at_rest(value: Value) -> Value {
    if let Value::ChronoDateTimeUtc(Some(mut instant)) = value {
        *instant = instant.trunc_subsecs(6);
        Value::ChronoDateTimeUtc(Some(instant))
    } else {
        value
    }
}

/// What a binary COPY begins with: its signature, no flags, no extension.
pub(crate) const COPY_HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What a binary COPY ends with.
pub(crate) const COPY_END: &[u8] = &(-1_i16).to_be_bytes();

/// The day and the instant that PostgreSQL counts from.
const EPOCH: NaiveDate = NaiveDate::from_ymd_opt(2000, 1, 1).expect("is a day");

/// Adds a row to what a binary COPY reads: the count of its fields, then each with its length before it.
pub(crate) fn copy_row(bytes: &mut Vec<u8>, row: &[Value]) -> std::io::Result<()> {
    bytes.extend(i16::try_from(row.len()).map_err(std::io::Error::other)?.to_be_bytes());
    for value in row {
        let start = bytes.len();
        bytes.extend((-1_i32).to_be_bytes()); // Of a null, which has nothing behind its length.
        if copy_value(bytes, value)? {
            let length = i32::try_from(bytes.len() - start - 4).map_err(std::io::Error::other)?;
            bytes[start..start + 4].copy_from_slice(&length.to_be_bytes());
        }
    }
    Ok(())
}

/// Adds a value; false for a null.
fn copy_value(bytes: &mut Vec<u8>, value: &Value) -> std::io::Result<bool> {
    if let Value::Uuid(Some(id)) = value {
        bytes.extend_from_slice(id.as_bytes());
    } else if let Value::String(Some(string)) = value {
        bytes.extend_from_slice(string.as_bytes());
    } else if let Value::BigInt(Some(number)) = value {
        bytes.extend(number.to_be_bytes());
    } else if let Value::ChronoDateTimeUtc(Some(instant)) = value {
        let epoch = EPOCH.and_time(NaiveTime::MIN).and_utc();
        let since = instant.signed_duration_since(epoch).num_microseconds();
        let since = since.ok_or_else(|| std::io::Error::other("an instant is out of range"))?;
        bytes.extend(since.to_be_bytes());
    } else if let Value::Json(Some(json)) = value {
        bytes.push(1); // The version of jsonb's form.
        serde_json::to_writer(bytes, json)?;
    } else if let Value::ChronoDate(Some(date)) = value {
        let since = i32::try_from(date.signed_duration_since(EPOCH).num_days());
        bytes.extend(since.map_err(std::io::Error::other)?.to_be_bytes());
    } else if let Value::Bool(Some(truth)) = value {
        bytes.push((*truth).into());
    } else {
        return Ok(false); // Every type that a row is made of stands above.
    }
    Ok(true)
}
