//! The network below a partner as GraphQL objects: names, tiers, stages and depths, and nobody's money (M18).

use domain::Permission;
use projections::{Order, Page, Sight, partners};
use sea_orm::{ColumnTrait, Condition};

use super::Partner;
use crate::graphql::ground::{
    asked::Asked, failure::Failure, page::Connection, show::shows, word::Word,
};

shows! {
    /// A partner below another in the network. What it sells and earns is its own business.
    NetworkMember of partners as row {
        /// The company's registered name.
        name: String = row.company_name,
        /// Where it stands on the ladder of tiers.
        tier: Word<domain::Tier>,
        /// How far it has come.
        stage: Word<partners::PartnerStage>,
        /// How many levels below the top it stands.
        depth: Option<u32>,
    }
}

/// The partners of whoever asks: every participant for who may see all, else those below the own partner (R99).
pub async fn participants(
    asked: &Asked,
    page: &Page,
) -> Result<Connection<NetworkMember>, Failure> {
    let principal = &asked.principal;
    let mut wanted = Condition::all().add(partners::Column::JoinedAt.is_not_null());
    let all = principal.permissions.contains(&Permission::ShowAll);
    let mut sight = if all { Sight::All } else { Sight::None };
    if let Some(own) = principal.partner {
        // Of the own programme: of others a partner knows nothing.
        let partner = asked.find::<Partner>(own.0).await?.ok_or_else(Failure::not_approved)?;
        wanted = wanted.add(partners::Column::Id.ne(own.0));
        wanted = wanted.add(partners::Column::Program.eq(partner.program));
        sight = if all { Sight::All } else { Sight::Network(own) };
    }
    let order = Order::ascending(partners::Column::SortName);
    asked.within(sight, wanted, order, page).await
}
