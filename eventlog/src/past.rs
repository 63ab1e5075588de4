//! Aggregates as they once were.

use cqrs_es::{Aggregate, EventStore};
use uuid::Uuid;

use crate::executor::{ExecuteError, failure};
use crate::log::Log;
use crate::repository::LogRepository;

impl Log {
    /// The aggregate as it stood when the head of the log was at `position`: nothing that was recorded later counts,
    /// whatever it says about when it was true.
    pub async fn load_until<A: Aggregate>(
        &self,
        id: Uuid,
        position: u64,
    ) -> Result<A, ExecuteError<A::Error>> {
        let sequence = self
            .engine()
            .sequence_at(A::TYPE, id, position)
            .await
            .map_err(ExecuteError::Unavailable)?;
        let store = self.store::<A>(LogRepository::new(self.clone()));
        let events = store.load_events(&id.to_string()).await.map_err(failure)?;
        let mut aggregate = A::default();
        for envelope in events.into_iter().filter(|envelope| envelope.sequence as u64 <= sequence) {
            aggregate.apply(envelope.payload);
        }
        Ok(aggregate)
    }
}
