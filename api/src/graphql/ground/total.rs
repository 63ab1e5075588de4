//! Total counts of lists: counted where they are asked for, and no further than is cheap.

use async_graphql::{Object, SimpleObject};
use futures::future::BoxFuture;
use projections::MOST_COUNTED;

use super::failure::Failure;

/// Counts a list where that is asked; one more than [`MOST_COUNTED`] where there are more.
pub struct Total(Count);

type Count = Box<dyn Fn() -> BoxFuture<'static, Result<u64, Failure>> + Send + Sync>;

impl Total {
    pub fn of(
        count: impl Fn() -> BoxFuture<'static, Result<u64, Failure>> + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(count))
    }
}

/// How long a list is.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct TotalCount {
    /// How many there are; 1000 where there are more.
    count: u32,
    /// Whether that is all. False where there are more than 1000, which nobody counts.
    is_exact: bool,
}

#[Object]
impl Total {
    /// How many there are on all pages, counted up to 1000. It costs as much as 1000 rows.
    async fn total_count(&self) -> Result<Option<TotalCount>, Failure> {
        let counted = (self.0)().await?;
        let count = u32::try_from(counted.min(MOST_COUNTED)).unwrap_or(u32::MAX);
        Ok(Some(TotalCount { count, is_exact: counted <= MOST_COUNTED }))
    }
}
