//! Disclosure of personal data: sealed values are opened for whoever shows them, for as long as their keys are there.

use domain::SubjectId;
use serde_json::Value;
use uuid::Uuid;

use crate::event::{RawEvent, ReadError};
use crate::fault::Cause;
use crate::log::Log;
use crate::personal::{Erasure, PersonalError, SealedValue};

impl Log {
    /// What was sealed, value by value; none where its key is destroyed.
    pub async fn open_values(
        &self,
        values: &[SealedValue],
    ) -> Result<Vec<Result<Option<Value>, PersonalError>>, ReadError> {
        self.keys().open(values).await.map_err(ReadError::Unavailable)
    }

    /// The same events with their personal values open, each known or erased.
    pub async fn open_events(
        &self,
        events: Vec<RawEvent>,
    ) -> Result<Vec<Result<RawEvent, PersonalError>>, ReadError> {
        self.keys().open_events(events).await.map_err(ReadError::Unavailable)
    }

    /// Whether each personal value of these events opens; not where its key is destroyed. Nothing of it is told.
    pub async fn try_values(
        &self,
        events: &[RawEvent],
    ) -> Result<Vec<Result<bool, PersonalError>>, ReadError> {
        self.keys().try_events(events).await.map_err(ReadError::Unavailable)
    }

    /// Destroys the key of a person within an aggregate: what was recorded of the person there is erased for good, in
    /// every copy of the log and of what was made of it, and so may be what is being recorded at that moment. What is
    /// recorded later gets a key of its own.
    pub async fn erase(
        &self,
        aggregate_type: &'static str,
        aggregate_id: Uuid,
        subject: SubjectId,
    ) -> Result<Erasure, Cause> {
        self.keys().destroy((aggregate_type, aggregate_id), subject).await
    }
}
