//! Data mapping: what views keep as the objects and values of the schema, and values of the schema as views keep them.

use async_graphql::OutputType;
use chrono::{DateTime, NaiveDate, Utc};
use domain::{Currency, Ppm};
use projections::Table;
use sea_orm::{EntityTrait, Value};
use uuid::Uuid;

use super::{
    failure::Failure,
    scalars::{CurrencyCode, Date, Decimal, Json, Money, Position, percent},
};

/// The table behind an object, its columns and its rows.
pub type TableOf<T> = <T as Shows>::Table;
pub type Column<T> = <TableOf<T> as EntityTrait>::Column;
pub type Row<T> = <TableOf<T> as EntityTrait>::Model;

/// An object that shows one row of a table.
pub trait Shows: OutputType + Shown<Row<Self>> + Send + 'static {
    type Table: Table<Model: 'static>;
}

/// Declares an object by the row that it shows: its fields with their types, each as the column of its name or as said,
/// with what is `given` at hand. What is no row of a table stands in brackets with its type.
macro_rules! shows {
    (
        $(#[$about:meta])*
        $object:ident of $table:ident as $row:ident $(given $given:tt)? { $($fields:tt)* }
    ) => {
        $crate::graphql::ground::show::shows! {
            $(#[$about])*
            $object of ($row: projections::$table::Model) $(given $given)? { $($fields)* }
        }

        impl $crate::graphql::ground::show::Shows for $object {
            type Table = projections::$table::Entity;
        }
    };
    (
        $(#[$about:meta])*
        $object:ident of ($row:ident: $source:ty) $(given { $($given:tt)* })? {
            $($(#[$field_about:meta])* $field:ident: $type:ty $(= $shown:expr)?,)*
        }
    ) => {
        #[derive(async_graphql::SimpleObject, Clone, Debug)]
        $(#[$about])*
        pub struct $object {
            $($(#[$field_about])* pub $field: $type,)*
        }

        impl $crate::graphql::ground::show::Shown<$source> for $object {
            fn shown($row: $source) -> Result<Self, $crate::graphql::ground::failure::Failure> {
                $($($given)*)?
                Ok(Self {
                    $($field: $crate::graphql::ground::show::field!($row, $field $(, $shown)?),)*
                })
            }
        }
    };
}
pub(crate) use shows;

macro_rules! field {
    ($row:ident, $field:ident) => {
        $crate::graphql::ground::show::shown($row.$field)?
    };
    ($row:ident, $field:ident, $shown:expr) => {
        $shown
    };
}
pub(crate) use field;

/// A value of the schema that shows what a row keeps as an `R`.
pub trait Shown<R>: Sized {
    /// Fails only where a row holds what no fold writes.
    fn shown(kept: R) -> Result<Self, Failure>;
}

pub fn shown<R, T: Shown<R>>(kept: R) -> Result<T, Failure> {
    T::shown(kept)
}

impl<R, T: Shown<R>> Shown<Option<R>> for Option<T> {
    fn shown(kept: Option<R>) -> Result<Self, Failure> {
        kept.map(T::shown).transpose()
    }
}

impl<R, T: Shown<R>> Shown<Vec<R>> for Vec<T> {
    fn shown(kept: Vec<R>) -> Result<Self, Failure> {
        kept.into_iter().map(T::shown).collect()
    }
}

macro_rules! shown {
    ($($kept:ty as $type:ty = |$value:ident| $shown:expr;)*) => {$(
        impl Shown<$kept> for $type {
            fn shown($value: $kept) -> Result<Self, Failure> {
                Ok($shown)
            }
        }
    )*};
}
shown! {
    Uuid as Uuid = |id| id;
    String as String = |text| text;
    bool as bool = |truth| truth;
    DateTime<Utc> as DateTime<Utc> = |instant| instant;
    NaiveDate as Date = |day| Date(day);
    i64 as u32 = |wide| number(wide)?;
    u32 as u32 = |number| number;
    Ppm as Decimal = |rate| percent(rate);
    domain::Money as Money = |money| money.into();
    i64 as Position = |position| Position(position.cast_unsigned());
    String as CurrencyCode = |code| CurrencyCode(currency(&code)?);
    serde_json::Value as Json = |json| Json(json);
    serde_json::Value as Vec<String> = |list| read(&list)?;
}

/// A value of the schema as rows keep it.
pub trait Kept {
    fn kept(self) -> Value;
}

macro_rules! kept {
    ($($type:ty = |$value:ident| $kept:expr;)*) => {$(
        impl Kept for $type {
            fn kept(self) -> Value {
                let $value = self;
                $kept.into()
            }
        }
    )*};
}
kept! {
    Uuid = |id| id;
    String = |text| text;
    u32 = |number| i64::from(number);
    DateTime<Utc> = |instant| instant;
    CurrencyCode = |currency| currency.0.code();
}

/// An amount as rows keep it, or a sum of many.
pub fn money(minor: impl Into<i128>, code: &str) -> Result<Money, Failure> {
    let currency = currency(code)?;
    let amount = rust_decimal::Decimal::try_from_i128_with_scale(minor.into(), currency.exponent());
    let amount = amount.map_err(|error| Failure::internal(&error))?;
    Ok(Money { amount: Decimal(amount.to_string()), currency: CurrencyCode(currency) })
}

pub fn currency(code: &str) -> Result<Currency, Failure> {
    Currency::from_code(code).ok_or_else(|| Failure::internal(&format!("{code} is no currency")))
}

/// A number that rows keep wider than it can be.
pub fn number(wide: i64) -> Result<u32, Failure> {
    u32::try_from(wide).map_err(|_| Failure::internal(&format!("{wide} is out of range")))
}

/// What a row keeps as JSON.
pub fn read<T: serde::de::DeserializeOwned>(value: &serde_json::Value) -> Result<T, Failure> {
    T::deserialize(value).map_err(|error| Failure::internal(&error))
}
