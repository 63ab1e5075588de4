//! Sample data of a small programme's year (fixture): partners in three levels, deals in three currencies, payouts, and refusals.
//!
//! It is a story like any other, told through the real command path with the clock moved by hand; its days are counted
//! from a year ago, so that it ends yesterday.

mod examples;

use std::path::Path;

use chrono::{DateTime, Days, Utc};

pub use self::examples::examples;
use crate::{
    service::Service,
    story::{Story, StoryError, TellError, Told},
};

/// How many days the year has.
const DAYS: u64 = 364;

/// The year as a story.
pub struct Year {
    pub story: Story,
    ends: DateTime<Utc>,
}

impl Year {
    /// The year that ends on the day before `now`.
    pub fn before(now: DateTime<Utc>) -> Result<Self, StoryError> {
        let morning = now.date_naive().and_hms_opt(7, 0, 0).unwrap_or_default().and_utc();
        let begins = morning - Days::new(DAYS + 1);
        let story =
            Story::parse_from(Some(begins), Path::new("year.json"), include_str!("year.json"))?;
        Ok(Self { story, ends: begins + Days::new(DAYS) })
    }

    /// Lives through the year; `progress` hears how many steps are done.
    pub async fn build(
        &self,
        service: &Service,
        progress: impl FnMut(usize),
    ) -> Result<Told, TellError> {
        let told = self.story.tell(Path::new("year.json"), service, progress).await?;
        service.advance(self.ends).await;
        service.settle().await;
        Ok(told)
    }
}
