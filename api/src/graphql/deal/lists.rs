//! How deals are asked for, and the reasons of a commission.

use async_graphql::Context;
use chrono::{DateTime, Utc};
use projections::{Sight, commissions, deals::DealStage, lots};
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::{Deal, commission::Explanation};
use crate::graphql::ground::{
    asked::Asked, failure::Failure, list::queries, scalars::Position, word::Word,
};

queries! {
    /// Queries of deals.
    DealQueries;

    one {
        /// A deal by its UUID. Null where there is none, and where you may not see it.
        deal: Deal by deal_id, "The deal's UUID.";
    }

    /// The deals that you may see.
    list deals: deals as Deal {
        filter DealFilter, "Which deals; every part that is given must hold." {
            /// Of this programme.
            program: Uuid = is Program,
            /// Of this partner.
            partner: Uuid = is Partner,
            /// At any of these stages.
            stages: Vec<Word<DealStage>> = any_of Stage,
            /// In this territory.
            territory: String = is Territory,
            /// That this employee looks after.
            responsible: String = is Responsible,
            /// That this person registered.
            seller: String = is Seller,
            /// Of whose customer's name each of these words begins a word, whatever its case and accents: "lodz" finds "Łódź".
            /// At most 8 words.
            customer: String = named in deal_words as Id,
            /// Registered at this instant or later.
            registered_from: DateTime<Utc> = from RegisteredAt,
            /// Registered before this instant.
            registered_until: DateTime<Utc> = before RegisteredAt,
            /// Whose protection ends before this instant.
            protection_ends_before: DateTime<Utc> = before ProtectedUntil,
        }
        order DealOrder, "In which order deals stand."
        by DealOrderField, "By what deals can be ordered." {
            /// When they were registered.
            RegisteredAt = RegisteredAt,
            /// The names of their customers, whatever case and accents.
            CustomerName = CustomerSortName,
            /// When they changed last.
            LastChange = LastPosition,
        } usually RegisteredAt Descending, "In which order; the latest registration first where it is left out.";
    }

    more {
        /// Why a lot in a wallet has the amount that it has. Null where there is none, and where it is another partner's.
        async fn explain_commission(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "The lot's UUID.")] lot: Uuid,
            #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<Position>,
        ) -> Result<Option<Explanation>, Failure> {
            let asked = Asked::at_least(ctx, min_position).await?;
            let db = asked.db();
            // Reasons are for more roles than the wallet: who sells may know what a sale earns, and why.
            let sight = asked.sight::<Explanation>();
            let found = projections::find::<lots::Entity>(&db, &sight, &[lot]).await?;
            let Some(lot) = found.first() else { return Ok(None) };
            // The deal may be another partner's: whoever earns by it may see its own part of the calculation.
            let all = projections::seen::<commissions::Entity>(&Sight::All);
            let row = all.filter(commissions::Column::TraceHash.eq(&lot.trace_hash)).one(&db).await;
            let row = row.map_err(|error| Failure::unavailable(&error))?;
            row.map_or(Ok(None), |row| Explanation::of(asked, row))
        }
    }
}
