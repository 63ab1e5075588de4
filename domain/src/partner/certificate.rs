//! A certificate of one person: valid from one instant until another (validity period).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::SubjectId;

/// A certificate of one person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Certificate {
    pub id: Uuid,
    pub person: SubjectId,
    pub certification: String,
    pub version: u32,
    pub valid_from: DateTime<Utc>,
    pub valid_until: Option<DateTime<Utc>>,
}

impl Certificate {
    pub(super) fn is_valid_at(&self, at: DateTime<Utc>) -> bool {
        self.valid_from <= at && self.valid_until.is_none_or(|until| at < until)
    }

    /// Ends it at `at`, if it would be valid then or later.
    pub(super) fn end(&mut self, at: DateTime<Utc>) {
        self.valid_until = Some(self.valid_until.map_or(at, |until| until.min(at)));
    }
}
