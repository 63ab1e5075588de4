//! Wallets: where each partner's money stands.

use domain::wallet::WalletEvent;
use domain::{PartnerId, ProgramId, WalletId};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder};

use crate::ground::{
    Misfit, Page, Placed, Portrait, QueryError, Sight, Slice, Sort, add, code, page, table,
};

table! {
    "wallets" of Some(Column::Partner), stamped [last_position, version], found by ["balance_minor, id", "last_position, id", "partner, currency"];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        pub partner: Uuid,
        pub currency: String,
        /// Accrued and not matured.
        pub held_minor: i64,
        /// Matured and free.
        pub available_minor: i64,
        /// Asked for, not yet sent.
        pub reserved_minor: i64,
        /// Sent, not yet confirmed.
        pub in_transit_minor: i64,
        /// Matured and not yet paid: what the partner sees (R74).
        pub balance_minor: i64,
    }
}

/// Which wallets; every part that is given must hold.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Filter {
    pub program: Option<ProgramId>,
    pub partner: Option<PartnerId>,
    pub currency: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    #[default]
    Balance,
    LastChange,
}

impl page::Order<Entity> for Order {
    fn column(self) -> Column {
        match self {
            Self::Balance => Column::BalanceMinor,
            Self::LastChange => Column::LastPosition,
        }
    }
}

impl Filter {
    fn condition(&self) -> Condition {
        Condition::all()
            .add_option(self.program.map(|program| Column::Program.eq(program.0)))
            .add_option(self.partner.map(|partner| Column::Partner.eq(partner.0)))
            .add_option(self.currency.as_ref().map(|currency| Column::Currency.eq(currency)))
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
    ids: &[WalletId],
) -> Result<Vec<Model>, QueryError> {
    let ids = ids.iter().map(|id| id.0);
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids))
        .filter(sight.over(Column::Partner))
        .all(db)
        .await?)
}

/// The wallets of partners, by currency.
pub async fn of_partners(
    db: &DatabaseConnection,
    sight: Sight,
    partners: &[PartnerId],
) -> Result<Vec<Model>, QueryError> {
    let partners = partners.iter().map(|id| id.0);
    let select =
        Entity::find().filter(Column::Partner.is_in(partners)).filter(sight.over(Column::Partner));
    Ok(select.order_by_asc(Column::Partner).order_by_asc(Column::Currency).all(db).await?)
}

impl Portrait for Entity {
    type Event = WalletEvent;

    fn found(event: &WalletEvent, placed: &Placed) -> Result<Option<Model>, Misfit> {
        let WalletEvent::Accrued { accrual } = event else { return Ok(None) };
        Ok(Some(Model {
            id: placed.aggregate(),
            program: accrual.program.0,
            partner: accrual.partner.0,
            currency: code(accrual.amount),
            held_minor: accrual.amount.minor,
            ..Model::default()
        }))
    }

    fn change(row: &mut Model, event: &WalletEvent, _placed: &Placed) -> Result<(), Misfit> {
        match event {
            WalletEvent::Accrued { accrual } => {
                add::<Entity>(&mut row.held_minor, accrual.amount.minor)?;
            }
            WalletEvent::Matured { amount, .. } => {
                shift(&mut row.held_minor, &mut row.available_minor, amount.minor)?;
            }
            WalletEvent::PayoutRequested { amount, .. } => {
                shift(&mut row.available_minor, &mut row.reserved_minor, amount.minor)?;
            }
            WalletEvent::PayoutCancelled { amount, .. }
            | WalletEvent::PayoutRejected { amount, .. } => {
                shift(&mut row.reserved_minor, &mut row.available_minor, amount.minor)?;
            }
            WalletEvent::PayoutApproved { .. } => {}
            WalletEvent::PayoutSubmitted { amount, .. } => {
                shift(&mut row.reserved_minor, &mut row.in_transit_minor, amount.minor)?;
            }
            WalletEvent::PayoutPaid { amount, .. } => {
                add::<Entity>(&mut row.in_transit_minor, -amount.minor)?;
            }
        }
        row.balance_minor = row.available_minor;
        add::<Entity>(&mut row.balance_minor, row.reserved_minor)?;
        add::<Entity>(&mut row.balance_minor, row.in_transit_minor)
    }
}

fn shift(from: &mut i64, to: &mut i64, amount: i64) -> Result<(), Misfit> {
    add::<Entity>(from, -amount)?;
    add::<Entity>(to, amount)
}
