//! The general journal in double entry, and the trial balance at any position.

use domain::ProgramId;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Alias, Func, SimpleExpr};
use sea_orm::{Condition, FromQueryResult, QueryOrder, QuerySelect};

use crate::ground::ask::seen;
use crate::ground::wide::{BILLION, wide};
use crate::ground::{Feed, Misfit, Placed, QueryError, Sight, code, table};

table! {
    "journal_lines" of Some(Column::Partner), found by [
        "position, id",
        "program, position, id",
        "account, position, id",
        "wallet, position, id",
        "currency, position, id",
        "entry",
        "event_id",
    ];
    pub struct Model {
        pub id: Uuid,
        /// Shared by the lines of an entry.
        pub entry: Uuid,
        /// Its place in the entry, from 0.
        pub nth: i64,
        pub program: Uuid,
        pub partner: Uuid,
        /// The number in the chart of accounts.
        pub account: i64,
        /// For accounts that are kept wallet by wallet.
        pub wallet: Option<Uuid>,
        pub debit_minor: i64,
        pub credit_minor: i64,
        pub currency: String,
        pub occurred_at: DateTimeUtc,
        pub event_id: Uuid,
        pub position: i64,
    }
}

/// What stands on one account in one currency.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Balance {
    pub account: i64,
    pub currency: String,
    debit_billions: i64,
    debit_rest: i64,
    credit_billions: i64,
    credit_rest: i64,
}

impl Balance {
    /// In minor units.
    pub fn debit(&self) -> i128 {
        wide(self.debit_billions, self.debit_rest)
    }

    /// In minor units.
    pub fn credit(&self) -> i128 {
        wide(self.credit_billions, self.credit_rest)
    }
}

/// Every account's sums up to and with `at`, or up to now. Debits and credits of a currency are always equal.
pub async fn trial_balance(
    db: &impl ConnectionTrait,
    sight: Sight,
    program: Option<ProgramId>,
    at: Option<u64>,
) -> Result<Vec<Balance>, QueryError> {
    let wanted = Condition::all()
        .add_option(program.map(|program| Column::Program.eq(program.0)))
        .add_option(at.map(|position| Column::Position.lte(position.cast_signed())));
    let sum = |part: SimpleExpr| Expr::expr(Func::sum(part)).cast_as(Alias::new("bigint"));
    let billions = |column: Column| sum(Expr::col(column).div(BILLION));
    let rest = |column: Column| sum(Expr::col(column).modulo(BILLION));
    let sums = seen::<Entity>(&sight)
        .filter(wanted)
        .select_only()
        .columns([Column::Account, Column::Currency])
        .column_as(billions(Column::DebitMinor), "debit_billions")
        .column_as(rest(Column::DebitMinor), "debit_rest")
        .column_as(billions(Column::CreditMinor), "credit_billions")
        .column_as(rest(Column::CreditMinor), "credit_rest")
        .group_by(Column::Account)
        .group_by(Column::Currency)
        .order_by_asc(Column::Account)
        .order_by_asc(Column::Currency);
    Ok(sums.into_model().all(db).await?)
}

impl Feed for Entity {
    fn rows(placed: &Placed) -> Result<Vec<Model>, Misfit> {
        let Some(entry) = &placed.entry else { return Ok(vec![]) };
        let (program, partner) = (placed.program()?, placed.partner()?);
        let row = |(nth, line): (i64, &domain::ledger::EntryLine)| Model {
            id: domain::derived(entry.id, &format!("line/{nth}")),
            entry: entry.id,
            nth,
            program,
            partner,
            account: line.account.number().into(),
            wallet: line.account.by_wallet().then_some(placed.aggregate()),
            debit_minor: line.amount.minor.max(0),
            credit_minor: (-line.amount.minor).max(0),
            currency: code(line.amount),
            occurred_at: placed.at(),
            event_id: placed.event_id(),
            position: placed.position(),
        };
        Ok((0..).zip(&entry.lines).map(row).collect())
    }
}
