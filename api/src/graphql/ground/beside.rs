//! Pages of lists that stand beside the log, of open items and of mail: by since when something is there, and its id
//! (keyset pagination).

use chrono::{DateTime, Datelike, Utc};
use projections::{Cursor, MOST_COUNTED, Page, Slice, page::PageError};
use uuid::Uuid;

use super::failure::Failure;

/// Where something stands in such a list.
pub type Key = (DateTime<Utc>, Uuid);

/// Which part of a list makes a page.
pub struct Part {
    pub after: Option<Key>,
    pub before: Option<Key>,
    /// Whether it is counted from the end.
    pub last: bool,
    /// With one more than the page has, which tells whether it goes on.
    pub most: u32,
}

/// Most that are counted, and one more.
pub fn most_counted() -> u32 {
    u32::try_from(MOST_COUNTED).unwrap_or(u32::MAX).saturating_add(1)
}

/// The part of the list that makes the page.
pub fn part(page: &Page) -> Result<Part, Failure> {
    let (length, last) = match (page.first, page.last) {
        (Some(_), Some(_)) => return Err(refused(PageError::BothEnds)),
        (first, None) => (first.unwrap_or_default(), false),
        (None, Some(last)) => (last, true),
    };
    let [after, before] = [&page.after, &page.before].map(|cursor| cursor.as_ref().map(key));
    let most = u32::try_from(length).unwrap_or(u32::MAX).saturating_add(1);
    Ok(Part { after: after.transpose()?, before: before.transpose()?, last, most })
}

/// The page of the rows that were asked for by its part.
pub fn slice<R>(page: &Page, mut rows: Vec<R>, key: impl Fn(&R) -> Key) -> Slice<R> {
    let length = page.first.or(page.last).unwrap_or_default();
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let more = rows.len() > length;
    rows.truncate(length);
    let (has_next, has_previous) = if page.last.is_some() {
        rows.reverse();
        (page.before.is_some(), more)
    } else {
        (more, page.after.is_some())
    };
    let cursor = |row: &R| {
        let (since, id) = key(row);
        Cursor::new(format!("{}.{}", since.timestamp_micros(), id.simple()))
    };
    let rows = rows.into_iter().map(|row| (cursor(&row), row)).collect();
    Slice { rows, has_next, has_previous }
}

/// The place that a cursor names.
fn key(cursor: &Cursor) -> Result<Key, Failure> {
    let read = || {
        let (since, id) = cursor.as_str().split_once('.')?;
        let since = DateTime::from_timestamp_micros(since.parse().ok()?)?;
        let kept = (1900..=9999).contains(&since.year()); // As both engines can hold it.
        kept.then_some((since, id.parse().ok()?))
    };
    read().ok_or_else(|| refused(PageError::ForeignCursor))
}

fn refused(error: PageError) -> Failure {
    projections::QueryError::from(error).into()
}
