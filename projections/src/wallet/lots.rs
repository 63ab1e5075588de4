//! Lots: each accrual with its own maturity.

use chrono::{DateTime, Utc};
use domain::wallet::WalletEvent;
use domain::{DealId, LotId, PartnerId, ProgramId, WalletId};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder};

use crate::ground::{
    Misfit, Page, Placed, Portrait, QueryError, Sight, Slice, Sort, code, page, table, word,
};

table! {
    "lots" of Some(Column::Partner), stamped [last_position], found by [
        "accrued_at, id",
        "partner, accrued_at, id",
        "wallet, matures_at, id",
        "deal",
        "matures_at, id",
    ];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        /// Who earns it.
        pub partner: Uuid,
        pub wallet: Uuid,
        pub deal: Uuid,
        /// The event that made commission due.
        pub trigger: Uuid,
        /// `new` for the seller, `override` for whoever stands above.
        pub kind: String,
        /// 0 for the seller, else how far above.
        pub level: i64,
        pub line: String,
        pub component: String,
        pub plan_version: i64,
        pub base_minor: i64,
        pub rate_ppm: i64,
        pub amount_minor: i64,
        pub currency: String,
        pub matures_at: DateTimeUtc,
        pub matured_at: Option<DateTimeUtc>,
        pub trace_hash: String,
        pub accrued_at: DateTimeUtc,
        pub accrued_event: Uuid,
        pub matured_event: Option<Uuid>,
    }
}

/// Which lots; every part that is given must hold.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Filter {
    pub program: Option<ProgramId>,
    pub partner: Option<PartnerId>,
    pub wallet: Option<WalletId>,
    pub deal: Option<DealId>,
    pub kind: Option<String>,
    pub matured: Option<bool>,
    pub matures_before: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    #[default]
    AccruedAt,
    MaturesAt,
}

impl page::Order<Entity> for Order {
    fn column(self) -> Column {
        match self {
            Self::AccruedAt => Column::AccruedAt,
            Self::MaturesAt => Column::MaturesAt,
        }
    }
}

impl Filter {
    fn condition(&self) -> Condition {
        Condition::all()
            .add_option(self.program.map(|program| Column::Program.eq(program.0)))
            .add_option(self.partner.map(|partner| Column::Partner.eq(partner.0)))
            .add_option(self.wallet.map(|wallet| Column::Wallet.eq(wallet.0)))
            .add_option(self.deal.map(|deal| Column::Deal.eq(deal.0)))
            .add_option(self.kind.as_ref().map(|kind| Column::Kind.eq(kind)))
            .add_option(self.matured.map(|matured| {
                if matured { Column::MaturedAt.is_not_null() } else { Column::MaturedAt.is_null() }
            }))
            .add_option(self.matures_before.map(|before| Column::MaturesAt.lt(before)))
    }
}

pub async fn list(
    db: &DatabaseConnection,
    sight: Sight,
    filter: &Filter,
    sort: Sort<Order>,
    page: &Page,
) -> Result<Slice<Model>, QueryError> {
    let select = Entity::find().filter(sight.over(Column::Partner)).filter(filter.condition());
    page::page(db, select, Column::Id, sort, page).await
}

pub async fn by_ids(
    db: &DatabaseConnection,
    sight: Sight,
    ids: &[LotId],
) -> Result<Vec<Model>, QueryError> {
    let ids = ids.iter().map(|id| id.0);
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids))
        .filter(sight.over(Column::Partner))
        .all(db)
        .await?)
}

/// What deals have earned, by level.
pub async fn of_deals(
    db: &DatabaseConnection,
    sight: Sight,
    deals: &[DealId],
) -> Result<Vec<Model>, QueryError> {
    let deals = deals.iter().map(|id| id.0);
    let select =
        Entity::find().filter(Column::Deal.is_in(deals)).filter(sight.over(Column::Partner));
    Ok(select
        .order_by_asc(Column::Deal)
        .order_by_asc(Column::Level)
        .order_by_asc(Column::Id)
        .all(db)
        .await?)
}

/// What wallets hold, by the day on which it matures.
pub async fn held_in(
    db: &DatabaseConnection,
    sight: Sight,
    wallets: &[WalletId],
) -> Result<Vec<Model>, QueryError> {
    let wallets = wallets.iter().map(|id| id.0);
    let held =
        Entity::find().filter(Column::Wallet.is_in(wallets)).filter(Column::MaturedAt.is_null());
    Ok(held.filter(sight.over(Column::Partner)).order_by_asc(Column::MaturesAt).all(db).await?)
}

impl Portrait for Entity {
    type Event = WalletEvent;

    fn key(event: &WalletEvent, _placed: &Placed) -> Option<Uuid> {
        if let WalletEvent::Accrued { accrual } = event {
            Some(accrual.lot.0)
        } else if let WalletEvent::Matured { lot, .. } = event {
            Some(lot.0)
        } else {
            None
        }
    }

    fn found(event: &WalletEvent, placed: &Placed) -> Result<Option<Model>, Misfit> {
        let WalletEvent::Accrued { accrual } = event else { return Ok(None) };
        Ok(Some(Model {
            id: accrual.lot.0,
            program: accrual.program.0,
            partner: accrual.partner.0,
            wallet: placed.aggregate(),
            deal: accrual.deal.0,
            trigger: accrual.trigger.0,
            kind: word("a kind", &accrual.kind)?,
            level: accrual.level.into(),
            line: accrual.line.clone(),
            component: accrual.component.clone(),
            plan_version: accrual.plan_version.into(),
            base_minor: accrual.base.minor,
            rate_ppm: accrual.rate.0.into(),
            amount_minor: accrual.amount.minor,
            currency: code(accrual.amount),
            matures_at: accrual.matures_at,
            trace_hash: accrual.trace_hash.clone(),
            accrued_at: placed.at(),
            accrued_event: placed.event_id(),
            ..Model::default()
        }))
    }

    fn change(row: &mut Model, event: &WalletEvent, placed: &Placed) -> Result<(), Misfit> {
        if let WalletEvent::Accrued { .. } = event {
            return placed.twice::<Entity>();
        }
        row.matured_at = Some(placed.at());
        row.matured_event = Some(placed.event_id());
        Ok(())
    }
}
