//! Wallets: where each partner's money stands.

use domain::wallet::WalletEvent;
use domain::{PartnerId, ProgramId, WalletId};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder};

use crate::ground::{
    Misfit, Page, Placed, QueryError, Sight, Slice, Sort, View, add, code, known, page, table,
};

table! {
    "wallets" of Some(Column::Partner), found by ["balance_minor, id", "last_position, id", "partner, currency"];
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
        pub last_position: i64,
        pub version: i64,
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

impl View for Entity {
    fn keys(placed: &Placed) -> Vec<Uuid> {
        placed.wallet_event().map(|_| placed.aggregate()).into_iter().collect()
    }

    fn fold(id: Uuid, row: &mut Option<Model>, placed: &Placed) -> Result<(), Misfit> {
        let Some(event) = placed.wallet_event() else { return Ok(()) };
        if let (WalletEvent::Accrued { accrual }, None) = (event, &row) {
            *row = Some(Model {
                id,
                program: accrual.program.0,
                partner: accrual.partner.0,
                currency: code(accrual.amount),
                held_minor: 0,
                available_minor: 0,
                reserved_minor: 0,
                in_transit_minor: 0,
                balance_minor: 0,
                last_position: 0,
                version: 0,
            });
        }
        let row = known("wallets", id, row)?;
        row.last_position = placed.position();
        row.version = placed.version();
        row.change(event)?;
        row.balance_minor = row.available_minor;
        add("wallets", &mut row.balance_minor, row.reserved_minor)?;
        add("wallets", &mut row.balance_minor, row.in_transit_minor)
    }
}

impl Model {
    fn change(&mut self, event: &WalletEvent) -> Result<(), Misfit> {
        match event {
            WalletEvent::Accrued { accrual } => {
                add("wallets", &mut self.held_minor, accrual.amount.minor)
            }
            WalletEvent::Matured { amount, .. } => {
                shift(&mut self.held_minor, &mut self.available_minor, amount.minor)
            }
            WalletEvent::PayoutRequested { amount, .. } => {
                shift(&mut self.available_minor, &mut self.reserved_minor, amount.minor)
            }
            WalletEvent::PayoutCancelled { amount, .. }
            | WalletEvent::PayoutRejected { amount, .. } => {
                shift(&mut self.reserved_minor, &mut self.available_minor, amount.minor)
            }
            WalletEvent::PayoutApproved { .. } => Ok(()),
            WalletEvent::PayoutSubmitted { amount, .. } => {
                shift(&mut self.reserved_minor, &mut self.in_transit_minor, amount.minor)
            }
            WalletEvent::PayoutPaid { amount, .. } => {
                add("wallets", &mut self.in_transit_minor, -amount.minor)
            }
        }
    }
}

fn shift(from: &mut i64, to: &mut i64, amount: i64) -> Result<(), Misfit> {
    add("wallets", from, -amount)?;
    add("wallets", to, amount)
}
