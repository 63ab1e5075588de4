//! Carrying out one command under optimistic concurrency: load, ask for facts, decide, append; on a conflict all again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use futures::future::BoxFuture;
use uuid::Uuid;

use crate::append::{AppendError, Part, Provenance, Receipt, Stream};
use crate::fault::Cause;
use crate::kept::State;
use crate::load::LoadError;
use crate::log::Log;
use crate::streams::{Streams, part};
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

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError<E> {
    /// The aggregate said no. Nothing was appended.
    #[error("{0}")]
    Refused(E),
    #[error("somebody else has changed this in the meantime")]
    Conflict,
    /// A version is expected of what has not begun.
    #[error("there is nothing yet of which a version could have been seen")]
    NotBegun,
    #[error("this command id has been used for another command")]
    CommandIdReused,
    /// Nothing was appended.
    #[error("the log cannot be reached at the moment")]
    Unavailable(#[source] Cause),
    /// Ask again with the same command id.
    #[error("the log did not say whether it took the events; ask again with the same command id")]
    UnknownOutcome(#[source] Cause),
    /// Nothing was appended, and nothing would be if it were asked again.
    #[error("the database refuses what was decided")]
    Impossible(#[source] Cause),
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
    /// A receipt is left also where nothing had to happen, so that the same command never acts later (R135).
    /// Dropping the future neither undoes nor halves it: the work goes on by itself.
    ///
    /// An aggregate must refuse before it writes anything, as its state is kept when it does.
    pub async fn execute<A, F>(
        &self,
        execution: Execution<A::Command>,
        facts: F,
    ) -> Result<Receipt, ExecuteError<A::Error>>
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
    ) -> Result<Receipt, ExecuteError<A::Error>>
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
            if let Some(receipt) = self.once(&execution, &facts, &streams, retry > 0).await? {
                return Ok(receipt);
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
    ) -> Result<Option<Receipt>, ExecuteError<A::Error>>
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
        let mut state = self.own::<A>(id, fresh).await?;
        streams.note((A::TYPE, id), state.sequence);
        let services = facts(&state.aggregate, &execution.command, streams).await?;
        let stale = execution.expected_version.is_some_and(|seen| seen != state.sequence as u64);
        if stale || fresh || streams.rest_on_others() {
            self.kept().keep(id, &state, false); // Somebody may come first, and the next attempt goes on from here.
        }
        if stale && !fresh {
            return Ok(None); // What was kept may have been out of date.
        }
        let sink = EventSink::default();
        let aggregate = Arc::make_mut(&mut state.aggregate);
        let decided = aggregate.handle(execution.command.clone(), &services, &sink).await;
        let events = sink.collect().await;
        if let Err(refusal) = decided {
            self.kept().keep(id, &state, false);
            // Nothing is appended, so nobody has checked yet what this rests on.
            if !streams.hold().await.map_err(ExecuteError::Unavailable)? {
                return Ok(None);
            }
            let earlier = self.earlier::<A>(execution).await?;
            return earlier.map(Some).ok_or(ExecuteError::Refused(refusal));
        }
        if stale {
            // A refusal goes before a conflict: a stranger learns nothing of what is there by guessing its version.
            let begun = state.sequence > 0;
            let conflict = if begun { ExecuteError::Conflict } else { ExecuteError::NotBegun };
            return self.earlier::<A>(execution).await?.map(Some).ok_or(conflict);
        }
        match self.append_all(&execution.provenance, streams, id, state, &events).await {
            Err(ExecuteError::Conflict) => Ok(None),
            outcome => outcome.map(Some),
        }
    }

    /// Appends what was decided with all that it rests on, and keeps the state after it.
    async fn append_all<A: Aggregate + 'static>(
        &self,
        provenance: &Provenance,
        streams: &Streams,
        id: Uuid,
        mut after: State<A>,
        events: &[A::Event],
    ) -> Result<Receipt, ExecuteError<A::Error>> {
        let own = part::<A>(id, after.sequence, events)?;
        after.sequence += events.len();
        after.bytes += own.events.iter().map(|event| event.payload.len()).sum::<usize>();
        let append = streams.append(provenance.clone(), own);
        let beside: Vec<Stream> = append.beside.iter().map(Part::stream).collect();
        let receipt = self.append(append).await?;
        if !receipt.duplicate {
            self.kept().keep(id, &after, false);
        }
        beside.into_iter().for_each(|stream| self.kept().forget(stream));
        Ok(receipt)
    }

    /// What the command brought about before, if it did: a retry is not refused because its own outcome holds.
    async fn earlier<A: Aggregate>(
        &self,
        execution: &Execution<A::Command>,
    ) -> Result<Option<Receipt>, ExecuteError<A::Error>> {
        let command_id = execution.provenance.command_id;
        let applied = self.engine().applied(command_id).await.map_err(ExecuteError::Unavailable)?;
        let Some(applied) = applied else { return Ok(None) };
        let same = applied.fingerprint == self.keys().keyed(execution.provenance.fingerprint)
            && applied.aggregate_type == A::TYPE
            && applied.aggregate_id == execution.aggregate_id;
        if same {
            Ok(Some(applied.receipt(command_id)))
        } else {
            Err(ExecuteError::CommandIdReused)
        }
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

impl<E> From<AppendError> for ExecuteError<E> {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Conflict => Self::Conflict,
            AppendError::CommandIdReused => Self::CommandIdReused,
            AppendError::UnknownOutcome(cause) => Self::UnknownOutcome(cause),
            AppendError::Unavailable(cause) => Self::Unavailable(cause),
            AppendError::Impossible(cause) => Self::Impossible(cause),
            AppendError::Personal(_) => Self::Unavailable(Cause::new(error)),
        }
    }
}
