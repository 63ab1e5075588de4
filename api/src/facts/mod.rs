//! Facts: what a decision may know of other aggregates, asked inside its turn (optimistic concurrency).
//!
//! They come from streams and never from a view: views may be behind, and no decision rests on one.

mod deal;
mod partner;
mod wallet;

use std::sync::Arc;

use cqrs_es::Aggregate;
use domain::{
    Issued, ProgramId,
    program::{Program, ProgramCommand},
};
use eventlog::{LoadError, Streams};

/// An aggregate whose decisions know facts.
pub trait Facted: Aggregate {
    fn facts(
        &self,
        command: &Self::Command,
        streams: &Streams,
    ) -> impl Future<Output = Result<Self::Services, LoadError>> + Send;
}

impl Facted for Program {
    async fn facts(&self, _: &Issued<ProgramCommand>, _: &Streams) -> Result<(), LoadError> {
        Ok(())
    }
}

async fn program(streams: &Streams, id: Option<ProgramId>) -> Result<Arc<Program>, LoadError> {
    match id {
        Some(id) => streams.load(id.0).await,
        None => Ok(Arc::default()),
    }
}
