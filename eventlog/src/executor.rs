//! Carrying out one command: load, decide, append, and say what came of it.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Mutex, PoisonError};

use cqrs_es::persist::{EventStoreAggregateContext, PersistedEventStore};
use cqrs_es::{Aggregate, AggregateError, CqrsFramework, EventEnvelope, EventStore};
use uuid::Uuid;

use crate::append::{AppendError, Provenance, Receipt};
use crate::fault::Cause;
use crate::kept::State;
use crate::log::Log;
use crate::repository::LogRepository;

/// How often a command is decided again because somebody else came first.
const RETRIES: usize = 5;

/// A command on its way to an aggregate.
#[derive(Clone, Debug)]
pub struct Execution<C> {
    pub aggregate_id: Uuid,
    pub command: C,
    pub provenance: Provenance,
    /// The version that whoever asks has seen: a conflict where the aggregate has moved on.
    pub expected_version: Option<u64>,
}

/// What came of a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Done {
    /// None where the outcome held already and nothing was appended.
    pub receipt: Option<Receipt>,
    pub events: usize,
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError<E> {
    /// The aggregate said no. Nothing was appended.
    #[error("{0}")]
    Refused(E),
    #[error("somebody else has changed this in the meantime")]
    Conflict,
    #[error("this command id has been used for another command")]
    CommandIdReused,
    /// Nothing was appended.
    #[error("the log cannot be reached at the moment")]
    Unavailable(#[source] Cause),
    /// Ask again with the same command id.
    #[error("the log did not say whether it took the events; ask again with the same command id")]
    UnknownOutcome(#[source] Cause),
    /// The aggregate's events cannot be read: a damaged value or a missing upcaster.
    #[error("the aggregate's events cannot be decoded")]
    Undecodable(#[source] Cause),
}

/// A store for one command, which begins with a kept state where there is one and leaves the new one behind.
pub(crate) struct WarmStore<A: Aggregate> {
    store: PersistedEventStore<LogRepository, A>,
    state: Mutex<Option<State<A>>>,
}

impl Log {
    /// Carries out a command, exactly once for each command id. Dropping the future neither undoes nor halves it: the
    /// work goes on by itself.
    pub async fn execute<A>(
        &self,
        services: &A::Services,
        execution: Execution<A::Command>,
    ) -> Result<Done, ExecuteError<A::Error>>
    where
        A: Aggregate + 'static,
        A::Command: Clone + Send + Sync + 'static,
        A::Error: Send + 'static,
        A::Services: Clone + 'static,
    {
        let (log, services) = (self.clone(), services.clone());
        let work = tokio::spawn(async move { log.carry_out::<A>(services, execution).await });
        match work.await {
            Ok(outcome) => outcome,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => Err(ExecuteError::UnknownOutcome(Cause::new(error))), // The runtime shuts down.
            },
        }
    }

    /// The aggregate as it is now, and how many events it has come from.
    pub async fn load<A: Aggregate>(
        &self,
        aggregate_id: Uuid,
    ) -> Result<(A, u64), ExecuteError<A::Error>> {
        let store = self.store::<A>(LogRepository::new(self.clone()));
        let context = store.load_aggregate(&aggregate_id.to_string()).await.map_err(failure)?;
        Ok((context.aggregate, context.current_sequence as u64))
    }

    async fn carry_out<A>(
        &self,
        services: A::Services,
        execution: Execution<A::Command>,
    ) -> Result<Done, ExecuteError<A::Error>>
    where
        A: Aggregate + 'static,
        A::Command: Clone,
        A::Services: Clone,
    {
        let _turn = self.turns().take(A::TYPE, execution.aggregate_id).await;
        let mut retries = if execution.expected_version.is_some() { 0 } else { RETRIES };
        // Whoever names a version has it compared with the stream itself.
        let may_be_warm = execution.expected_version.is_none();
        let mut state =
            if may_be_warm { self.kept().take::<A>(execution.aggregate_id) } else { None };
        loop {
            let warm = state.is_some();
            match self.attempt::<A>(services.clone(), &execution, state.take()).await {
                Ok(Some(receipt)) => return Ok(receipt.into()),
                // Nothing checks a state that nothing is appended to: decide again from the stream.
                Ok(None) | Err(ExecuteError::Refused(_) | ExecuteError::Conflict) if warm => {}
                Ok(None) => {
                    return Ok(self
                        .earlier::<A>(&execution)
                        .await?
                        .unwrap_or(Done { receipt: None, events: 0 }));
                }
                Err(ExecuteError::Conflict) if retries > 0 => retries -= 1,
                Err(no @ (ExecuteError::Refused(_) | ExecuteError::Conflict)) => {
                    return self.earlier::<A>(&execution).await?.ok_or(no);
                }
                Err(
                    fault @ (ExecuteError::CommandIdReused
                    | ExecuteError::Unavailable(_)
                    | ExecuteError::UnknownOutcome(_)
                    | ExecuteError::Undecodable(_)),
                ) => return Err(fault),
            }
        }
    }

    async fn attempt<A>(
        &self,
        services: A::Services,
        execution: &Execution<A::Command>,
        state: Option<State<A>>,
    ) -> Result<Option<Receipt>, ExecuteError<A::Error>>
    where
        A: Aggregate + 'static,
        A::Command: Clone,
    {
        let provenance = execution.provenance.clone();
        let repository =
            LogRepository::of_command(self.clone(), provenance, execution.expected_version);
        let receipt = repository.receipt();
        let store = WarmStore::new(self.store::<A>(repository), state);
        let framework = CqrsFramework::new(&store, vec![], services);
        let id = execution.aggregate_id.to_string();
        framework.execute(&id, execution.command.clone()).await.map_err(failure)?;
        let receipt = receipt.get().cloned();
        if let (Some(state), Some(Receipt { duplicate: false, .. })) = (store.left(), &receipt) {
            self.kept().keep(execution.aggregate_id, state);
        }
        Ok(receipt)
    }

    /// What the command brought about before, if it did: a retry is not refused because its own outcome holds.
    async fn earlier<A: Aggregate>(
        &self,
        execution: &Execution<A::Command>,
    ) -> Result<Option<Done>, ExecuteError<A::Error>> {
        let command_id = execution.provenance.command_id;
        let applied = self.engine().applied(command_id).await.map_err(ExecuteError::Unavailable)?;
        let Some(applied) = applied else { return Ok(None) };
        let same = applied.fingerprint == execution.provenance.fingerprint
            && applied.aggregate_type == A::TYPE
            && applied.aggregate_id == execution.aggregate_id;
        if same {
            Ok(Some(applied.receipt(command_id).into()))
        } else {
            Err(ExecuteError::CommandIdReused)
        }
    }

    pub(crate) fn store<A: Aggregate>(
        &self,
        repository: LogRepository,
    ) -> PersistedEventStore<LogRepository, A> {
        PersistedEventStore::new_event_store(repository).with_upcasters(self.upcasters())
    }
}

impl From<Receipt> for Done {
    fn from(receipt: Receipt) -> Self {
        Self { events: receipt.events() as usize, receipt: Some(receipt) }
    }
}

impl<A: Aggregate> WarmStore<A> {
    pub fn new(store: PersistedEventStore<LogRepository, A>, state: Option<State<A>>) -> Self {
        Self { store, state: Mutex::new(state) }
    }

    /// The state after the command, where it has appended something.
    pub fn left(&self) -> Option<State<A>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<A: Aggregate> EventStore<A> for &WarmStore<A> {
    type AC = EventStoreAggregateContext<A>;

    async fn load_events(
        &self,
        aggregate_id: &str,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        self.store.load_events(aggregate_id).await
    }

    async fn load_aggregate(
        &self,
        aggregate_id: &str,
    ) -> Result<Self::AC, AggregateError<A::Error>> {
        match self.left() {
            Some(State { aggregate, sequence }) => Ok(EventStoreAggregateContext {
                aggregate_id: aggregate_id.to_owned(),
                aggregate,
                current_sequence: sequence,
                current_snapshot: None,
            }),
            None => self.store.load_aggregate(aggregate_id).await,
        }
    }

    async fn commit(
        &self,
        events: Vec<A::Event>,
        mut context: Self::AC,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        if events.is_empty() {
            return Ok(vec![]);
        }
        let sequence = context.current_sequence + events.len();
        let aggregate = std::mem::take(&mut context.aggregate); // Without snapshots the store does not look at it.
        let committed = self.store.commit(events, context, metadata).await?;
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(State { aggregate, sequence });
        Ok(committed)
    }
}

pub(crate) fn failure<E: Error>(error: AggregateError<E>) -> ExecuteError<E> {
    match error {
        AggregateError::UserError(refusal) => ExecuteError::Refused(refusal),
        AggregateError::AggregateConflict => ExecuteError::Conflict,
        AggregateError::DatabaseConnectionError(source) => {
            ExecuteError::Unavailable(Cause::new(source))
        }
        AggregateError::DeserializationError(source) => {
            ExecuteError::Undecodable(Cause::new(source))
        }
        AggregateError::UnexpectedError(source) => match source.downcast::<AppendError>() {
            Ok(error) => not_appended(*error),
            Err(source) if source.is::<serde_json::Error>() => {
                ExecuteError::Undecodable(Cause::new(source))
            }
            Err(source) => ExecuteError::Unavailable(Cause::new(source)),
        },
    }
}

fn not_appended<E>(error: AppendError) -> ExecuteError<E> {
    match error {
        AppendError::Conflict => ExecuteError::Conflict,
        AppendError::CommandIdReused => ExecuteError::CommandIdReused,
        AppendError::UnknownOutcome(cause) => ExecuteError::UnknownOutcome(cause),
        AppendError::Unavailable(cause) => ExecuteError::Unavailable(cause),
        AppendError::NoEvents | AppendError::Personal(_) => {
            ExecuteError::Unavailable(Cause::new(error))
        }
    }
}
