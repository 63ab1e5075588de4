//! What the partner sees of its wallet: each change of the balance, in order; they add up to it (R74).

use domain::WalletId;
use domain::wallet::WalletEvent;
use sea_orm::Condition;
use sea_orm::entity::prelude::*;

use super::wallets;
use crate::ground::{Misfit, Page, Placed, QueryError, Sight, Slice, Sort, Trail, page, table};

table! {
    "statement_lines" of Some(Column::Partner), found by ["wallet, position, id", "position, id"];
    pub struct Model {
        /// Of the event.
        pub id: Uuid,
        pub wallet: Uuid,
        pub partner: Uuid,
        pub position: i64,
        pub kind: Kind,
        /// Positive where the balance grows.
        pub amount_minor: i64,
        pub balance_after_minor: i64,
        pub currency: String,
        pub occurred_at: DateTimeUtc,
        pub lot: Option<Uuid>,
        pub payout: Option<Uuid>,
    }
}

/// Why the balance changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "kebab-case")]
pub enum Kind {
    Matured,
    Paid,
}

/// Which lines; every part that is given must hold.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Filter {
    pub wallet: Option<WalletId>,
    pub kind: Option<Kind>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    #[default]
    Position,
}

impl page::Order<Entity> for Order {
    fn column(self) -> Column {
        match self {
            Self::Position => Column::Position,
        }
    }
}

pub async fn list(
    db: &DatabaseConnection,
    sight: Sight,
    filter: &Filter,
    sort: Sort<Order>,
    page: &Page,
) -> Result<Slice<Model>, QueryError> {
    let wanted = Condition::all()
        .add_option(filter.wallet.map(|wallet| Column::Wallet.eq(wallet.0)))
        .add_option(filter.kind.map(|kind| Column::Kind.eq(kind)));
    let select = Entity::find().filter(sight.over(Column::Partner)).filter(wanted);
    page::page(db, select, Column::Id, sort, page).await
}

impl Trail<wallets::Entity> for Entity {
    fn rows(after: &wallets::Model, placed: &Placed) -> Result<Vec<Model>, Misfit> {
        let (kind, amount, lot, payout) = match placed.told::<WalletEvent>() {
            Some(WalletEvent::Matured { lot, amount }) => {
                (Kind::Matured, amount.minor, Some(lot.0), None)
            }
            Some(WalletEvent::PayoutPaid { payout, amount, .. }) => {
                (Kind::Paid, -amount.minor, None, Some(payout.0))
            }
            Some(
                WalletEvent::Accrued { .. }
                | WalletEvent::PayoutRequested { .. }
                | WalletEvent::PayoutCancelled { .. }
                | WalletEvent::PayoutRejected { .. }
                | WalletEvent::PayoutApproved { .. }
                | WalletEvent::PayoutSubmitted { .. },
            )
            | None => return Ok(vec![]),
        };
        Ok(vec![Model {
            id: placed.event_id(),
            wallet: after.id,
            partner: after.partner,
            position: placed.position(),
            kind,
            amount_minor: amount,
            balance_after_minor: after.balance_minor,
            currency: after.currency.clone(),
            occurred_at: placed.at(),
            lot,
            payout,
        }])
    }
}
