//! Where dashboards lead: to what they are of, and to its sums.

use async_graphql::Context;
use projections::{Order, Table, partner_totals, program_totals};
use uuid::Uuid;

use super::{PartnerDashboard, ProgramDashboard, Totals};
use crate::graphql::{
    ground::{asked::Asked, edges::edges, failure::Failure},
    partner::Partner,
    program::Program,
};

edges! {
    ProgramDashboard by id;
    one {
        /// The programme.
        program: Program = id;
    }
    more {
        /// The sums, one row a currency.
        async fn totals(&self, ctx: &Context<'_>) -> Result<Option<Vec<Totals>>, Failure> {
            sums::<program_totals::Entity>(Asked::of(ctx)?, program_totals::Column::Program, program_totals::Column::Currency, self.id).await.map(Some)
        }
    }
}

edges! {
    PartnerDashboard by id;
    one {
        /// The partner.
        partner: Partner = id;
    }
    more {
        /// The sums, one row a currency.
        async fn totals(&self, ctx: &Context<'_>) -> Result<Option<Vec<Totals>>, Failure> {
            sums::<partner_totals::Entity>(Asked::of(ctx)?, partner_totals::Column::Partner, partner_totals::Column::Currency, self.id).await.map(Some)
        }
    }
}

async fn sums<T: Table<Model: TryInto<Totals, Error = Failure>>>(
    asked: &Asked,
    by: T::Column,
    currency: T::Column,
    id: Uuid,
) -> Result<Vec<Totals>, Failure> {
    let (db, sight) = (asked.db(), asked.sight::<Totals>());
    let rows = projections::by::<T>(&db, &sight, by, &[id], &[Order::ascending(currency)]).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}
