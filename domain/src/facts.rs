//! Facts: what a decision may know of other aggregates, asked inside its turn (optimistic concurrency).
//!
//! They come from streams and never from a view: views may be behind, and no decision rests on one.

use std::sync::Arc;

use cqrs_es::Aggregate;
use uuid::Uuid;

use crate::{
    EventId, Issued,
    owned::{Owned, keep_out_strangers},
};

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
    ) -> impl Future<Output = Result<Self::Services, S::Error>> + Send;
}

/// The facts that decide. Of a stranger's command there are none: the aggregate refuses it whatever they say.
pub async fn facts_of<A, C, S>(
    aggregate: &A,
    issued: &Issued<C>,
    streams: &S,
) -> Result<A::Services, S::Error>
where
    A: Facted + Owned<Command = Issued<C>>,
    A::Services: Default,
    S: Streams,
{
    if keep_out_strangers(aggregate, issued).is_err() {
        return Ok(A::Services::default());
    }
    aggregate.facts(issued, streams).await
}

/// An aggregate that decides at once, with nothing to wait for.
pub trait Decides: Aggregate {
    /// What the command brings about, for whoever the aggregate is not foreign to.
    fn decided(
        &self,
        issued: &Self::Command,
        facts: &Self::Services,
    ) -> Result<Vec<Self::Event>, Self::Error>;
}
