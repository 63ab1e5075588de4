//! Where a programme leads: to its publications.

use projections::publications::PublicationKind;

use super::{PlanDraft, Program, Publication};
use crate::graphql::ground::{
    asked::Asked,
    edges::{edge, edges},
    failure::Failure,
    word::Word,
};

edges! {
    Program by program_id;
    many {
        /// The newest version of every draft of a commission plan, by name.
        plan_drafts: PlanDraft = plan_drafts by Program, ascending Draft;
    }
    more {
        /// Every version of the terms, in the order in which they were published.
        async fn terms(
            &self,
            ctx: &async_graphql::Context<'_>,
        ) -> Result<Option<Vec<Publication>>, Failure> {
            published(Asked::of(ctx)?, self, Some(Word(PublicationKind::Terms))).await.map(Some)
        }

        /// Every version of everything, in the order in which they were published.
        async fn publications(
            &self,
            ctx: &async_graphql::Context<'_>,
            #[graphql(desc = "Only versions of this.")] kind: Option<Word<PublicationKind>>,
        ) -> Result<Option<Vec<Publication>>, Failure> {
            published(Asked::of(ctx)?, self, kind).await.map(Some)
        }
    }
}

async fn published(
    asked: &Asked,
    program: &Program,
    kind: Option<Word<PublicationKind>>,
) -> Result<Vec<Publication>, Failure> {
    edge!(Publication = publications by Program, ascending Position);
    let mut all = asked.all::<Leads>(program.program_id).await?;
    all.retain(|publication| kind.is_none_or(|kind| publication.kind == kind));
    Ok(all)
}
