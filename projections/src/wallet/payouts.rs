//! Payouts: each request for money and what came of it.

use domain::wallet::WalletEvent;
use domain::{PartnerId, PayoutId, ProgramId, WalletId};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder};

use crate::ground::{
    Misfit, Page, Placed, Portrait, QueryError, Sight, Slice, Sort, code, page, table, word,
};

table! {
    "payouts" of Some(Column::Partner), stamped [last_position], found by [
        "requested_at, id",
        "last_position, id",
        "wallet, requested_at, id",
        "partner, requested_at, id",
        "state",
    ];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        /// As whoever asked named it; unique within its wallet.
        pub payout: Uuid,
        pub program: Uuid,
        pub partner: Uuid,
        pub wallet: Uuid,
        pub amount_minor: i64,
        pub currency: String,
        pub state: State,
        pub details_hash: String,
        pub requested_by: String,
        pub requested_at: DateTimeUtc,
        pub approved_by: Option<String>,
        pub approved_at: Option<DateTimeUtc>,
        pub provider_key: Option<String>,
        pub submitted_at: Option<DateTimeUtc>,
        pub paid_at: Option<DateTimeUtc>,
        /// What the provider kept.
        pub fee_minor: Option<i64>,
        /// When it was cancelled or rejected.
        pub ended_at: Option<DateTimeUtc>,
        pub rejection: Option<String>,
        pub rejection_reason: Option<String>,
    }
}

/// How far a payout has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "kebab-case")]
pub enum State {
    #[default]
    Requested,
    Approved,
    Submitted,
    Paid,
    Cancelled,
    Rejected,
}

impl State {
    /// Those in which the wallet's one slot is taken (R77).
    pub const OPEN: [Self; 3] = [Self::Requested, Self::Approved, Self::Submitted];
}

/// Which payouts; every part that is given must hold.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Filter {
    pub program: Option<ProgramId>,
    pub partner: Option<PartnerId>,
    pub wallet: Option<WalletId>,
    /// Any of these; all where empty.
    pub states: Vec<State>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    #[default]
    RequestedAt,
    LastChange,
}

impl page::Order<Entity> for Order {
    fn column(self) -> Column {
        match self {
            Self::RequestedAt => Column::RequestedAt,
            Self::LastChange => Column::LastPosition,
        }
    }
}

impl Filter {
    fn condition(&self) -> Condition {
        Condition::all()
            .add_option(self.program.map(|program| Column::Program.eq(program.0)))
            .add_option(self.partner.map(|partner| Column::Partner.eq(partner.0)))
            .add_option(self.wallet.map(|wallet| Column::Wallet.eq(wallet.0)))
            .add_option(
                (!self.states.is_empty()).then(|| Column::State.is_in(self.states.iter().copied())),
            )
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

/// By their row's id, see [`id`].
pub async fn by_ids(
    db: &DatabaseConnection,
    sight: Sight,
    ids: &[Uuid],
) -> Result<Vec<Model>, QueryError> {
    let ids = ids.iter().copied();
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids))
        .filter(sight.over(Column::Partner))
        .all(db)
        .await?)
}

/// The payouts of wallets, the latest first.
pub async fn of_wallets(
    db: &DatabaseConnection,
    sight: Sight,
    wallets: &[WalletId],
) -> Result<Vec<Model>, QueryError> {
    let wallets = wallets.iter().map(|id| id.0);
    let select =
        Entity::find().filter(Column::Wallet.is_in(wallets)).filter(sight.over(Column::Partner));
    Ok(select.order_by_desc(Column::RequestedAt).order_by_desc(Column::Id).all(db).await?)
}

/// The id of a payout's row.
pub fn id(wallet: WalletId, payout: PayoutId) -> Uuid {
    domain::derived(wallet.0, &format!("payout/{payout}"))
}

impl Portrait for Entity {
    type Event = WalletEvent;

    fn key(event: &WalletEvent, placed: &Placed) -> Option<Uuid> {
        match event {
            WalletEvent::PayoutRequested { payout, .. }
            | WalletEvent::PayoutCancelled { payout, .. }
            | WalletEvent::PayoutRejected { payout, .. }
            | WalletEvent::PayoutApproved { payout, .. }
            | WalletEvent::PayoutSubmitted { payout, .. }
            | WalletEvent::PayoutPaid { payout, .. } => {
                Some(id(WalletId(placed.aggregate()), *payout))
            }
            WalletEvent::Accrued { .. } | WalletEvent::Matured { .. } => None,
        }
    }

    fn found(event: &WalletEvent, placed: &Placed) -> Result<Option<Model>, Misfit> {
        let WalletEvent::PayoutRequested { payout, amount, details_hash, requested_by, .. } = event
        else {
            return Ok(None);
        };
        Ok(Some(Model {
            id: id(WalletId(placed.aggregate()), *payout),
            payout: payout.0,
            program: placed.program()?,
            partner: placed.partner()?,
            wallet: placed.aggregate(),
            amount_minor: amount.minor,
            currency: code(*amount),
            details_hash: details_hash.clone(),
            requested_by: requested_by.clone(),
            requested_at: placed.at(),
            ..Model::default()
        }))
    }

    fn change(row: &mut Model, event: &WalletEvent, placed: &Placed) -> Result<(), Misfit> {
        match event {
            WalletEvent::PayoutRequested { .. } => return placed.twice::<Entity>(),
            WalletEvent::PayoutCancelled { .. } => {
                row.state = State::Cancelled;
                row.ended_at = Some(placed.at());
            }
            WalletEvent::PayoutRejected { code, reason, .. } => {
                row.state = State::Rejected;
                row.ended_at = Some(placed.at());
                row.rejection = Some(word("a rejection", code)?);
                row.rejection_reason = Some(reason.clone());
            }
            WalletEvent::PayoutApproved { approved_by, .. } => {
                row.state = State::Approved;
                row.approved_by = Some(approved_by.clone());
                row.approved_at = Some(placed.at());
            }
            WalletEvent::PayoutSubmitted { provider_key, .. } => {
                row.state = State::Submitted;
                row.provider_key = Some(provider_key.clone());
                row.submitted_at = Some(placed.at());
            }
            WalletEvent::PayoutPaid { fee, .. } => {
                row.state = State::Paid;
                row.paid_at = Some(placed.at());
                row.fee_minor = Some(fee.minor);
            }
            WalletEvent::Accrued { .. } | WalletEvent::Matured { .. } => {}
        }
        Ok(())
    }
}
