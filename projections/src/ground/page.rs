//! Keyset pagination: pages of a list by key and never by offset, so that rows that come or go elsewhere neither shift
//! nor repeat one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike, Utc};
use sea_orm::sea_query::{ColumnType, Expr, IntoIden, SimpleExpr};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, ModelTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    Value,
};
use uuid::Uuid;

/// The longest page.
pub const LONGEST: u64 = 100;

/// Grows when cursors of an earlier build cannot be read any more.
const VERSION: u8 = 1;

/// Which part of a list is asked for: the first rows after a cursor, or the last ones before one.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Page {
    pub first: Option<u64>,
    pub after: Option<Cursor>,
    pub last: Option<u64>,
    pub before: Option<Cursor>,
}

/// A place in a list; opaque to whoever holds it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Cursor(String);

/// Which way a list runs.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Direction {
    #[default]
    Ascending,
    Descending,
}

/// A part of a list.
#[derive(Clone, PartialEq, Debug)]
pub struct Slice<R> {
    /// Each row with its own place, in the order of the list.
    pub rows: Vec<(Cursor, R)>,
    pub has_next: bool,
    pub has_previous: bool,
}

/// Why a page cannot be given.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PageError {
    #[error("ask for at most {LONGEST} rows; {asked} are too many")]
    TooLong { asked: u64 },
    #[error("ask for `first` or for `last`, not for both")]
    BothEnds,
    #[error("this cursor is not one of this list in this order; start again without it")]
    ForeignCursor,
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// Whoever asked can do better.
    #[error(transparent)]
    Page(#[from] PageError),
    #[error("the views cannot be read at the moment")]
    Unavailable(#[from] DbErr),
}

impl Page {
    pub fn first(count: u64, after: Option<Cursor>) -> Self {
        Self { first: Some(count), after, ..Self::default() }
    }

    pub fn last(count: u64, before: Option<Cursor>) -> Self {
        Self { last: Some(count), before, ..Self::default() }
    }

    /// How many rows, and whether they are counted from the end.
    fn length(&self) -> Result<(u64, bool), PageError> {
        let (asked, from_end) = match (self.first, self.last) {
            (Some(_), Some(_)) => return Err(PageError::BothEnds),
            (Some(first), None) => (first, false),
            (None, Some(last)) => (last, true),
            (None, None) => (LONGEST, false),
        };
        if asked > LONGEST { Err(PageError::TooLong { asked }) } else { Ok((asked, from_end)) }
    }
}

impl Direction {
    pub(crate) fn in_sql(self) -> sea_orm::Order {
        match self {
            Self::Ascending => sea_orm::Order::Asc,
            Self::Descending => sea_orm::Order::Desc,
        }
    }

    fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

impl<R> Slice<R> {
    /// The rows without their places.
    pub fn into_rows(self) -> Vec<R> {
        self.rows.into_iter().map(|(_, row)| row).collect()
    }
}

impl Cursor {
    /// What a client sent; whether it is a place is seen when it is used.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of(order: &str, key: &Value, id: &Value) -> Self {
        let place = serde_json::json!([VERSION, order, written(key), written(id)]);
        Self(URL_SAFE_NO_PAD.encode(place.to_string()))
    }

    fn read<C: ColumnTrait>(&self, order: &str, [column, id]: [C; 2]) -> Option<(Value, Value)> {
        let bytes = URL_SAFE_NO_PAD.decode(&self.0).ok()?;
        let (version, of, key, at): (u8, String, String, String) =
            serde_json::from_slice(&bytes).ok()?;
        let ours = version == VERSION && of == order;
        if ours { Some((read(&key, column)?, read(&at, id)?)) } else { None }
    }
}

/// A page as queries are cut to it.
pub(crate) struct Cut<E: EntityTrait> {
    column: E::Column,
    id: E::Column,
    direction: Direction,
    length: u64,
    from_end: bool,
    after: Option<(Value, Value)>,
    before: Option<(Value, Value)>,
}

impl<E: EntityTrait<Model: ModelTrait<Entity = E>>> Cut<E> {
    pub fn of(
        column: E::Column,
        id: E::Column,
        direction: Direction,
        page: &Page,
    ) -> Result<Self, PageError> {
        let order = order_name::<E>(column);
        let (length, from_end) = page.length()?;
        let read = |cursor: &Option<Cursor>| match cursor {
            Some(cursor) => {
                cursor.read(&order, [column, id]).map(Some).ok_or(PageError::ForeignCursor)
            }
            None => Ok(None),
        };
        let (after, before) = (read(&page.after)?, read(&page.before)?);
        Ok(Self { column, id, direction, length, from_end, after, before })
    }

    /// The rows of the page, counted from the end where it is, and one more that tells whether there are more.
    pub fn cut(&self, select: Select<E>) -> Select<E> {
        let upwards = self.direction == Direction::Ascending;
        let mut select = select;
        for (place, beyond) in [(&self.after, upwards), (&self.before, !upwards)] {
            if let Some(place) = place {
                select = select.filter(past(self.column, self.id, place.clone(), beyond));
            }
        }
        self.order(select).limit(self.length + 1)
    }

    /// In the order of the list, or from its end.
    pub fn order(&self, select: Select<E>) -> Select<E> {
        let towards = if self.from_end { self.direction.reversed() } else { self.direction };
        select.order_by(self.column, towards.in_sql()).order_by(self.id, towards.in_sql())
    }

    /// The page that such rows make.
    pub fn slice(&self, mut rows: Vec<E::Model>) -> Slice<E::Model> {
        let more = rows.len() as u64 > self.length;
        rows.truncate(usize::try_from(self.length).unwrap_or(usize::MAX));
        let (has_next, has_previous) = if self.from_end {
            rows.reverse();
            (self.before.is_some(), more)
        } else {
            (more, self.after.is_some())
        };
        let order = order_name::<E>(self.column);
        let cursor = |row: &E::Model| Cursor::of(&order, &row.get(self.column), &row.get(self.id));
        let rows = rows.into_iter().map(|row| (cursor(&row), row)).collect();
        Slice { rows, has_next, has_previous }
    }
}

/// How cursors name an order.
fn order_name<E: EntityTrait>(column: E::Column) -> String {
    format!("{}.{}", E::default().table_name(), column.into_iden().to_string())
}

/// The rows beyond a place, upwards or downwards.
fn past<C: ColumnTrait>(column: C, id: C, (key, at): (Value, Value), upwards: bool) -> SimpleExpr {
    let place = Expr::tuple([
        Expr::col(column.as_column_ref()).into(),
        Expr::col(id.as_column_ref()).into(),
    ]);
    let bound = Expr::tuple([SimpleExpr::Value(key), SimpleExpr::Value(at)]);
    if upwards { place.gt(bound) } else { place.lt(bound) }
}

/// A value with its type, as a cursor holds it.
fn written(value: &Value) -> String {
    if let Value::BigInt(Some(number)) = value {
        format!("i{number}")
    } else if let Value::ChronoDateTimeUtc(Some(instant)) = value {
        format!("t{}", instant.to_rfc3339())
    } else if let Value::Uuid(Some(id)) = value {
        format!("u{id}")
    } else if let Value::String(Some(text)) = value {
        format!("s{text}")
    } else {
        String::new() // No column of an order has another type.
    }
}

/// A value of a column as a cursor holds it; whoever has made one up may have put anything in.
fn read(text: &str, column: impl ColumnTrait) -> Option<Value> {
    let (tag, rest) = text.split_at_checked(1)?;
    if tag != tag_of(column)? {
        return None;
    }
    let value = match tag {
        "i" => rest.parse::<i64>().ok().map(Value::from),
        "t" => rest.parse::<DateTime<Utc>>().ok().map(Value::from),
        "u" => rest.parse::<Uuid>().ok().map(Value::from),
        _ => Some(Value::from(rest)),
    };
    value.filter(comparable)
}

/// How cursors mark the type of a column. None where no list can stand in its order: of such a type they hold no
/// value, and rows without a value would be lost between two pages.
#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "a list in the order of another type must fail its first test"
)]
fn tag_of(column: impl ColumnTrait) -> Option<&'static str> {
    let definition = column.def();
    let tag = match definition.get_column_type() {
        ColumnType::BigInteger => "i",
        ColumnType::TimestampWithTimeZone => "t",
        ColumnType::Uuid => "u",
        ColumnType::String(_) | ColumnType::Text => "s",
        _ => return None,
    };
    Some(tag).filter(|_| !definition.is_null())
}

/// Whether a list can stand in the order of a column.
pub fn can_page(column: impl ColumnTrait) -> bool {
    tag_of(column).is_some()
}

/// Whether both engines can compare rows with a value: PostgreSQL takes no text with a NUL, and neither has the same
/// order beyond these years.
pub fn comparable(value: &Value) -> bool {
    if let Value::String(Some(text)) = value {
        !text.contains('\0')
    } else if let Value::ChronoDateTimeUtc(Some(instant)) = value {
        (1900..=9999).contains(&instant.year())
    } else {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use things::Column;

    mod things {
        use sea_orm::entity::prelude::*;

        use crate::ground::table;

        table! {
            "things" of None, fold 2, found by ["seen_at, id"];
            pub struct Model {
                pub id: Uuid,
                pub seen_at: DateTimeUtc,
                pub name: String,
                pub ended_at: Option<DateTimeUtc>,
                pub day: Date,
            }
        }
    }

    #[test]
    fn a_table_says_which_version_of_its_fold_it_is_of() {
        assert_eq!(<things::Entity as crate::ground::Table>::FOLD, 2);
    }

    fn accepted(column: Column, key: impl Into<Value>) -> bool {
        let cursor =
            Cursor::of(&order_name::<things::Entity>(column), &key.into(), &Uuid::nil().into());
        let page = Page::first(1, Some(cursor));
        Cut::<things::Entity>::of(column, Column::Id, Direction::Ascending, &page).is_ok()
    }

    #[test]
    fn a_cursor_with_a_value_of_another_type_is_foreign() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("is an instant");
        assert!(accepted(Column::SeenAt, at("2025-01-01T00:00:00Z")));
        assert!(accepted(Column::Name, "2025"));
        assert!(!accepted(Column::SeenAt, 7_i64));
        assert!(!accepted(Column::SeenAt, "2025-01-01T00:00:00Z"));
        assert!(!accepted(Column::Name, 7_i64));
        assert!(!accepted(Column::Name, "a\0"), "PostgreSQL takes none");
        for (instant, known) in [
            ("1899-12-31T23:59:59Z", false),
            ("1900-01-01T00:00:00Z", true),
            ("9999-12-31T23:59:59Z", true),
            ("+10000-01-01T00:00:00Z", false),
        ] {
            assert_eq!(accepted(Column::SeenAt, at(instant)), known, "{instant}");
        }
    }

    #[test]
    fn no_list_stands_in_the_order_of_a_day_or_of_what_may_be_missing() {
        let can =
            [Column::Id, Column::SeenAt, Column::Name, Column::EndedAt, Column::Day].map(can_page);
        assert_eq!(can, [true, true, true, false, false]);
    }
}
