//! The network below a partner: names, tiers, stages and depths, and nothing of anybody's money (M18).

use async_graphql::SimpleObject;
use domain::PartnerId;
use projections::{Page, Scope, Sort, partners};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::PartnerStage;
use crate::graphql::{
    connection::{Connection, connection},
    enums::Tier,
    failure::Failure,
    request::Asked,
    show::{Shows, number, word},
};

/// A partner below another in the network. What it sells and earns is its own business.
#[derive(SimpleObject, Clone, Debug)]
pub struct NetworkMember {
    /// The company's registered name.
    pub name: String,
    /// Where it stands on the ladder of tiers.
    pub tier: Tier,
    /// How far it has come.
    pub stage: PartnerStage,
    /// How many levels below the top it stands.
    pub depth: Option<u32>,
}

impl Shows for NetworkMember {
    type Row = partners::Model;

    fn show(row: partners::Model) -> Result<Self, Failure> {
        Ok(Self {
            name: row.company_name,
            tier: word::<domain::Tier>(&row.tier)?.into(),
            stage: row.stage.into(),
            depth: row.depth.map(number).transpose()?,
        })
    }
}

/// Everybody below `top`, which whoever asks may see.
pub async fn below(
    asked: &Asked,
    top: Uuid,
    page: &Page,
) -> Result<Connection<NetworkMember>, Failure> {
    let select = partners::Entity::find()
        .filter(Scope::Network(PartnerId(top)).over(partners::Column::Id))
        .filter(partners::Column::Id.ne(top));
    let sort = Sort::ascending(partners::Order::CompanyName);
    let slice =
        projections::page::page(&asked.db(), select, partners::Column::Id, sort, page).await?;
    connection(slice)
}
