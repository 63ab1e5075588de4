//! Carrying out one command under optimistic concurrency: load, ask for facts, decide, append; on a conflict all again.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{EventStoreAggregateContext, PersistedEventStore};
use cqrs_es::{
    Aggregate, AggregateContext, AggregateError, CqrsFramework, EventEnvelope, EventStore,
};
use futures::future::BoxFuture;
use uuid::Uuid;

use crate::append::{AppendError, Part, Provenance, Receipt, Stream};
use crate::fault::Cause;
use crate::kept::State;
use crate::load::LoadError;
use crate::log::Log;
use crate::repository::LogRepository;
use crate::streams::Streams;
use crate::turns::{Touch, Touched};

/// How long a command is decided again because another process came first.
const PATIENCE: Duration = Duration::from_secs(2);

/// The longest pause between two attempts, in milliseconds.
const LONGEST_PAUSE_MS: u64 = 32;

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
    /// The events of an aggregate cannot be read: a damaged value or a missing upcaster.
    #[error("the events of an aggregate cannot be decoded")]
    Undecodable(#[source] Cause),
    /// A mistake in the program, and the same whenever it is asked.
    #[error("what happens to the deciding aggregate is for its decision to say")]
    OwnBeside,
}

impl Log {
    /// Carries out a command, exactly once for each command id: loads its aggregate, asks for the `facts` of the
    /// decision with what was loaded, decides, and appends where all of that is still as it was; else once more from
    /// the beginning, with the turns of all that it rests on, so that only another process can still be in the way.
    /// Dropping the future neither undoes nor halves it: the work goes on by itself.
    ///
    /// An aggregate must refuse before it writes anything, as its state is kept when it does.
    pub async fn execute<A, F>(
        &self,
        execution: Execution<A::Command>,
        facts: F,
    ) -> Result<Done, ExecuteError<A::Error>>
    where
        A: Aggregate + Clone + 'static,
        A::Command: Clone + Send + Sync + 'static,
        A::Error: Send + 'static,
        F: for<'a> Fn(
                &'a A,
                &'a A::Command,
                &'a Streams,
            ) -> BoxFuture<'a, Result<A::Services, LoadError>>
            + Send
            + Sync
            + 'static,
    {
        let log = self.clone();
        let work = tokio::spawn(async move { log.carry_out(execution, facts).await });
        match work.await {
            Ok(outcome) => outcome,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => Err(ExecuteError::UnknownOutcome(Cause::new(error))), // The runtime shuts down.
            },
        }
    }

    async fn carry_out<A, F>(
        &self,
        execution: Execution<A::Command>,
        facts: F,
    ) -> Result<Done, ExecuteError<A::Error>>
    where
        A: Aggregate + Clone + 'static,
        A::Command: Clone,
        F: for<'a> Fn(
            &'a A,
            &'a A::Command,
            &'a Streams,
        ) -> BoxFuture<'a, Result<A::Services, LoadError>>,
    {
        let own = (A::TYPE, execution.aggregate_id);
        let mut touched = Touched::from([(own, Touch::Writes)]);
        let deadline = Instant::now() + PATIENCE;
        for retry in 0.. {
            let turn = self.turns().take(&touched).await;
            let streams = Streams::new(self.clone(), own, retry > 0);
            if let Some(done) = self.once(&execution, &facts, &streams, retry > 0).await? {
                return Ok(done);
            }
            drop(turn);
            touched.extend(streams.touched());
            if retry > 0 {
                if Instant::now() > deadline {
                    break;
                }
                tokio::time::sleep(pause(retry)).await;
            }
        }
        self.earlier::<A>(&execution).await?.ok_or(ExecuteError::Conflict)
    }

    /// Loads, asks, decides and appends; none where something has moved in the meantime.
    async fn once<A, F>(
        &self,
        execution: &Execution<A::Command>,
        facts: &F,
        streams: &Streams,
        fresh: bool,
    ) -> Result<Option<Done>, ExecuteError<A::Error>>
    where
        A: Aggregate + Clone + 'static,
        A::Command: Clone,
        F: for<'a> Fn(
            &'a A,
            &'a A::Command,
            &'a Streams,
        ) -> BoxFuture<'a, Result<A::Services, LoadError>>,
    {
        let id = execution.aggregate_id;
        let state = self.own::<A>(id, fresh).await?;
        streams.note((A::TYPE, id), state.sequence);
        let services = facts(&state.aggregate, &execution.command, streams).await?;
        let seen = execution.expected_version;
        if seen.is_some_and(|seen| seen != state.sequence as u64) {
            self.kept().keep(id, &state, false);
            if !fresh {
                return Ok(None); // What was kept may have been out of date.
            }
            // A refusal goes before a conflict: a stranger learns nothing of what is there by guessing its version.
            let mut aggregate = Arc::unwrap_or_clone(state.aggregate);
            let command = execution.command.clone();
            let outcome = aggregate.handle(command, &services, &EventSink::default()).await;
            let failure = outcome.map_or_else(ExecuteError::Refused, |()| ExecuteError::Conflict);
            return self.earlier::<A>(execution).await?.map(Some).ok_or(failure);
        }
        match self.attempt(execution, streams, state, services, fresh).await {
            Ok(Some(receipt)) => Ok(Some(receipt.into())),
            Err(ExecuteError::Conflict) => Ok(None),
            outcome @ (Ok(None) | Err(ExecuteError::Refused(_))) => {
                // Nothing was appended, so nobody has checked yet what this rests on.
                if !streams.hold().await.map_err(ExecuteError::Unavailable)? {
                    return Ok(None);
                }
                match self.earlier::<A>(execution).await? {
                    Some(done) => Ok(Some(done)),
                    None => outcome.map(|_| Some(Done { receipt: None, events: 0 })),
                }
            }
            Err(fault) => Err(fault),
        }
    }

    async fn attempt<A>(
        &self,
        execution: &Execution<A::Command>,
        streams: &Streams,
        state: State<A>,
        services: A::Services,
        fresh: bool,
    ) -> Result<Option<Receipt>, ExecuteError<A::Error>>
    where
        A: Aggregate + Clone + 'static,
        A::Command: Clone,
    {
        let id = execution.aggregate_id;
        let decided = streams.decided(execution.provenance.clone());
        if !decided.facts.is_empty() || fresh {
            self.kept().keep(id, &state, false); // Somebody may come first, and the next attempt goes on from here.
        }
        let beside: Vec<Stream> = decided.beside.iter().map(Part::stream).collect();
        let repository = LogRepository::of_command(self.clone(), decided);
        let (receipt, bytes, before) = (repository.receipt(), repository.bytes(), state.bytes);
        let store = AttemptStore {
            store: self.store::<A>(repository),
            id,
            sequence: state.sequence,
            slot: Arc::new(Mutex::new(Some((
                Arc::unwrap_or_clone(state.aggregate),
                state.sequence,
            )))),
        };
        let framework = CqrsFramework::new(&store, vec![], services);
        let outcome = framework.execute(&id.to_string(), execution.command.clone()).await;
        let receipt = receipt.get().cloned();
        let left = store.slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((aggregate, sequence)) = left
            && !receipt.as_ref().is_some_and(|receipt| receipt.duplicate)
        {
            let bytes = before + bytes.count();
            self.kept().keep(id, &State { aggregate: Arc::new(aggregate), sequence, bytes }, false);
        }
        outcome.map_err(failure)?;
        beside.into_iter().for_each(|stream| self.kept().forget(stream));
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
}

/// A store for one attempt, which begins with the state that facts were asked with and leaves behind what came of it.
struct AttemptStore<A: Aggregate> {
    store: PersistedEventStore<LogRepository, A>,
    id: Uuid,
    sequence: usize,
    slot: Slot<A>,
}

/// An aggregate after so many events; empty while the framework has it, and where its events were not appended.
type Slot<A> = Arc<Mutex<Option<(A, usize)>>>;

/// The aggregate in the framework's hands. A refusal drops it, unchanged, back into its slot.
struct Context<A> {
    aggregate: Option<A>,
    sequence: usize,
    slot: Slot<A>,
}

impl<A: Aggregate> AggregateContext<A> for Context<A> {
    fn aggregate(&mut self) -> &mut A {
        self.aggregate.get_or_insert_default()
    }
}

impl<A> Context<A> {
    fn put_back(&mut self, aggregate: Option<A>, more: usize) {
        if let Some(aggregate) = aggregate {
            let left = Some((aggregate, self.sequence + more));
            *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = left;
        }
    }
}

impl<A> Drop for Context<A> {
    fn drop(&mut self) {
        let aggregate = self.aggregate.take();
        self.put_back(aggregate, 0);
    }
}

impl<A: Aggregate> EventStore<A> for &AttemptStore<A> {
    type AC = Context<A>;

    async fn load_events(
        &self,
        aggregate_id: &str,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        self.store.load_events(aggregate_id).await
    }

    async fn load_aggregate(&self, _: &str) -> Result<Self::AC, AggregateError<A::Error>> {
        let loaded = self.slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        let aggregate = loaded.map(|(aggregate, _)| aggregate);
        Ok(Context { aggregate, sequence: self.sequence, slot: self.slot.clone() })
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
        let (aggregate, more) = (context.aggregate.take(), events.len());
        let stock = EventStoreAggregateContext {
            aggregate_id: self.id.to_string(),
            aggregate: A::default(), // Without snapshots the store does not look at it.
            current_sequence: self.sequence,
            current_snapshot: None,
        };
        let committed = self.store.commit(events, stock, metadata).await?;
        context.put_back(aggregate, more);
        Ok(committed)
    }
}

impl From<Receipt> for Done {
    fn from(receipt: Receipt) -> Self {
        Self { events: receipt.events() as usize, receipt: Some(receipt) }
    }
}

impl<E> From<LoadError> for ExecuteError<E> {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Unavailable(cause) => Self::Unavailable(cause),
            LoadError::Undecodable(cause) => Self::Undecodable(cause),
            LoadError::OwnBeside => Self::OwnBeside,
        }
    }
}

/// Longer from attempt to attempt, and never the same for two who are in each other's way.
fn pause(retry: u32) -> Duration {
    let longest = LONGEST_PAUSE_MS.min(1 << retry.min(10));
    Duration::from_millis(rand::random_range(0..=longest))
}

fn failure<E: Error>(error: AggregateError<E>) -> ExecuteError<E> {
    match error {
        AggregateError::UserError(refusal) => ExecuteError::Refused(refusal),
        AggregateError::AggregateConflict => ExecuteError::Conflict,
        AggregateError::UnexpectedError(source) => match source.downcast::<AppendError>() {
            Ok(error) => not_appended(*error),
            Err(source) => LoadError::from(AggregateError::<E>::UnexpectedError(source)).into(),
        },
        other @ (AggregateError::DatabaseConnectionError(_)
        | AggregateError::DeserializationError(_)) => LoadError::from(other).into(),
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
