//! Where a programme leads: to its drafts and its publications.

use projections::{
    Order, Page,
    publications::{Column, PublicationKind},
};
use sea_orm::{ColumnTrait, Condition};

use super::{PlanDraft, Program, Publication};
use crate::graphql::ground::{
    asked::Asked, edges::edges, failure::Failure, page::Connection, word::Word,
};

edges! {
    Program by program_id;
    pages {
        /// The newest version of every draft of a commission plan, by name.
        plan_drafts: PlanDraft = plan_drafts by Program, ascending Draft;
        /// Every version of the terms, in the order in which they were published.
        terms: Publication = published_terms;
        /// Every version of everything, in the order in which they were published.
        publications(kind: Word<PublicationKind>, "Only versions of this."): Publication = published;
    }
}

async fn published_terms(
    program: &Program,
    asked: &Asked,
    page: &Page,
) -> Result<Connection<Publication>, Failure> {
    published(program, asked, Some(Word(PublicationKind::Terms)), page).await
}

async fn published(
    program: &Program,
    asked: &Asked,
    kind: Option<Word<PublicationKind>>,
    page: &Page,
) -> Result<Connection<Publication>, Failure> {
    let own = Column::Program.eq(program.program_id);
    let of_kind = kind.map(|Word(kind)| Column::Kind.eq(kind));
    let wanted = Condition::all().add(own).add_option(of_kind);
    asked.list(wanted, Order::ascending(Column::Position), page).await
}
