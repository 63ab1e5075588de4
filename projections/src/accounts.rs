//! The accounts of the ledger by now: one row an account, currency and, where it is kept by wallet, wallet.

use std::collections::BTreeMap;

use domain::WalletId;
use domain::ledger::{Account, EntryLine};
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

use crate::query::QueryError;
use crate::scope::Scope;
use crate::view::{Misfit, Placed, View, add};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub program: Uuid,
    pub partner: Option<Uuid>,
    pub wallet: Option<Uuid>,
    /// The number in the chart of accounts.
    pub account: i64,
    pub currency: String,
    pub debit_minor: i64,
    pub credit_minor: i64,
    pub last_position: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Every account in scope, by number and currency. The vendor's own are nobody's and seen with [`Scope::All`] only.
pub async fn all(db: &DatabaseConnection, scope: Scope) -> Result<Vec<Model>, QueryError> {
    let select = Entity::find().filter(scope.over(Column::Partner));
    let select = select
        .order_by_asc(Column::Account)
        .order_by_asc(Column::Currency)
        .order_by_asc(Column::Id);
    Ok(select.all(db).await?)
}

pub async fn of_wallets(
    db: &DatabaseConnection,
    scope: Scope,
    wallets: &[WalletId],
) -> Result<Vec<Model>, QueryError> {
    let select = Entity::find().filter(Column::Wallet.is_in(wallets.iter().map(|id| id.0)));
    Ok(select.filter(scope.over(Column::Partner)).order_by_asc(Column::Account).all(db).await?)
}

impl View for Entity {
    const INDEXES: &'static [&'static str] = &["wallet", "account, currency"];

    fn keys(placed: &Placed) -> Vec<Uuid> {
        let lines: BTreeMap<Uuid, EntryLine> = lines(placed).collect();
        lines.into_keys().collect()
    }

    fn fold(id: Uuid, row: &mut Option<Model>, placed: &Placed) -> Result<(), Misfit> {
        for (_, line) in lines(placed).filter(|(key, _)| *key == id) {
            let by_wallet = line.account.by_wallet();
            let row = row.get_or_insert(Model {
                id,
                program: placed.program()?,
                partner: placed.partner.filter(|_| by_wallet).map(|partner| partner.0),
                wallet: by_wallet.then_some(placed.aggregate()),
                account: line.account.number().into(),
                currency: line.amount.currency.code().to_owned(),
                debit_minor: 0,
                credit_minor: 0,
                last_position: 0,
            });
            add("accounts", &mut row.debit_minor, line.amount.minor.max(0))?;
            add("accounts", &mut row.credit_minor, (-line.amount.minor).max(0))?;
            row.last_position = placed.position();
        }
        Ok(())
    }
}

/// The lines of the event's entry, each with the row that it changes.
fn lines(placed: &Placed) -> impl Iterator<Item = (Uuid, EntryLine)> {
    let entry = domain::ledger::entry(&placed.recorded);
    let home = placed.program.map_or(Uuid::nil(), |program| program.0);
    let wallet = placed.aggregate();
    let keyed =
        move |line: EntryLine| (id(home, wallet, line.account, line.amount.currency.code()), line);
    entry.into_iter().flat_map(|entry| entry.lines).map(keyed)
}

fn id(program: Uuid, wallet: Uuid, account: Account, currency: &str) -> Uuid {
    let owner = if account.by_wallet() { wallet } else { program };
    domain::derived(owner, &format!("account/{}/{currency}", account.number()))
}
