//! The network below a partner: names, tiers, stages and depths, and nothing of anybody's money (M18).

use async_graphql::SimpleObject;
use projections::partners;

use super::PartnerStage;
use crate::graphql::{
    enums::Tier,
    ground::{
        failure::Failure,
        show::{Shows, number, word},
    },
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
    type Table = partners::Entity;

    fn show(row: partners::Model) -> Result<Self, Failure> {
        Ok(Self {
            name: row.company_name,
            tier: word::<domain::Tier>(&row.tier)?.into(),
            stage: row.stage.into(),
            depth: row.depth.map(number).transpose()?,
        })
    }
}
