//! Facts: what a decision may know of other aggregates, asked inside its turn (optimistic concurrency).
//!
//! They come from streams and never from a view: views may be behind, and no decision rests on one.

use std::sync::Arc;

use cqrs_es::Aggregate;
use uuid::Uuid;

use crate::{
    EventId, Issued,
    commands::Permitted,
    owned::{Owned, admit},
    refusal::{IdTaken, Invalid},
};

/// What a decision is given: the facts that its aggregate asks for, and whether a new one may have its id.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Given<F> {
    pub facts: F,
    pub id: NewId,
}

/// What is known of the id under which something new would stand.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum NewId {
    /// It names nothing, or nothing but what is asked.
    #[default]
    Free,
    /// Anybody could compute it, and what it is computed for may still come.
    Derivable,
    /// It names something of another kind.
    Taken,
}

impl<F> From<F> for Given<F> {
    fn from(facts: F) -> Self {
        Self { facts, id: NewId::Free }
    }
}

impl NewId {
    /// Refuses to give something new, a `kind` of aggregate, an id that names or may yet name something else.
    pub(crate) fn check<E: From<Invalid> + From<IdTaken>>(self, kind: &str) -> Result<(), E> {
        match self {
            Self::Free => Ok(()),
            Self::Derivable => {
                let problem = "must be an id of its own: a UUID of version 4 or 7";
                Err(Invalid::new(format!("{kind}_id"), problem).into())
            }
            Self::Taken => Err(IdTaken.into()),
        }
    }
}

/// Where a decision asks for its facts.
pub trait Streams: Sync {
    type Error: Send;

    /// The aggregate as it is; whoever appends what is decided is held to it.
    fn load<A>(&self, id: Uuid) -> impl Future<Output = Result<Arc<A>, Self::Error>> + Send
    where
        A: Aggregate + Clone + 'static;

    /// The aggregate as it is; of nothing where there is no id.
    fn load_if<A>(
        &self,
        id: Option<Uuid>,
    ) -> impl Future<Output = Result<Arc<A>, Self::Error>> + Send
    where
        A: Aggregate + Clone + 'static,
    {
        async move {
            match id {
                Some(id) => self.load(id).await,
                None => Ok(Arc::default()),
            }
        }
    }

    /// The aggregate as it stood when the head of the log was at `position`.
    fn load_until<A>(
        &self,
        id: Uuid,
        position: u64,
    ) -> impl Future<Output = Result<Arc<A>, Self::Error>> + Send
    where
        A: Aggregate + Clone + 'static;

    /// The aggregate as it is; what `happens` to it is appended with the events of the decision, or not at all where
    /// there are none.
    fn load_with<A>(
        &self,
        id: Uuid,
        happens: impl FnOnce(&A) -> Vec<A::Event> + Send,
    ) -> impl Future<Output = Result<Arc<A>, Self::Error>> + Send
    where
        A: Decides + Clone + 'static;

    /// The id of what is named by something that may be personal: nobody can compute it who lacks the log's secret.
    fn keyed(&self, name: &str) -> Uuid;

    /// Whether nothing has ever happened to the aggregate; whoever appends what is decided is held to it.
    fn is_unused(
        &self,
        aggregate_type: &'static str,
        id: Uuid,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;

    /// Where an event of the aggregate that decides stands in the log.
    fn own_event(
        &self,
        id: EventId,
    ) -> impl Future<Output = Result<Option<u64>, Self::Error>> + Send;
}

/// An aggregate that says which facts a command needs.
pub trait Facted: Decides {
    fn facts<S: Streams>(
        &self,
        issued: &Self::Command,
        streams: &S,
    ) -> impl Future<Output = Result<Self::Facts, S::Error>> + Send;
}

/// The facts that decide. Where a command is refused for its role or to a stranger there are none: whatever they say, it is.
pub async fn facts_of<A, C, S>(
    aggregate: &A,
    issued: &Issued<C>,
    streams: &S,
) -> Result<Given<A::Facts>, S::Error>
where
    A: Facted + Owned<Command = Issued<C>>,
    C: Permitted + Sync,
    S: Streams,
{
    if admit(aggregate, issued).is_err() {
        return Ok(Given::default());
    }
    let begun = *aggregate != A::default();
    let id = if begun { NewId::Free } else { new_id::<A, C, S>(issued, streams).await? };
    Ok(Given { facts: aggregate.facts(issued, streams).await?, id })
}

/// An id from outside is nobody else's, and none that an event or an aggregate gives to what comes of it: those are of
/// version 5, and what a command names is of version 8.
async fn new_id<A: Decides + Owned, C, S: Streams>(
    issued: &Issued<C>,
    streams: &S,
) -> Result<NewId, S::Error> {
    let id = issued.target;
    if A::ID_IS_DERIVED {
        return Ok(NewId::Free);
    }
    let ours = id == issued.command_id.names(A::TYPE);
    if !ours && ![4, 7].contains(&id.get_version_num()) {
        return Ok(NewId::Derivable);
    }
    for kind in A::NAMED_FROM_OUTSIDE.iter().flatten().filter(|kind| **kind != A::TYPE) {
        if !streams.is_unused(kind, id).await? {
            return Ok(NewId::Taken);
        }
    }
    Ok(NewId::Free)
}

/// An aggregate that decides at once, with nothing to wait for.
pub trait Decides: Aggregate<Services = Given<Self::Facts>> + PartialEq {
    /// What it may know of other aggregates.
    type Facts: Default + Send + Sync;

    /// An event of any aggregate.
    type AnyEvent: From<Self::Event> + 'static;

    /// The kinds of aggregates whose ids come from outside, none for each of the rest.
    const NAMED_FROM_OUTSIDE: &'static [Option<&'static str>];

    /// What the command brings about, for whoever may give it, is no stranger, and does not check what is their own.
    fn decided(
        &self,
        issued: &Self::Command,
        given: &Given<Self::Facts>,
    ) -> Result<Vec<Self::Event>, Self::Error>;
}
