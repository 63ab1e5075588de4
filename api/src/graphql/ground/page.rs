//! Pagination: lists as the Cursor Connections specification has them, over the views' keyset pages.

use std::convert::Infallible;

use std::sync::Arc;

use async_graphql::{
    Context, Enum, OutputType,
    connection::{Connection as Relay, CursorType, Edge, EmptyFields},
};
use projections::{Cursor, Order, Page, QueryError, Slice, Table, page::PageError};

use super::{failure::Failure, show::Shown, total::Total};
use crate::http::Sheet;

/// How many rows a page has where nobody says.
pub const USUAL: u64 = 20;
/// The longest page.
pub const LONGEST: u64 = 100;

/// A list of `T`.
pub type Connection<T> = Relay<Place, T, Total, EmptyFields>;

/// A place in a list, as the views write it.
pub struct Place(Cursor);

impl CursorType for Place {
    type Error = Infallible;

    fn decode_cursor(text: &str) -> Result<Self, Infallible> {
        Ok(Self(Cursor::new(text)))
    }

    fn encode_cursor(&self) -> String {
        self.0.as_str().to_owned()
    }
}

/// Which way a list runs.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(name = "OrderDirection")]
pub enum OrderDirection {
    /// The smallest or earliest first.
    Ascending,
    /// The greatest or latest first.
    Descending,
}

impl OrderDirection {
    /// The order by a column in this direction.
    pub fn of<T: Table>(self, column: T::Column) -> Order<T> {
        match self {
            Self::Ascending => Order::ascending(column),
            Self::Descending => Order::descending(column),
        }
    }
}

/// The page that the arguments ask for; 20 rows where they do not say how many. Of a list that is being exported, the next
/// page of that length.
pub fn page(
    ctx: &Context<'_>,
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
) -> Result<Page, Failure> {
    let cut = after.is_some() || last.is_some() || before.is_some();
    let page = asked_for(first, after, last, before)?;
    let Some(sheet) = exported(ctx) else { return Ok(page) };
    if cut {
        let all = "an export has all rows of a list: leave out after, last and before";
        return Err(Failure::bad_input(all));
    }
    let length = first.and(page.first).filter(|length| *length > 0).unwrap_or(LONGEST);
    Ok(Page::first(length, sheet.after().map(Cursor::new)))
}

/// A page as it is answered, of which an export hears whether it goes on.
pub fn answered<T: OutputType>(ctx: &Context<'_>, connection: Connection<T>) -> Connection<T> {
    if let Some(sheet) = exported(ctx) {
        let last = connection.edges.last().filter(|_| connection.has_next_page);
        sheet.goes_on_after(last.map(|last| last.cursor.encode_cursor()));
    }
    connection
}

/// The export, where this is its list.
fn exported<'c>(ctx: &Context<'c>) -> Option<&'c Arc<Sheet>> {
    let place = ctx.path_node.as_ref()?;
    ctx.data_opt::<Arc<Sheet>>().filter(|sheet| sheet.is_of(place))
}

fn asked_for(
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
) -> Result<Page, Failure> {
    let count = |asked: Option<i32>| {
        let count = asked.map(u64::try_from).transpose().ok();
        let count = count.filter(|count| count.is_none_or(|count| count <= LONGEST));
        count.ok_or_else(|| Failure::bad_input("a page has 0 to 100 rows"))
    };
    let (mut first, last) = (count(first)?, count(last)?);
    if first.is_none() && last.is_none() {
        first = Some(USUAL);
    }
    Ok(Page { first, after: after.map(Cursor::new), last, before: before.map(Cursor::new) })
}

/// The rows of a page as their objects.
pub fn connection<R, T: Shown<R> + OutputType>(
    slice: Slice<R>,
    total: Total,
) -> Result<Connection<T>, Failure> {
    let (previous, next) = (slice.has_previous, slice.has_next);
    let mut connection = Connection::with_additional_fields(previous, next, total);
    for (cursor, row) in slice.rows {
        connection.edges.push(Edge::new(Place(cursor), T::shown(row)?));
    }
    Ok(connection)
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Page(PageError::TooLong { .. }) => {
                Self::bad_input("a page has at most 100 rows")
            }
            QueryError::Page(PageError::BothEnds) => {
                Self::bad_input("give first or last, not both")
            }
            QueryError::Page(PageError::ForeignCursor) => Self::bad_input(
                "this cursor is not one of this list in this order; start again without it",
            ),
            QueryError::Unavailable(cause) => Self::unavailable(&cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_twenty_rows_unless_somebody_says_and_never_more_than_a_hundred() {
        let first = |first| asked_for(first, None, None, None).map(|page| page.first).ok();
        assert_eq!(first(None), Some(Some(20)));
        assert_eq!(first(Some(100)), Some(Some(100)));
        assert_eq!(first(Some(101)), None);
        assert_eq!(first(Some(-1)), None);
        assert_eq!(
            asked_for(None, None, Some(5), None).map(|page| (page.first, page.last)),
            Ok((None, Some(5)))
        );
    }
}
