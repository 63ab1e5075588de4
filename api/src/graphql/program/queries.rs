//! Asking for programmes.

use async_graphql::{Context, Object};
use projections::{Sort, programs};
use uuid::Uuid;

use super::Program;
use crate::graphql::{
    connection::{Connection, connection, cost, page},
    failure::Failure,
    request::Asked,
    scalars::Position,
};

/// Queries of programmes.
#[derive(Default)]
pub struct ProgramQueries;

#[Object]
impl ProgramQueries {
    /// A programme by its UUID.
    async fn program(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The programme's UUID.")] program_id: Uuid,
        #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<
            Position,
        >,
    ) -> Result<Option<Program>, Failure> {
        Asked::at_least(ctx, min_position).await?.program(program_id).await
    }

    /// The programmes, by name.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn programs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, counted from the beginning; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, counted from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<
            Position,
        >,
    ) -> Result<Option<Connection<Program>>, Failure> {
        let asked = Asked::at_least(ctx, min_position).await?;
        let page = page(first, after, last, before)?;
        let slice =
            programs::list(&asked.db(), Sort::ascending(programs::Order::Name), &page).await?;
        connection(slice).map(Some)
    }
}
