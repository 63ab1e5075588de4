//! The type information of a GraphQL operation that is needed once it has run, for an answer by the specification.

use std::sync::Arc;

use async_graphql::{Response, parser::types::OperationType};

use super::{nulls::Types, trace::TraceId};

/// What must be known of an operation after it has run, to make its answer fit for a client.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) kind: OperationType,
    pub(super) trace: TraceId,
    pub(super) query: String,
    pub(super) name: Option<String>,
    pub(super) types: Arc<Types>,
}

impl Plan {
    /// The schema's answer with every null where its type allows one.
    pub(super) fn settle(&self, response: &mut Response) {
        self.types.settle(response, &self.query, self.name.as_deref());
    }
}
