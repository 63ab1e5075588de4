//! A programme in memory: commands go in by public name, and out comes all that they bring about, with reactions and
//! timers (in-memory event store with its process manager).
//!
//! It decides as the service does, on facts of its own states: the histories of tests and of benchmarks are made here.

use std::{
    any::Any,
    collections::BTreeMap,
    convert::Infallible,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Actor, Command, CommandId, EVENT_VERSION, Envelope, Event, EventId, Invalid, Issued, Recorded,
    Refusal,
    commands::Permitted,
    derived,
    facts::{Decides, Facted, Streams, facts_of},
    owned::Owned,
    reactions::{Timer, TimerChange, policy_actor, reactions, timers},
};

/// All that has happened so far, as decisions need it.
#[derive(Default)]
pub struct World {
    root: Uuid,
    asked: u64,
    states: BTreeMap<Stream, Arc<dyn Any + Send + Sync>>,
    /// The last sequence of each stream.
    versions: BTreeMap<Stream, u64>,
    position: u64,
    /// What waits for its instant, by the timer's id.
    schedule: BTreeMap<Uuid, (Timer, Cause)>,
}

/// One aggregate's events.
type Stream = (&'static str, Uuid);

/// The event that a command comes of.
#[derive(Clone, Copy)]
struct Cause {
    event: EventId,
    correlation: Uuid,
}

impl World {
    /// Nothing has happened yet; command ids are derived from `root`.
    pub fn new(root: Uuid) -> Self {
        Self { root, ..Self::default() }
    }

    /// Carries out a command by its public name: its events and those that they cause, in the order of the log.
    pub fn ask(
        &mut self,
        by: Actor,
        at: DateTime<Utc>,
        name: &str,
        id: Uuid,
        fields: Value,
    ) -> Result<Vec<Recorded>, Refusal> {
        let command = Command::parse(name, id, fields)
            .map_err(|error| Invalid::new(error.path, error.problem))?;
        self.carry_out(by, at, command)
    }

    /// The same for a command as such.
    pub fn carry_out(
        &mut self,
        by: Actor,
        at: DateTime<Utc>,
        command: Command,
    ) -> Result<Vec<Recorded>, Refusal> {
        self.asked += 1;
        let command_id = CommandId(derived(self.root, &format!("asked {}", self.asked)));
        let recorded = self.decide(by, at, command_id, command, None)?;
        Ok(self.with_effects(recorded))
    }

    /// Lets time pass: every timer that is due by then, each at its instant.
    pub fn advance(&mut self, until: DateTime<Utc>) -> Vec<Recorded> {
        let mut recorded = vec![];
        let next = |schedule: &BTreeMap<Uuid, (Timer, Cause)>| {
            let due = schedule.values().filter(|(timer, _)| timer.due_at <= until);
            due.map(|(timer, _)| (timer.due_at, timer.id)).min()
        };
        while let Some((at, id)) = next(&self.schedule) {
            let Some((timer, cause)) = self.schedule.remove(&id) else { break };
            let events =
                self.decide(policy_actor(), at, timer.command_id, timer.command, Some(cause));
            recorded.extend(self.with_effects(events.unwrap_or_default())); // What is refused leaves no event.
        }
        recorded
    }

    /// An aggregate as it is; of nothing where nothing has happened to it.
    pub fn state<A: Aggregate + 'static>(&self, id: Uuid) -> Arc<A> {
        let state = self.states.get(&(A::TYPE, id)).cloned();
        state.and_then(|state| state.downcast().ok()).unwrap_or_default()
    }

    /// Follows events as the reactor follows the log: one after the other, what they cause at the end.
    fn with_effects(&mut self, mut recorded: Vec<Recorded>) -> Vec<Recorded> {
        let mut next = 0;
        while let Some(event) = recorded.get(next) {
            let Envelope { event_id, correlation_id, occurred_at, .. } = event.envelope;
            let cause = Cause { event: event_id, correlation: correlation_id };
            for change in timers(event) {
                match change {
                    TimerChange::Set(timer) => drop(self.schedule.insert(timer.id, (timer, cause))),
                    TimerChange::Clear(id) => drop(self.schedule.remove(&id)),
                }
            }
            for reaction in reactions(event) {
                let (id, command) = (reaction.command_id, reaction.command);
                let events = self.decide(policy_actor(), occurred_at, id, command, Some(cause));
                recorded.extend(events.unwrap_or_default()); // What is refused leaves no event.
            }
            next += 1;
        }
        recorded
    }

    fn decide(
        &mut self,
        by: Actor,
        at: DateTime<Utc>,
        command_id: CommandId,
        command: Command,
        cause: Option<Cause>,
    ) -> Result<Vec<Recorded>, Refusal> {
        let events = dispatch!(command, |A, id, command| {
            let issued =
                Issued { by: by.clone(), target: id.0, at, dated: true, command_id, command };
            self.turn::<A, _>(id.0, issued)?
        });
        let recorded = events.into_iter().enumerate().map(|(index, (stream, event))| {
            let (aggregate_type, id) = stream;
            let version = self.versions.entry(stream).or_default();
            self.position += 1;
            *version += 1;
            let envelope = Envelope {
                event_id: EventId::of(command_id, index),
                position: self.position,
                aggregate_type: aggregate_type.into(),
                aggregate_id: id,
                sequence: *version,
                event_type: event.name().into(),
                event_version: EVENT_VERSION,
                occurred_at: at,
                recorded_at: at,
                actor: by.clone(),
                command_id,
                causation_id: cause.map(|cause| cause.event),
                correlation_id: cause.map_or(command_id.0, |cause| cause.correlation),
            };
            Recorded { envelope, event }
        });
        Ok(recorded.collect())
    }

    /// One aggregate's turn: load, ask for facts, decide, and keep what has become of it and of what changed beside it.
    fn turn<A, C>(&mut self, id: Uuid, issued: Issued<C>) -> Result<Vec<(Stream, Event)>, A::Error>
    where
        A: Facted + Owned<Command = Issued<C>> + Clone + 'static,
        C: Permitted + Sync,
        Event: From<A::Event>,
    {
        let mut state = A::clone(&self.state(id));
        let turn = Turn { world: self, beside: Mutex::default() };
        let Ok(given) = now(facts_of(&state, &issued, &turn));
        let beside = turn.beside.into_inner().unwrap_or_else(PoisonError::into_inner);
        let events = state.decided(&issued, &given)?;
        if events.is_empty() {
            return Ok(vec![]);
        }
        events.iter().for_each(|event| state.apply(event.clone()));
        self.states.insert((A::TYPE, id), Arc::new(state));
        let own = events.into_iter().map(Event::from).map(|event| ((A::TYPE, id), event));
        let mut all: Vec<_> = own.collect();
        for Beside { stream, events, after } in beside {
            self.states.insert(stream, after);
            all.extend(events.into_iter().map(|event| (stream, event)));
        }
        Ok(all)
    }
}

/// Where a decision asks for its facts, and what it wants to happen beside it.
struct Turn<'a> {
    world: &'a World,
    beside: Mutex<Vec<Beside>>,
}

/// What happens to another aggregate with the events of a decision.
struct Beside {
    stream: Stream,
    events: Vec<Event>,
    after: Arc<dyn Any + Send + Sync>,
}

/// The past is the present here: what an event causes follows it at once.
impl Streams for Turn<'_> {
    type Error = Infallible;

    async fn load<A>(&self, id: Uuid) -> Result<Arc<A>, Infallible>
    where
        A: Aggregate + Clone + 'static,
    {
        Ok(self.world.state(id))
    }

    async fn load_with<A>(
        &self,
        id: Uuid,
        happens: impl FnOnce(&A) -> Vec<A::Event> + Send,
    ) -> Result<Arc<A>, Infallible>
    where
        A: Decides + Clone + 'static,
    {
        let before = self.world.state::<A>(id);
        let events = happens(&before);
        let mut after = A::clone(&before);
        events.iter().for_each(|event| after.apply(event.clone()));
        let events: Vec<Event> = events.into_iter().filter_map(any_event::<A>).collect();
        let beside = Beside { stream: (A::TYPE, id), events, after: Arc::new(after) };
        self.beside.lock().unwrap_or_else(PoisonError::into_inner).push(beside);
        Ok(before)
    }

    fn keyed(&self, name: &str) -> Uuid {
        derived(self.world.root, name)
    }

    async fn load_until<A>(&self, id: Uuid, _position: u64) -> Result<Arc<A>, Infallible>
    where
        A: Aggregate + Clone + 'static,
    {
        Ok(self.world.state(id))
    }

    async fn is_unused(&self, aggregate_type: &'static str, id: Uuid) -> Result<bool, Infallible> {
        let version = self.world.versions.get(&(aggregate_type, id));
        Ok(version.is_none_or(|version| *version == 0))
    }

    async fn own_event(&self, _id: EventId) -> Result<Option<u64>, Infallible> {
        Ok(Some(self.world.position))
    }
}

/// The event as one of any aggregate: every one of the table has the same.
fn any_event<A: Decides>(event: A::Event) -> Option<Event> {
    let event: Box<dyn Any> = Box::new(A::AnyEvent::from(event));
    event.downcast().ok().map(|event| *event)
}

/// Runs what never waits.
pub(crate) fn now<T>(ready: impl Future<Output = T>) -> T {
    match pin!(ready).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("nothing here waits"),
    }
}
