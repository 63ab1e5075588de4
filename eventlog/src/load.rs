//! Loading aggregates (rehydration): folded from their streams, or brought forward from what is kept.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use cqrs_es::persist::PersistedEventStore;
use cqrs_es::{Aggregate, AggregateError, EventStore};
use uuid::Uuid;

use crate::event::{ReadError, Span};
use crate::fault::Cause;
use crate::kept::State;
use crate::log::Log;
use crate::repository::LogRepository;

/// Why an aggregate could not be loaded.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LoadError {
    #[error("the log cannot be reached at the moment")]
    Unavailable(#[source] Cause),
    /// A damaged value or a missing upcaster.
    #[error("the aggregate's events cannot be decoded")]
    Undecodable(#[source] Cause),
    /// A mistake in the program.
    #[error("what happens to the deciding aggregate is for its decision to say")]
    OwnBeside,
}

impl Log {
    /// The aggregate as its stream has it, and how many events it has come from.
    pub async fn load<A>(&self, id: Uuid) -> Result<(A, u64), LoadError>
    where
        A: Aggregate + Clone,
    {
        let State { aggregate, sequence, .. } =
            self.forward::<A>(id, State::default(), u64::MAX).await?;
        Ok((Arc::unwrap_or_clone(aggregate), sequence as u64))
    }

    /// The aggregate as its stream has it by now, for whoever decides nothing on it; brought forward from what is kept.
    pub async fn look<A>(&self, id: Uuid) -> Result<Arc<A>, LoadError>
    where
        A: Aggregate + Clone + 'static,
    {
        self.fact(id, true).await.map(|state| state.aggregate)
    }

    /// The aggregate for whoever is about to change it; as its stream has it by now where it has to be `fresh`.
    pub(crate) async fn own<A>(&self, id: Uuid, fresh: bool) -> Result<State<A>, LoadError>
    where
        A: Aggregate + Clone + 'static,
    {
        match self.kept().take(id) {
            Some(state) if !fresh => Ok(state),
            kept => self.forward(id, kept.unwrap_or_default(), u64::MAX).await,
        }
    }

    /// The aggregate for whoever only looks at it.
    pub(crate) async fn fact<A>(&self, id: Uuid, fresh: bool) -> Result<State<A>, LoadError>
    where
        A: Aggregate + Clone + 'static,
    {
        match self.kept().look(id) {
            Some(state) if !fresh => Ok(state),
            kept => {
                let state = self.forward(id, kept.unwrap_or_default(), u64::MAX).await?;
                self.kept().keep(id, &state, true);
                Ok(state)
            }
        }
    }

    /// The aggregate as it stood when the head of the log was at `position`: nothing that was recorded later counts,
    /// whatever it says about when it was true.
    pub(crate) async fn fact_until<A>(&self, id: Uuid, position: u64) -> Result<Arc<A>, LoadError>
    where
        A: Aggregate + Clone + 'static,
    {
        let sequence = self.engine().sequence_at((A::TYPE, id), position).await;
        let until = sequence.map_err(LoadError::Unavailable)?;
        let known = [self.kept().look::<A>(id), self.past().look(id)].into_iter().flatten();
        let known = known.filter(|state| state.sequence as u64 <= until);
        let state = match known.max_by_key(|state| state.sequence) {
            Some(state) if state.sequence as u64 == until => return Ok(state.aggregate),
            known => self.forward(id, known.unwrap_or_default(), until).await?,
        };
        self.past().keep(id, &state, true);
        Ok(state.aggregate)
    }

    /// A state with the events that came after it, up to and with the sequence `until`.
    async fn forward<A>(
        &self,
        id: Uuid,
        mut state: State<A>,
        until: u64,
    ) -> Result<State<A>, LoadError>
    where
        A: Aggregate + Clone,
    {
        let repository =
            LogRepository::between(self.clone(), Span { after: state.sequence as u64, until });
        let bytes = repository.bytes.clone();
        let store = PersistedEventStore::<_, A>::new_event_store(repository);
        let events = store.with_upcasters(self.upcasters()).load_events(&id.to_string()).await;
        for event in events? {
            Arc::make_mut(&mut state.aggregate).apply(event.payload);
            state.sequence = event.sequence;
        }
        state.bytes += bytes.load(Ordering::Relaxed);
        Ok(state)
    }
}

impl<E: Error> From<AggregateError<E>> for LoadError {
    fn from(error: AggregateError<E>) -> Self {
        match error {
            AggregateError::DatabaseConnectionError(source) => {
                Self::Unavailable(Cause::new(source))
            }
            AggregateError::DeserializationError(source) => Self::Undecodable(Cause::new(source)),
            AggregateError::UnexpectedError(source) if source.is::<serde_json::Error>() => {
                Self::Undecodable(Cause::new(source))
            }
            AggregateError::UnexpectedError(source) => Self::Unavailable(Cause::new(source)),
            AggregateError::UserError(_) | AggregateError::AggregateConflict => {
                Self::Unavailable(Cause::new("loading decides nothing"))
            }
        }
    }
}

impl From<ReadError> for LoadError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(cause) => Self::Unavailable(cause),
            ReadError::Gap { .. } => Self::Undecodable(Cause::new(error)),
        }
    }
}
